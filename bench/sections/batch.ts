import type { Run } from '../run.ts'
import { measureCpu, startLicet } from '../servers.ts'

const QUANTITY = 1000
const CALLS = 5

/** Measures calls that create or change a thousand licenses. */
export async function measureBatches({ report, rounds, openWorkspace, licenses }: Run) {
  using workspace = await openWorkspace(licenses)
  await using server = await startLicet(workspace.licetDirectory, workspace.logPath)
  const send = async (path: string, body: object) => {
    const response = await server.request('POST', path, JSON.stringify(body))
    const text = await response.text()
    if (!response.ok) throw new Error(`POST ${path} failed: ${text}`)
    return text
  }
  const order = { plan: 'professional', customer_email: 'batch@customer.com', quantity: QUANTITY }
  const create = () => send('/api/v1/licenses', { ...order, expires_at: '2099-01-01T00:00:00Z' })
  const { data } = JSON.parse(await create()) as { data: { id: string }[] }
  const renewal = { action: 'renew', days: 30, ids: data.map(({ id }) => id) }
  const calls = { create, renew: () => send('/api/v1/licenses/bulk', renewal) }

  for (const [name, call] of Object.entries(calls)) {
    const runCalls = async () => {
      const startedAtMs = performance.now()
      for (let count = 0; count < CALLS; count += 1) await call()
      return performance.now() - startedAtMs
    }
    await runCalls()
    const rates: number[] = []
    const cpuMicros: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      const { result: durationMs, cpuMs } = await measureCpu(server, runCalls)
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
