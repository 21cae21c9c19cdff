import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { median } from './report.ts'
import { type LicetProcess, startLicet } from './servers.ts'

const ORDER = { plan: 'professional', customer_email: 'buyer@customer.com' }
const BATCH_MAX = 1000
/** Enough for the server to finish all work of the previous event. */
const PAUSE_MS = 30
const WEBHOOKS = '/api/v1/webhooks'

interface Throughput {
  readonly receivers: number
  readonly deliveries: number
  readonly rounds: number
}

/** Measures from the first to the last arrival of a backlog that is released all at once. */
export async function measureThroughput({ receivers, deliveries, rounds }: Throughput) {
  await withLicet(async (licet) => {
    const arrivals = createArrivalLog()
    using pool = startReceivers(receivers, arrivals.record)
    const ids = await Promise.all(pool.urls.map((url) => createEndpoint(licet, url)))
    const events = Math.ceil(deliveries / receivers)
    const rates: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      await setEnabled(licet, ids, false)
      await createLicenses(licet, events)
      const allArrived = arrivals.expect(events * receivers)
      await setEnabled(licet, ids, true)
      const { firstAtMs, lastAtMs } = await allArrived
      rates.push((events * receivers) / ((lastAtMs - firstAtMs) / 1000))
    }
    console.log(
      `${median(rates).toFixed(0)} deliveries per second to ${receivers} receiver${receivers === 1 ? '' : 's'}`,
    )
  })
}

/** Measures from the response to a purchase to the arrival of its event, on an idle server. */
export async function measureLatency(events: number): Promise<void> {
  await withLicet(async (licet) => {
    const arrivals = createArrivalLog()
    using pool = startReceivers(1, arrivals.record)
    await createEndpoint(licet, pool.urls[0] ?? '')
    const latenciesMs: number[] = []
    for (let event = 0; event < events; event += 1) {
      const arrived = arrivals.expect(1)
      await licet.post('/api/v1/licenses', ORDER)
      const respondedAtMs = performance.now()
      latenciesMs.push((await arrived).lastAtMs - respondedAtMs)
      await Bun.sleep(PAUSE_MS)
    }
    const p50 = median(latenciesMs).toFixed(1)
    const p99 = latenciesMs.toSorted((one, other) => one - other)[Math.floor(events * 0.99)]
    console.log(`Latency from response to arrival: median ${p50} ms, p99 ${p99?.toFixed(1)} ms`)
  })
}

async function withLicet(measure: (licet: LicetProcess) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'licet-bench-webhooks-'))
  try {
    const env = { LICET_WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8' }
    await using licet = await startLicet(directory, join(directory, 'log'), env)
    await measure(licet)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

async function createEndpoint(licet: LicetProcess, url: string): Promise<string> {
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

function startReceivers(count: number, record: () => void) {
  const servers = Array.from({ length: count }, () =>
    Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: () => {
        record()
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
