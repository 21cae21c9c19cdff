import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { createHandWrittenDatabase } from '../comparison/hand-written-database.ts'
import { buildRequests, STAMP } from '../load.ts'
import type { Report, Target } from '../report.ts'
import type { Run } from '../run.ts'
import { buildBodies } from '../seed.ts'
import { startComparison, startLicet } from '../servers.ts'
import { DOMAIN } from '../terms.ts'
import { type Contender, listFigures, listRatios, type Turn, takeTurns, warmUp } from '../turns.ts'

const CONNECTIONS = [32, 64]
/** In turns of the usual length, which together last a minute by default. */
const LONG_TURN = 15
const DAY_SECONDS = 86_400
/** A server that is busier than this for hours has no room for peaks. */
const LOAD = 0.5

/** Compares validations of licenses in daily use with simpler servers, and with unusual requests. */
export async function measureValidation(run: Run): Promise<void> {
  const { report, rounds, seconds, licenses } = run
  using workspace = await run.openWorkspace(licenses)
  const { keys, directory, licetDirectory, logPath } = workspace
  const handWrittenPath = join(directory, 'hand-written.sqlite')
  createHandWrittenDatabase(handWrittenPath, keys)
  const unrecordedDirectory = join(directory, 'unrecorded')
  cpSync(licetDirectory, unrecordedDirectory, { recursive: true })

  await using ceilingServer = await startComparison('static', '/dev/null')
  await using bareServer = await startComparison('bare', '/dev/null')
  await using handWrittenServer = await startComparison(
    'hand-written',
    '/dev/null',
    handWrittenPath,
  )
  const unrecordedLogPath = join(directory, 'unrecorded.log')
  await using unrecordedServer = await startComparison(
    'unrecorded',
    unrecordedLogPath,
    unrecordedDirectory,
  )
  await using licetServer = await startLicet(licetDirectory, logPath)
  const bodies = buildBodies(keys)
  const requests = buildRequests(bodies)
  const bare = { server: bareServer, requests }
  const licet = { server: licetServer, requests }
  const handWritten = { server: handWrittenServer, requests }
  const unrecorded = { server: unrecordedServer, requests }
  const newVersion = {
    server: licetServer,
    requests: buildRequests(bodies.map((body) => ({ ...body, version: STAMP }))),
  }
  const newDevice = {
    server: licetServer,
    requests: buildRequests(keys.map((key) => ({ key, domain: DOMAIN, fingerprint: STAMP }))),
  }
  await warmUp([bare, licet, handWritten, unrecorded])

  for (const connections of CONNECTIONS) {
    const turns = await takeTurns({ bare, licet }, { rounds, seconds, connections })
    addThroughput(report, connections, turns)
  }
  await addLongTurns(report, { bare, licet }, run)
  const single = await takeTurns({ bare, licet }, { rounds, seconds, connections: 1 })
  addRate(report, 'Bare Elysia route, 1 connection', single.bare)
  addRate(report, 'Licet, 1 connection', single.licet)
  report.add({
    name: 'p50, 1 connection / bare',
    values: listRatios(single.licet, single.bare, 'p50Ms'),
    unit: '×',
    target: { atMost: 1.6, goal: 1.3 },
  })

  // The last two write so much that they would slow down the others.
  const pace = { rounds, seconds, connections: 32 }
  const ceiling = { server: ceilingServer, requests }
  const turns = await takeTurns({ ceiling, bare, licet, handWritten, unrecorded }, pace)
  addComparison(report, turns)
  addUnusual(
    report,
    await takeTurns({ bare, newVersion }, pace),
    await takeTurns({ bare, newDevice }, pace),
  )
}

