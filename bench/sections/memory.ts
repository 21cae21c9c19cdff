import { buildRequests, pickEachOnce, runLoad } from '../load.ts'
import { readResidentBytes } from '../resources.ts'
import type { Run } from '../run.ts'
import { buildBodies, type Workspace } from '../seed.ts'
import { binary, buildBinary, type LicetProcess, startLicet } from '../servers.ts'

const CONNECTIONS = 32
/** The default of LICET_CACHE_MAX. */
const DEFAULT_CACHE_MAX = 100_000
/** Validations until the default cache is full and code, buffers and garbage have grown. */
const PASSES = 4

/** Measures resident memory for each license in the cache, and with the default cache full. */
export async function measureMemory(run: Run): Promise<void> {
  buildBinary()
  const { report, manyLicenses } = run
  using workspace = await run.openWorkspace(manyLicenses)
  const first = manyLicenses / 5
  {
    const settings = { LICET_CACHE_MAX: String(manyLicenses), LICET_CACHE_TTL_SECONDS: '86400' }
    await using licet = await start(workspace, settings)
    // Not measured, because they also fill everything that does not grow with the cache.
    await validate(licet, workspace, 0, first)
    const before = readResidentBytes(licet.pid)
    await validate(licet, workspace, first, manyLicenses)
    const grown = readResidentBytes(licet.pid) - before
    report.add({
      name: 'resident memory for each license in the cache',
      values: [grown / (manyLicenses - first) / 1024],
      unit: 'KiB',
      target: { atMost: 1.5 },
    })
  }
  await using licet = await start(workspace, {})
  report.add({ name: 'resident memory after the start', values: [readMb(licet)], unit: 'MB' })
  const count = Math.min(DEFAULT_CACHE_MAX, manyLicenses)
  for (let pass = 0; pass < PASSES; pass += 1) await validate(licet, workspace, 0, count)
  report.add({
    name: `resident memory with ${manyLicenses} licenses and the default cache full`,
    values: [readMb(licet)],
    unit: 'MB',
    target: { atMost: 400 },
  })
}

const start = (
  { licetDirectory, logPath }: Workspace,
  settings: Readonly<Record<string, string>>,
) => startLicet(licetDirectory, logPath, settings, [binary])

const readMb = ({ pid }: LicetProcess) => readResidentBytes(pid) / 1e6

/** Validates each of these licenses once, and waits until the process is idle. */
async function validate(licet: LicetProcess, { keys }: Workspace, from: number, to: number) {
  const requests = buildRequests(buildBodies(keys).slice(from, to))
  const { port } = licet
  await runLoad({ port, connections: CONNECTIONS, requests, next: pickEachOnce(requests) })
  await licet.settle()
}
