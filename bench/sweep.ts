import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import { buildRequests, type LoadResult, pickEachOnce, pickRandomFor, runLoad } from './load.ts'
import { median, printTable } from './report.ts'
import { DOMAIN, openWorkspace } from './seed.ts'
import { startLicet } from './servers.ts'

const QUIET_SECONDS = 3
/** Enough to cache every license and measure without a sweep before it starts. */
const LEAD_MS = 15_000
const POLL_MS = 20
/** All other licenses expire later. */
const FAR_MS = Date.parse('2090-01-01T00:00:00Z')

interface SweepPlan {
  /** Licenses in addition to those that are due. */
  readonly licenses: number
  readonly due: number
  readonly connections: number
  readonly rounds: number
}

/** Measures validations during a sweep, in which the job expire-licenses expires other licenses. */
export async function measureSweep({ licenses, due, connections, rounds }: SweepPlan) {
  using workspace = await openWorkspace(licenses + due)
  await using licet = await startLicet(workspace.licetDirectory, workspace.logPath)
  const bodies = workspace.keys.slice(0, licenses).map((key) => ({ key, domain: DOMAIN }))
  const requests = buildRequests(bodies)
  const load = (next: () => number | null) =>
    runLoad({ port: licet.port, connections, requests, next })
  using ends = openEnds(workspace.licetDirectory, due)
  const quiet: LoadResult[] = []
  const swept: LoadResult[] = []
  const durationsMs: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    ends.moveTo(Date.now() + LEAD_MS)
    await load(pickEachOnce(requests))
    quiet.push(await load(pickRandomFor(QUIET_SECONDS, requests)))
    await ends.waitUntilLeft((left) => left < due)
    let isOver = false
    const end = ends
      .waitUntilLeft((left) => left === 0)
      .then(() => {
        isOver = true
      })
    const startedAtMs = performance.now()
    const next = pickRandomFor(Number.POSITIVE_INFINITY, requests)
    swept.push(await load(() => (isOver ? null : next())))
    await end
    durationsMs.push(performance.now() - startedAtMs)
  }
  printTable([
    { name: 'Validations without a sweep', results: quiet },
    { name: `Validations during a sweep of ${due}`, results: swept },
  ])
  const ratios = swept.map(({ p99Ms }, round) => {
    return p99Ms / (quiet[round]?.p99Ms ?? Number.NaN)
  })
  console.log(`p99 during / without a sweep: ${median(ratios).toFixed(2)}`)
  console.log(`Duration of a sweep: ${(median(durationsMs) / 1000).toFixed(1)} s`)
}

/** Opens the server's database to move the end of the last licenses and count those still due. */
function openEnds(directory: string, due: number) {
  const db = new Database(join(directory, 'licet.sqlite'), { strict: true })
  db.run('PRAGMA busy_timeout = 5000')
  const left = db.query<{ left: number }, []>(
    `SELECT count(*) AS left FROM licenses WHERE ends_at_ms < ${FAR_MS}
       AND expired_notified_at_ms IS NULL AND suspended_at_ms IS NULL AND revoked_at_ms IS NULL`,
  )
  const move = db.query(
    `UPDATE licenses SET expires_at_ms = $atMs, ends_at_ms = $atMs, expired_notified_at_ms = NULL
     WHERE rowid IN (SELECT rowid FROM licenses ORDER BY rowid DESC LIMIT $due)`,
  )
  return {
    moveTo: (atMs: number) => void move.run({ atMs, due }),
    waitUntilLeft: async (isEnough: (left: number) => boolean) => {
      while (!isEnough(left.get()?.left ?? 0)) await Bun.sleep(POLL_MS)
    },
    [Symbol.dispose]: () => db.close(),
  }
}
