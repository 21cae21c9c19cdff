import type { Run } from '../run.ts'
import { type LicetProcess, measureCpu, startLicet } from '../servers.ts'

const ORDER = { plan: 'professional', customer_email: 'buyer@customer.com' }
const BATCH_MAX = 1000
const DELIVERIES = 10_000
const EVENTS = 100
/** Enough for the server to finish all work of the previous event. */
const PAUSE_MS = 30
const WEBHOOKS = '/api/v1/webhooks'
export const webhookSettings = { LICET_WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8' }

/** Measures webhooks: a backlog that is released all at once, and single events. */
export async function measureDrain(run: Run): Promise<void> {
  for (const receivers of [1, 50]) {
    using workspace = await run.openWorkspace(BATCH_MAX)
    const { licetDirectory, logPath } = workspace
    await using licet = await startLicet(licetDirectory, logPath, webhookSettings)
    await measureThroughput(run, licet, receivers)
  }
  using workspace = await run.openWorkspace(BATCH_MAX)
  const { licetDirectory, logPath } = workspace
  await using licet = await startLicet(licetDirectory, logPath, webhookSettings)
  await measureLatency(run, licet)
}

async function measureThroughput({ report, rounds }: Run, licet: LicetProcess, receivers: number) {
  const arrivals = createArrivalLog()
  using pool = startReceivers(receivers, arrivals.record)
  const ids = await Promise.all(pool.urls.map((url) => createEndpoint(licet, url)))
  const deliveries = Math.ceil(DELIVERIES / receivers) * receivers
  const rates: number[] = []
  const cpuMicros: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    await setEnabled(licet, ids, false)
    await createLicenses(licet, deliveries / receivers)
    const allArrived = arrivals.expect(deliveries)
    const { result, cpuMs } = await measureCpu(licet, async () => {
      await setEnabled(licet, ids, true)
      return allArrived
    })
    rates.push(deliveries / ((result.lastAtMs - result.firstAtMs) / 1000))
    cpuMicros.push((cpuMs * 1000) / deliveries)
  }
  const name = `deliver a backlog to ${receivers} receiver${receivers === 1 ? '' : 's'}`
  report.add({ name, values: rates, unit: 'deliveries/s', cpuMicros })
}

/** Measures from the response to a purchase to the arrival of its event, on an idle server. */
async function measureLatency({ report }: Run, licet: LicetProcess): Promise<void> {
  const arrivals = createArrivalLog()
  using pool = startReceivers(1, arrivals.record)
  await createEndpoint(licet, pool.urls[0] ?? '')
  const latenciesMs: number[] = []
  for (let event = 0; event < EVENTS; event += 1) {
    const arrived = arrivals.expect(1)
    await licet.post('/api/v1/licenses', ORDER)
    const respondedAtMs = performance.now()
    latenciesMs.push((await arrived).lastAtMs - respondedAtMs)
    await Bun.sleep(PAUSE_MS)
  }
  report.add({ name: 'from the response to the arrival', values: latenciesMs, unit: 'ms' })
}

export async function createEndpoint(licet: LicetProcess, url: string): Promise<string> {
  const { id } = (await licet.post(WEBHOOKS, { url })) as { id: string }
  return id
}

async function setEnabled(licet: LicetProcess, ids: readonly string[], enabled: boolean) {
  await Promise.all(ids.map((id) => licet.put(`${WEBHOOKS}/${id}`, { enabled })))
}

async function createLicenses(licet: LicetProcess, count: number): Promise<void> {
  for (let left = count; left > 0; left -= BATCH_MAX) {
    const quantity = Math.min(left, BATCH_MAX)
    await licet.post('/api/v1/licenses', { ...ORDER, quantity })
  }
}

/** Starts servers that accept every delivery, once `record` has resolved. */
export function startReceivers(count: number, record: () => Promise<void> | void) {
  const servers = Array.from({ length: count }, () =>
    Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: async () => {
        await record()
        return new Response(null, { status: 204 })
      },
    }),
  )
  return {
    urls: servers.map(({ url }) => url.href),
    [Symbol.dispose]: () => {
      for (const server of servers) void server.stop(true)
    },
  }
}

interface Arrivals {
  readonly firstAtMs: number
  readonly lastAtMs: number
}

/** Records arrivals and resolves when the expected number has arrived. */
function createArrivalLog() {
  let missing = 0
  let firstAtMs: number | null = null
  let report: (arrivals: Arrivals) => void = () => undefined
  return {
    expect: (count: number) => {
      missing = count
      firstAtMs = null
      return new Promise<Arrivals>((resolve) => {
        report = resolve
      })
    },
    record: () => {
      const nowMs = performance.now()
      firstAtMs ??= nowMs
      missing -= 1
      if (missing === 0) report({ firstAtMs, lastAtMs: nowMs })
    },
  }
}
