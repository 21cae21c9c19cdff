import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DAY_MS, toTimestamp } from '~/domain/times.ts'
import { writeUsage } from '../../scripts/seed-usage.ts'
import type { Run } from '../run.ts'
import { buildBodies, type Workspace } from '../seed.ts'
import { type LicetProcess, startLicet } from '../servers.ts'
import { type SteadyLoad, startSteadyLoad } from '../steady-load.ts'

const DAYS = 90
const VALIDATED = 1000
const VALIDATIONS_PER_SECOND = 500
/** Calls of each list per round, with this pause. */
const CALLS = 5
const PAUSE_MS = 20
const DURATION_MAX_MS = 20
const LICENSES = '/api/v1/licenses'

export const licenseLists = [
  'limit=100',
  'status=active',
  'status=expired',
  'expires_before=2030-01-01T00:00:00Z',
  'plan=bench&expires_before=2030-01-01T00:00:00Z',
  'product=default&status=expired',
  'expires_before=2020-01-01T00:00:00Z',
  'plan=bench&expires_before=2020-01-01T00:00:00Z',
  'status=active&expires_before=2020-01-01T00:00:00Z',
  'status=expired&plan=starter',
  'customer_email=buyer77@customer.com&status=expired',
  'domain=customer.com&plan=starter',
  'domain=customer.com&expires_before=2020-01-01T00:00:00Z',
  'q=buyer',
  'q=buyer77',
  'q=buyer777',
  'q=buyer&status=expired',
  'domain=customer.com',
  'domain=customer.com&status=expired',
  'q=nobody',
].map((query) => `${LICENSES}?${query}`)

/** Measures lists, searches and reports, and whether validations wait for them. */
export async function measureLists(run: Run): Promise<void> {
  using workspace = await run.openWorkspace(run.manyLicenses)
  const { keys, directory, licetDirectory, logPath } = workspace
  const validations = run.manyLicenses
  const bytes = seedUsage(workspace, validations)
  run.report.add({
    name: 'usage file per million validations',
    values: [bytes / 1e6 / (validations / 1e6)],
    unit: 'MB',
  })
  await using licet = await startLicet(licetDirectory, logPath)
  const bodies = buildBodies(keys.slice(0, VALIDATED))
  await using load = await startSteadyLoad(
    licet.port,
    VALIDATIONS_PER_SECOND,
    { bodies },
    directory,
  )
  await Bun.sleep(1000)
  const idle = await measureCall(run, load, () => Bun.sleep(PAUSE_MS))
  let [worst, longestMs] = ['', 0]
  for (const [name, call] of buildReads(licet)) {
    const { durationsMs, waitMs } = await measureCall(run, load, call)
    const target = { atMost: DURATION_MAX_MS }
    run.report.add({ name, values: durationsMs, unit: 'ms', target })
    if (waitMs > longestMs) [worst, longestMs] = [name, waitMs]
  }
  const name = 'longest wait of a validation'
  run.report.add({ name: `${name} without calls`, values: [idle.waitMs], unit: 'ms' })
  run.report.add({
    name: `${name} (${worst})`,
    values: [longestMs],
    unit: 'ms',
    target: { atMost: DURATION_MAX_MS },
  })
}

/** Writes validations of every license over 90 days. Returns the size of the file. */
function seedUsage({ openDatabase, licetDirectory }: Workspace, validations: number): number {
  using db = openDatabase()
  const licenses = db
    .query<{ id: string; plan: string }, []>('SELECT id, plan_slug AS plan FROM licenses')
    .all()
  writeUsage(licetDirectory, licenses, { validations, days: DAYS, endsAtMs: Date.now() })
  const files = readdirSync(licetDirectory).filter((name) => name.startsWith('usage.sqlite'))
  return files.reduce((sum, name) => sum + statSync(join(licetDirectory, name)).size, 0)
}

function buildReads(licet: LicetProcess): [string, () => Promise<unknown>][] {
  const get = (path: string) => async () => {
    const response = await licet.request('GET', path)
    await response.arrayBuffer()
    if (!response.ok) throw new Error(`GET ${path} returned ${response.status}.`)
  }
  const search = (text: string) => () => licet.post('/api/v1/search', { text })
  const from = `from=${toTimestamp(Date.now() - (DAYS - 1) * DAY_MS)}`
  const reports = [`summary?${from}`, `series?${from}`, 'series?interval=hour', 'summary']
  return [
    ...licenseLists.map((path): [string, () => Promise<unknown>] => [
      path.replace(LICENSES, 'list licenses'),
      get(path),
    ]),
    ...['Ada Buyer', 'buyer777', 'customer.com', 'nobody at all'].map(
      (text): [string, () => Promise<unknown>] => [`search ${text}`, search(text)],
    ),
    ...reports.map((report): [string, () => Promise<unknown>] => [
      `usage ${report.replace(/from=.*/, `${DAYS} days`)}`,
      get(`/api/v1/usage/${report}`),
    ]),
  ]
}

/** Returns the durations of repeated calls, and the longest wait of a validation meanwhile. */
async function measureCall({ rounds }: Run, load: SteadyLoad, call: () => Promise<unknown>) {
  await call()
  await load.takeWaits()
  const durationsMs: number[] = []
  for (let count = 0; count < rounds * CALLS; count += 1) {
    const startedAtMs = performance.now()
    await call()
    durationsMs.push(performance.now() - startedAtMs)
    await Bun.sleep(PAUSE_MS)
  }
  const { longestMs } = await load.takeWaits()
  return { durationsMs, waitMs: longestMs }
}
