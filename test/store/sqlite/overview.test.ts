import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { DAY_MS } from '~/domain/times.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import { startMs } from '../../support/samples.ts'
import { createScratchDirectory } from '../../support/scratch.ts'
import { countTurns } from '../../support/turns.ts'
import { createCatalog, issue } from '../contract/stores.ts'
import { copyLicense } from './copy-license.ts'
import { openSqlite } from './open-store.ts'

const COPIES = 60_000

test('overview: many licenses are counted exactly in several turns, those that expire soon up to 10,000', async () => {
  const directory = createScratchDirectory()
  const store = openSqlite(directory)
  await createCatalog(store)
  await issue(store, { expiresAtMs: startMs + 4 * DAY_MS })
  copyLicense(directory, COPIES)
  using db = new Database(databasePath(directory), { strict: true })
  db.run('UPDATE licenses SET revoked_at_ms = 1 WHERE rowid % 2 = 0')
  db.run('UPDATE licenses SET ends_at_ms = 1, expired_notified_at_ms = 1 WHERE rowid % 6 = 1')
  db.run('UPDATE licenses SET ends_at_ms = 1 WHERE rowid % 60 = 3')
  const { turns } = await countTurns(async () => {
    expect(await store.overview.countLicenses(startMs)).toEqual({
      total: COPIES + 1,
      revoked: 30_000,
      suspended: 0,
      expired: 11_001,
      expiring: Array(3).fill({ count: 10_000, isComplete: false }),
    })
  })
  expect(turns).toBeGreaterThan(1)
  await store.close()
  rmSync(directory, { recursive: true })
})
