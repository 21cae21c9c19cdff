import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Network, openNetwork } from '../../test/support/network.ts'
import { buildRequests, pickQuantile, type RequestSet } from '../load.ts'
import { readCpuMs } from '../resources.ts'
import type { Run } from '../run.ts'
import { buildBodies, type Workspace } from '../seed.ts'
import { type LicetProcess, type ServerProcess, startEdge, startLicet } from '../servers.ts'
import { listFigures, listRatios, takeTurns, warmUp } from '../turns.ts'
import { addRate } from './validate.ts'

/** Licenses that are revoked for each figure. */
const REVOKED = 100
/** Licenses that the edge knows. All of them are forwarded once, so more would only take longer. */
const KNOWN = 10_000
const CONNECTIONS = 32
/** The times of a round trip between edge and primary. */
const ROUND_TRIPS_MS = [0, 150]
/** Between two questions to the edge, while a revocation spreads. */
const POLL_MS = 1

interface Pair {
  readonly primary: LicetProcess
  readonly edge: ServerProcess
  readonly network: Network
}

interface Known {
  readonly id: string
  readonly body: object
}

/** Compares an edge with its primary, and measures how fast revocations reach it. */
export async function measureEdge(run: Run): Promise<void> {
  using workspace = await run.openWorkspace(Math.min(KNOWN, run.licenses))
  const { keys, directory, licetDirectory, logPath } = workspace
  await using primary = await startLicet(licetDirectory, logPath)
  await using network = await openNetwork(primary.port)
  const { token } = (await primary.post('/api/v1/edges', { name: 'bench' })) as { token: string }
  const edgeDirectory = join(directory, 'edge')
  mkdirSync(edgeDirectory)
  const settings = { LICET_EDGE_TOKEN: token }
  const edgeLogPath = join(directory, 'edge.log')
  await using edge = await startEdge(edgeDirectory, edgeLogPath, network.url, settings)
  const pair = { primary, edge, network }
  const requests = buildRequests(buildBodies(keys))
  await warmUp([
    { server: primary, requests },
    { server: edge, requests },
  ])
  for (const roundTripMs of ROUND_TRIPS_MS) {
    setRoundTrip(network, roundTripMs)
    await measureThroughput(run, pair, requests, roundTripMs)
  }
  const known = listKnown(workspace)
  const revoked = Math.min(REVOKED, run.licenses / 100)
  for (const [index, roundTripMs] of ROUND_TRIPS_MS.entries()) {
    setRoundTrip(network, roundTripMs)
    const from = 2 * index * revoked
    await measureSpread(run, pair, known.slice(from, from + revoked), roundTripMs)
    await measureWaits(run, pair, known.slice(from + revoked, from + 2 * revoked), roundTripMs)
  }
}

function setRoundTrip(network: Network, roundTripMs: number): void {
  const line = { delayMs: roundTripMs / 2 }
  network.change({ toServer: line, toClient: line })
}

async function measureThroughput(
  { report, rounds, seconds }: Run,
  { primary, edge }: Pair,
  requests: RequestSet,
  roundTripMs: number,
): Promise<void> {
  const contenders = { primary: { server: primary, requests }, edge: { server: edge, requests } }
  const before = readCpuMs(primary.pid)
  const turns = await takeTurns(contenders, { rounds, seconds, connections: CONNECTIONS })
  const where = `${roundTripMs} ms from the primary`
  addRate(report, 'Primary', turns.primary)
  addRate(report, `Edge, ${where}`, turns.edge)
  report.add({
    name: `throughput of the edge, ${where} / of the primary`,
    values: listRatios(turns.edge, turns.primary, 'perSecond'),
    unit: '×',
    target: { atLeast: 0.95, goal: 1 },
  })
  report.add({
    name: `CPU of the edge, ${where} / of the primary`,
    values: listRatios(turns.edge, turns.primary, 'cpuMicros'),
    unit: '×',
    target: { atMost: 1.1, goal: 1 },
  })
  report.add({
    name: `p99 of the edge, ${where} / of the primary`,
    values: listRatios(turns.edge, turns.primary, 'p99Ms'),
    unit: '×',
  })
  // The primary was also busy during the turns of the edge, with the usage that came back.
  const own = listFigures(turns.primary, 'cpuMicros')
  const ownMs = turns.primary.reduce(
    (sum, { count }, at) => sum + (count * (own[at] ?? 0)) / 1000,
    0,
  )
  const sent = turns.edge.reduce((sum, { count }) => sum + count, 0)
  const spentMs = readCpuMs(primary.pid) - before - ownMs
  report.add({
    name: `CPU of the primary per validation of the edge, ${where}`,
    values: [(spentMs * 1000) / sent],
    unit: 'µs',
  })
}

