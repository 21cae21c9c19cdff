import type { Run } from '../run.ts'
import { measureCpu, startLicet } from '../servers.ts'

const QUANTITY = 1000
const CALLS = 5

/** Measures calls that create or change a thousand licenses. */
export async function measureBatches({ report, rounds, openWorkspace, licenses }: Run) {
  using workspace = await openWorkspace(licenses)
  await using server = await startLicet(workspace.licetDirectory, workspace.logPath)
  const order = { plan: 'professional', customer_email: 'batch@customer.com' }
  const dated = { ...order, quantity: QUANTITY, expires_at: '2099-01-01T00:00:00Z' }
  let ids: string[] = []
  const create = async () => {
    const { data } = (await server.post('/api/v1/licenses', dated)) as { data: { id: string }[] }
    ids = data.map(({ id }) => id)
  }
  const change = (body: object) => server.post('/api/v1/licenses/bulk', { ...body, ids })
  const calls = {
    create,
    renew: () => change({ action: 'renew', days: 30 }),
  }
  await create()
  for (const [name, call] of Object.entries(calls)) {
    const rates: number[] = []
    const cpuMicros: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      let durationMs = 0
      const { cpuMs } = await measureCpu(server, async () => {
        for (let count = 0; count < CALLS; count += 1) {
          const startedAtMs = performance.now()
          await call()
          durationMs += performance.now() - startedAtMs
        }
      })
      rates.push((CALLS * QUANTITY * 1000) / durationMs)
      cpuMicros.push((cpuMs * 1000) / (CALLS * QUANTITY))
    }
    report.add({
      name: `${name} ${QUANTITY} licenses per call`,
      values: rates,
      unit: 'licenses/s',
      cpuMicros,
      ...(name === 'create' && { target: { atLeast: 20_000 } }),
    })
  }
}
