import { buildRequests } from '../load.ts'
import type { Run } from '../run.ts'
import { buildBodies } from '../seed.ts'
import { startComparison, startLicet } from '../servers.ts'
import { listRatios, takeTurns, warmUp } from '../turns.ts'
import { addRate } from './validate.ts'

/** The cache holds one license in this many. */
const LICENSES_PER_CACHED = 100
const FEW_LICENSES = 1000

/** Measures validations of licenses that are not cached, and of as many as the cache can hold. */
export async function measureMisses(run: Run): Promise<void> {
  const { report, rounds, seconds, manyLicenses } = run
  const pace = { rounds, seconds, connections: 32 }
  using many = await run.openWorkspace(manyLicenses)
  using few = await run.openWorkspace(FEW_LICENSES)
  const manyRequests = buildRequests(buildBodies(many.keys))
  const fewRequests = buildRequests(buildBodies(few.keys))
  {
    await using bareServer = await startComparison('bare', '/dev/null')
    const settings = { LICET_CACHE_MAX: String(manyLicenses / LICENSES_PER_CACHED) }
    await using licetServer = await startLicet(many.licetDirectory, many.logPath, settings)
    const bare = { server: bareServer, requests: fewRequests }
    const miss = { server: licetServer, requests: manyRequests }
    await warmUp([bare])
    const turns = await takeTurns({ bare, miss }, pace)
    addRate(
      report,
      `Licet, ${manyLicenses} licenses, cache of ${manyLicenses / LICENSES_PER_CACHED}`,
      turns.miss,
    )
    report.add({
      name: 'throughput of misses / bare',
      values: listRatios(turns.miss, turns.bare, 'perSecond'),
      unit: '×',
      target: { atLeast: 0.3, goal: 0.4 },
    })
  }
  // Nothing expires during the comparison, because it takes longer than the cache keeps a license.
  const settings = { LICET_CACHE_MAX: String(manyLicenses), LICET_CACHE_TTL_SECONDS: '86400' }
  await using manyServer = await startLicet(many.licetDirectory, many.logPath, settings)
  await using fewServer = await startLicet(few.licetDirectory, few.logPath, settings)
  const manyWarm = { server: manyServer, requests: manyRequests }
  const fewWarm = { server: fewServer, requests: fewRequests }
  await warmUp([manyWarm, fewWarm])
  const turns = await takeTurns({ manyWarm, fewWarm }, pace)
  addRate(report, `Licet, ${manyLicenses} licenses, all cached`, turns.manyWarm)
  addRate(report, `Licet, ${FEW_LICENSES} licenses, all cached`, turns.fewWarm)
  report.add({
    name: `throughput, ${manyLicenses} licenses / ${FEW_LICENSES}`,
    values: listRatios(turns.manyWarm, turns.fewWarm, 'perSecond'),
    unit: '×',
    target: { atLeast: 0.9 },
  })
  report.add({
    name: `CPU, ${manyLicenses} licenses / ${FEW_LICENSES}`,
    values: listRatios(turns.manyWarm, turns.fewWarm, 'cpuMicros'),
    unit: '×',
    target: { atMost: 1.1 },
  })
}
