import { beforeAll, expect, test } from 'bun:test'
import { closePool, openPool } from '~/platform/postgres.ts'
import { connectPostgresStore, openPostgresStore } from '~/store/postgres/open.ts'
import { createMigratedSchema, START_LIMIT_MS, startDatabase } from '../../support/postgres.ts'
import { readLatest } from '../contract/changes.ts'
import { firstPage, issueOne, touch } from '../contract/stores.ts'
import { buildOptions } from './open-store.ts'

beforeAll(startDatabase, START_LIMIT_MS)

test('PostgreSQL: after a dump of a server with higher transaction numbers was restored, events are listed in their order, and new ones after them', async () => {
  await using scratch = await createMigratedSchema()
  const former = connectPostgresStore(buildOptions(scratch))
  const { license } = await issueOne(former)
  await touch(former, license.id)
  await former.close()
  const pool = openPool(scratch)
  const ahead = `((xid::text::bigint + 1000000000000)::text)::xid8`
  for (const table of ['events', 'changes']) {
    await pool.unsafe(`UPDATE ${table} SET xid = ${ahead}`)
  }
  await pool.unsafe(`INSERT INTO meta (name, value) VALUES ('changes_floor', '1000000000001')`)
  await closePool(pool)
  const store = await openPostgresStore(buildOptions(scratch))
  const position = await readLatest(store)
  await touch(store, license.id)
  await readLatest(store)
  const all = { afterEventId: '' }
  const { data } = await store.events.list(all, firstPage)
  expect(data.map(({ sequence }) => sequence)).toEqual([1, 2, 3])
  expect((await store.changes.list(position, 100))?.licenseIds).toEqual([license.id])
  await store.close()
})