function addThroughput(
  report: Report,
  connections: number,
  { bare, licet }: Record<'bare' | 'licet', Turn[]>,
): void {
  addRate(report, `Bare Elysia route, ${connections} connections`, bare)
  addRate(report, `Licet, ${connections} connections`, licet)
  report.add({
    name: `throughput, ${connections} connections / bare`,
    values: listRatios(licet, bare, 'perSecond'),
    unit: '×',
    target: { atLeast: 0.6, goal: 0.8 },
  })
  report.add({
    name: `CPU, ${connections} connections / bare`,
    values: listRatios(licet, bare, 'cpuMicros'),
    unit: '×',
    target: { atMost: 2, goal: 1.5 },
  })
  report.add({
    name: `p99, ${connections} connections / bare`,
    values: listRatios(licet, bare, 'p99Ms'),
    unit: '×',
    target: { atMost: 1.7, goal: 1.3 },
  })
  if (connections !== CONNECTIONS[0]) return
  const perDay = (cpuMicros: number) => (DAY_SECONDS * LOAD) / cpuMicros
  report.add({
    name: `validations per day on one core at ${LOAD * 100} % load`,
    values: listFigures(licet, 'cpuMicros').map(perDay),
    unit: 'million',
  })
}

/** Identical validations within a minute share a row, so a busy minute writes less than short turns. */
async function addLongTurns(
  report: Report,
  contenders: Record<'bare' | 'licet', Contender>,
  { rounds, seconds }: Run,
): Promise<void> {
  const pace = { rounds, seconds: seconds * LONG_TURN, connections: 32 }
  const { bare, licet } = await takeTurns(contenders, pace)
  addRate(report, `Licet, 32 connections, for ${pace.seconds} seconds`, licet)
  report.add({
    name: `CPU, 32 connections, for ${pace.seconds} seconds / bare`,
    values: listRatios(licet, bare, 'cpuMicros'),
    unit: '×',
    target: { atMost: 2, goal: 1.5 },
  })
}

function addComparison(
  report: Report,
  turns: Record<'ceiling' | 'bare' | 'licet' | 'handWritten' | 'unrecorded', Turn[]>,
): void {
  const { ceiling, licet, handWritten, unrecorded } = turns
  addRate(report, 'Constant bytes (the limit of the load generator)', ceiling)
  addRate(report, 'Hand-written server', handWritten)
  addRate(report, 'Licet without recording', unrecorded)
  addRate(report, 'Licet', licet)
  report.add({
    name: 'CPU of the hand-written server / Licet',
    values: listRatios(handWritten, licet, 'cpuMicros'),
    unit: '×',
    target: { atLeast: 3, goal: 5 },
  })
  report.add({
    name: 'throughput of Licet / the hand-written server',
    values: listRatios(licet, handWritten, 'perSecond'),
    unit: '×',
    target: { atLeast: 3, goal: 5 },
  })
  report.add({
    name: 'throughput, recording on / off',
    values: listRatios(licet, unrecorded, 'perSecond'),
    unit: '×',
    target: { atLeast: 0.9, goal: 0.95 },
  })
}

function addUnusual(
  report: Report,
  version: Record<'bare' | 'newVersion', Turn[]>,
  device: Record<'bare' | 'newDevice', Turn[]>,
): void {
  const target = { atMost: 3, goal: 2 }
  addRate(report, 'Licet, a new version each time', version.newVersion)
  addRate(report, 'Licet, a new device each time', device.newDevice)
  report.add({
    name: 'CPU, a new version each time / bare',
    values: listRatios(version.newVersion, version.bare, 'cpuMicros'),
    unit: '×',
    target,
  })
  report.add({
    name: 'CPU, a new device each time / bare',
    values: listRatios(device.newDevice, device.bare, 'cpuMicros'),
    unit: '×',
    target,
  })
}

/** Adds a rate, with its CPU time. */
export function addRate(
  report: Report,
  name: string,
  turns: readonly Turn[],
  target?: Target,
): void {
  report.add({
    name,
    values: listFigures(turns, 'perSecond'),
    unit: '/s',
    cpuMicros: listFigures(turns, 'cpuMicros'),
    ...(target && { target }),
  })
}
