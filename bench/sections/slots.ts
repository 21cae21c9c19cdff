import { buildRequests } from '../load.ts'
import type { Run } from '../run.ts'
import { startLicet } from '../servers.ts'
import { DOMAIN, deviceOf } from '../terms.ts'
import { listRatios, takeTurns, warmUp } from '../turns.ts'
import { addRate } from './validate.ts'

/** Compares a license with many devices with one that has a single device. */
export async function measureSlots(run: Run): Promise<void> {
  const { report, rounds, seconds, licenses: devices } = run
  using workspace = await run.openWorkspace(1000)
  const { keys, licetDirectory, logPath } = workspace
  {
    using db = workspace.openDatabase()
    db.run(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${devices})
      INSERT INTO activations (id, license_id, kind, value, name, root, is_free, country,
        created_at_ms, last_seen_at_ms)
      SELECT 'act_bench' || i, license_id, kind, 'more-' || i, name, root,
        is_free, country, created_at_ms, last_seen_at_ms
      FROM n, activations WHERE kind = 'device' AND value = '${deviceOf(1)}'`)
    db.run(`UPDATE licenses SET devices_used = devices_used + ${devices} WHERE id =
      (SELECT license_id FROM activations WHERE value = '${deviceOf(1)}')`)
  }
  await using server = await startLicet(licetDirectory, logPath)
  const createContender = (index: number, fingerprints: readonly string[]) => ({
    server,
    requests: buildRequests(
      fingerprints.map((fingerprint) => ({ key: keys[index], domain: DOMAIN, fingerprint })),
    ),
  })
  const one = createContender(2, [deviceOf(2)])
  const oneOfMany = createContender(1, [deviceOf(1)])
  await warmUp([one, oneOfMany])
  const turns = await takeTurns({ one, oneOfMany }, { rounds, seconds, connections: 32 })
  addRate(report, 'The only device of a license', turns.one)
  addRate(report, `One device of ${devices}`, turns.oneOfMany)
  report.add({
    name: `throughput, one device of ${devices} / the only device`,
    values: listRatios(turns.oneOfMany, turns.one, 'perSecond'),
    unit: '×',
    target: { atLeast: 0.9 },
  })
}