/** Measures how long an edge confirms licenses after a revocation that did not wait. */
async function measureSpread(
  { report }: Run,
  pair: Pair,
  licenses: readonly Known[],
  roundTripMs: number,
): Promise<void> {
  const lastValidMs: number[] = []
  const refusedMs: number[] = []
  for (const { id, body } of licenses) {
    await pair.primary.post(`/api/v1/licenses/${id}/revoke`, {})
    const acknowledgedAtMs = performance.now()
    let askedAtMs = acknowledgedAtMs
    let last = 0
    while (await isValid(pair.edge, body)) {
      last = askedAtMs - acknowledgedAtMs
      await Bun.sleep(POLL_MS)
      askedAtMs = performance.now()
    }
    lastValidMs.push(last)
    refusedMs.push(performance.now() - acknowledgedAtMs)
  }
  const where = `${roundTripMs} ms from the primary`
  addQuantiles(report, `last valid answer after a revocation, ${where}`, lastValidMs)
  addQuantiles(report, `first refusal after a revocation, ${where}`, refusedMs)
}

/** Measures how long revocations take that wait for the edge, and those that do not. */
async function measureWaits(
  { report }: Run,
  pair: Pair,
  licenses: readonly Known[],
  roundTripMs: number,
): Promise<void> {
  const durationsMs: number[] = []
  for (const { id, body } of licenses) {
    const startedAtMs = performance.now()
    const path = `/api/v1/licenses/${id}/revoke`
    const response = await pair.primary.request('POST', path, '{}', { prefer: 'wait=5' })
    await response.arrayBuffer()
    durationsMs.push(performance.now() - startedAtMs)
    const edges = response.headers.get('licet-edges')
    if (edges !== '1/1') throw new Error(`Licet-Edges is ${edges}.`)
    if (await isValid(pair.edge, body)) throw new Error('The edge confirms a revoked license.')
  }
  const where = `${roundTripMs} ms from the primary`
  addQuantiles(report, `a revocation that waits for the edge, ${where}`, durationsMs)
}

/** Lists the first licenses with their bodies. The edge knows them. */
function listKnown({ openDatabase, keys }: Workspace): Known[] {
  using db = openDatabase()
  // The first row is the license that all others were copied from.
  const rows = db.query<{ id: string }, []>(
    'SELECT id FROM licenses WHERE rowid > 1 ORDER BY rowid',
  )
  const ids = rows.all()
  return buildBodies(keys).map((body, index) => ({ body, id: ids[index]?.id ?? '' }))
}

async function isValid({ port }: ServerProcess, body: object): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/validate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return (await response.text()).startsWith('{"valid":true')
}

function addQuantiles(report: Run['report'], name: string, durationsMs: readonly number[]): void {
  const sorted = Float64Array.from(durationsMs).sort()
  for (const [label, share] of [
    ['p50', 0.5],
    ['p99', 0.99],
  ] as const) {
    report.add({ name: `${label}: ${name}`, values: [pickQuantile(sorted, share)], unit: 'ms' })
  }
}
