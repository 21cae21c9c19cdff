import { join } from 'node:path'
import { buildRequests, pickEachOnce, runLoad } from '../load.ts'
import type { Target } from '../report.ts'
import type { Run } from '../run.ts'
import { buildBodies, type Workspace } from '../seed.ts'
import { type LicetProcess, runLicet, startLicet } from '../servers.ts'
import { type SteadyLoad, startSteadyLoad, type Waits } from '../steady-load.ts'
import { createEndpoint, startReceivers, webhookSettings } from './drain.ts'

const VALIDATED = 20_000
const VALIDATIONS_PER_SECOND = 2000
const DELIVERIES_PER_SECOND = 1000
/** Long enough for the backup of a million licenses. */
const TURNS_PER_ROUND = 3

/** Measures validations at a steady rate during an expiry sweep, a backup and a webhook drain. */
export async function measureSweep(run: Run): Promise<void> {
  const { report, manyLicenses } = run
  using workspace = await run.openWorkspace(manyLicenses)
  const quiet = await withLoad(workspace, (_, load) => takeWaits(run, load))
  addWaits(run, 'nothing else', quiet)

  makeDue(workspace)
  let deliveries = 0
  using pool = startReceivers(
    1,
    createPacer(() => {
      deliveries += 1
    }),
  )
  const [url = ''] = pool.urls
  await withLoad(workspace, async (licet, load) => {
    await createEndpoint(licet, url)
    const leftBefore = countDue(workspace)
    const deliveriesBefore = deliveries
    const startedAtMs = performance.now()
    const secondsSince = () => (performance.now() - startedAtMs) / 1000
    let backupSeconds = 0
    const backup = runLicet(
      workspace.licetDirectory,
      'backup',
      join(workspace.directory, 'backup'),
    ).then(() => {
      backupSeconds = secondsSince()
    })
    await load.takeWaits()
    const busy = await takeWaits(run, load)
    const seconds = secondsSince()
    const left = countDue(workspace)
    addWaits(run, 'sweep, backup and drain', busy, { atMost: 10 })
    const rates = {
      expired: (leftBefore - left) / seconds,
      delivered: (deliveries - deliveriesBefore) / seconds,
    }
    report.add({ name: 'licenses that expired meanwhile', values: [rates.expired], unit: '/s' })
    report.add({ name: 'webhook deliveries meanwhile', values: [rates.delivered], unit: '/s' })
    if (left === 0) console.error('The sweep ended before the measurement.')
    await backup
    report.add({ name: 'duration of the backup', values: [backupSeconds], unit: 's' })
  })
}

/** Starts a server, caches the licenses that are validated, and validates them at a steady rate. */
export async function withLoad<Result>(
  { keys, directory, licetDirectory, logPath }: Workspace,
  measure: (licet: LicetProcess, load: SteadyLoad) => Promise<Result>,
  settings: Readonly<Record<string, string>> = webhookSettings,
): Promise<Result> {
  const bodies = buildBodies(keys.slice(0, VALIDATED))
  const requests = buildRequests(bodies)
  await using licet = await startLicet(licetDirectory, logPath, settings)
  await runLoad({ port: licet.port, connections: 32, requests, next: pickEachOnce(requests) })
  await using load = await startSteadyLoad(
    licet.port,
    VALIDATIONS_PER_SECOND,
    { bodies },
    directory,
  )
  await Bun.sleep(1000)
  await load.takeWaits()
  // Both processes run until it has finished.
  return await measure(licet, load)
}

async function takeWaits({ rounds, seconds }: Run, load: SteadyLoad): Promise<Waits[]> {
  const waits: Waits[] = []
  for (let turn = 0; turn < rounds * TURNS_PER_ROUND; turn += 1) {
    await Bun.sleep(seconds * 1000)
    waits.push(await load.takeWaits())
  }
  return waits
}

export function addWaits(
  { report }: Run,
  name: string,
  waits: readonly Waits[],
  target?: Target,
): void {
  const prefix = `${VALIDATIONS_PER_SECOND} validations/s, ${name}`
  const unit = 'ms'
  report.add({ name: `${prefix}: p50`, values: waits.map(({ p50Ms }) => p50Ms), unit })
  report.add({
    name: `${prefix}: p99`,
    values: waits.map(({ p99Ms }) => p99Ms),
    unit,
    ...(target && { target }),
  })
  report.add({ name: `${prefix}: longest`, values: waits.map(({ longestMs }) => longestMs), unit })
}

/** Makes all licenses expire that are not validated. */
function makeDue({ openDatabase }: Workspace): void {
  using db = openDatabase()
  db.run(`UPDATE licenses SET expires_at_ms = 1, ends_at_ms = 1, expiring_notified_at_ms = 1
    WHERE rowid > 1 + ${VALIDATED}`)
}

function countDue({ openDatabase }: Workspace): number {
  using db = openDatabase()
  const row = db
    .query<{ left: number }, []>(
      'SELECT count(*) AS left FROM licenses WHERE ends_at_ms = 1 AND expired_notified_at_ms IS NULL',
    )
    .get()
  return row?.left ?? 0
}

/** Returns a function that resolves at most so many times per second. */
function createPacer(onArrival: () => void): () => Promise<void> {
  let nextAtMs = 0
  return async () => {
    onArrival()
    const nowMs = performance.now()
    nextAtMs = Math.max(nowMs, nextAtMs + 1000 / DELIVERIES_PER_SECOND)
    await Bun.sleep(nextAtMs - nowMs)
  }
}
