import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { median } from './report.ts'
import { type LicetProcess, startLicet } from './servers.ts'

const ORDER = { plan: 'professional', customer_email: 'buyer@customer.com' }
const ORDERED_AT_ONCE_MAX = 1000
/** By then the server has nothing left to do. */
const PAUSE_MS = 30
const WEBHOOKS = '/api/v1/webhooks'

interface Throughput {
  readonly receivers: number
  readonly deliveries: number
  readonly rounds: number
}

/** From the first arrival to the last of a backlog that waits for all receivers to be resumed. */
export async function measureThroughput({ receivers, deliveries, rounds }: Throughput) {
  await withLicet(async (licet) => {
    const ledger = createLedger()
    using crowd = startReceivers(receivers, ledger.note)
    const ids = await Promise.all(crowd.urls.map((url) => createEndpoint(licet, url)))
    const events = Math.ceil(deliveries / receivers)
    const rates: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      await setEnabled(licet, ids, false)
      await order(licet, events)
      const areAllThere = ledger.expect(events * receivers)
      await setEnabled(licet, ids, true)
      const { firstAtMs, lastAtMs } = await areAllThere
      rates.push((events * receivers) / ((lastAtMs - firstAtMs) / 1000))
    }
    console.log(`${median(rates).toFixed(0)} deliveries a second, receivers: ${receivers}`)
  })
}

/** From the answer to a purchase until the receiver has its event; nothing else goes on. */
export async function measureLatency(events: number): Promise<void> {
  await withLicet(async (licet) => {
    const ledger = createLedger()
    using crowd = startReceivers(1, ledger.note)
    await createEndpoint(licet, crowd.urls[0] ?? '')
    const latenciesMs: number[] = []
    for (let event = 0; event < events; event += 1) {
      const isThere = ledger.expect(1)
      await licet.post('/api/v1/licenses', ORDER)
      const answeredAtMs = performance.now()
      latenciesMs.push((await isThere).lastAtMs - answeredAtMs)
      await Bun.sleep(PAUSE_MS)
    }
    const p50 = median(latenciesMs).toFixed(1)
    const p99 = latenciesMs.toSorted((one, other) => one - other)[Math.floor(events * 0.99)]
    console.log(`${p50} ms from answer to arrival at the median, p99 ${p99?.toFixed(1)} ms`)
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

async function order(licet: LicetProcess, count: number): Promise<void> {
  for (let left = count; left > 0; left -= ORDERED_AT_ONCE_MAX) {
    const quantity = Math.min(left, ORDERED_AT_ONCE_MAX)
    await licet.post('/api/v1/licenses', { ...ORDER, quantity })
  }
}

function startReceivers(count: number, note: () => void) {
  const servers = Array.from({ length: count }, () =>
    Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: () => {
        note()
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

/** Notes when deliveries arrive, and tells when as many have as were expected. */
function createLedger() {
  let missing = 0
  let firstAtMs: number | null = null
  let tell: (arrivals: Arrivals) => void = () => undefined
  return {
    expect: (count: number) => {
      missing = count
      firstAtMs = null
      return new Promise<Arrivals>((resolve) => {
        tell = resolve
      })
    },
    note: () => {
      const nowMs = performance.now()
      firstAtMs ??= nowMs
      missing -= 1
      if (missing === 0) tell({ firstAtMs, lastAtMs: nowMs })
    },
  }
}
