import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { startDurablePostgres } from '../../test/support/postgres-server.ts'
import { buildRequests, pickRandomFor, type RequestSet, runLoad, STAMP } from '../load.ts'
import type { Run } from '../run.ts'
import { buildBodies, type Workspace } from '../seed.ts'
import { runLicet, type ServerProcess, startLicet } from '../servers.ts'
import { listFigures, listRatios, takeTurns, warmUp } from '../turns.ts'
import { addRate } from './validate.ts'

const CONNECTIONS = 64
/** Licenses that all servers have in memory. */
const LICENSES = 10_000

/** Compares a server on PostgreSQL with one on SQLite, and two servers on PostgreSQL with one. */
export async function measureNodes(run: Run): Promise<void> {
  using workspace = await run.openWorkspace(Math.min(LICENSES, run.licenses))
  await using postgres = await startDurablePostgres()
  const start = await move(workspace, postgres.url)
  await using sqlite = await startLicet(workspace.licetDirectory, workspace.logPath)
  await using one = await start('one.log')
  const requests = buildRequests(buildBodies(workspace.keys))
  const contenders = {
    sqlite: { server: sqlite, requests },
    one: { server: one, requests },
  }
  await warmUp(Object.values(contenders))
  const { report, rounds, seconds } = run
  const turns = await takeTurns(contenders, { rounds, seconds, connections: CONNECTIONS })
  addRate(report, `Licet on SQLite, ${CONNECTIONS} connections`, turns.sqlite)
  addRate(report, `Licet on PostgreSQL, ${CONNECTIONS} connections`, turns.one)
  report.add({
    name: 'throughput on PostgreSQL / on SQLite',
    values: listRatios(turns.one, turns.sqlite, 'perSecond'),
    unit: '×',
    target: { atLeast: 0.8 },
  })
  await measureCommands(run, one, workspace.keys)
  await using two = await start('two.log')
  await warmUp([{ server: two, requests }])
  await measureTwo(run, one, two, requests)
}

/** Moves a copy of the data to PostgreSQL, and returns a function that starts a server on it. */
async function move({ directory, licetDirectory }: Workspace, url: string) {
  const moved = join(directory, 'moved')
  cpSync(licetDirectory, moved, { recursive: true })
  await runLicet(moved, 'move', '--from', moved, '--to', url)
  const settings = {
    LICET_DATABASE_URL: url,
    LICET_MASTER_SECRET_FILE: join(moved, 'master.secret'),
  }
  return (log: string) => startLicet(moved, join(directory, log), settings)
}

/** Measures activations of new devices, each of which is on disk before its response. */
async function measureCommands(
  { report, rounds, seconds }: Run,
  server: ServerProcess,
  keys: readonly string[],
): Promise<void> {
  const activate = (some: readonly string[]) => ({
    server,
    requests: buildRequests(
      some.map((key) => ({ key, fingerprint: STAMP })),
      { path: '/api/v1/activate', expected: '"value":' },
    ),
  })
  const pace = { rounds, seconds, connections: CONNECTIONS }
  const turns = await takeTurns({ many: activate(keys), one: activate(keys.slice(0, 1)) }, pace)
  addRate(report, 'activations on different licenses', turns.many, { atLeast: 1000 })
  addRate(report, 'activations on one license', turns.one, { atLeast: 400 })
  for (const [name, of] of [
    ['different licenses', turns.many],
    ['one license', turns.one],
  ] as const) {
    report.add({
      name: `p99 of activations on ${name}`,
      values: listFigures(of, 'p99Ms'),
      unit: 'ms',
    })
  }
}

/** With as many connections in all, so the load generator does the same work in both cases. */
async function measureTwo(
  { report, rounds, seconds }: Run,
  one: ServerProcess,
  two: ServerProcess,
  requests: RequestSet,
): Promise<void> {
  const load = async (servers: readonly ServerProcess[]) => {
    const next = pickRandomFor(seconds, requests)
    const connections = CONNECTIONS / servers.length
    const results = await Promise.all(
      servers.map(({ port }) => runLoad({ port, connections, requests, next })),
    )
    for (const server of servers) await server.settle()
    return results.reduce((sum, { perSecond }) => sum + perSecond, 0)
  }
  const [single, both]: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round += 1) {
    single.push(await load([one]))
    both.push(await load([one, two]))
  }
  report.add({ name: 'one server on PostgreSQL', values: single, unit: '/s' })
  report.add({ name: 'two servers on PostgreSQL', values: both, unit: '/s' })
  report.add({
    name: 'throughput of two servers / of one',
    values: both.map((rate, round) => rate / (single[round] ?? Number.NaN)),
    unit: '×',
  })
}
