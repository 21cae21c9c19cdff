import { beforeAll, expect, test } from 'bun:test'
import { SQL } from 'bun'
import { connectPostgresStore } from '~/store/postgres/open.ts'
import { createMigratedSchema, START_LIMIT_MS, startDatabase } from '../../support/postgres.ts'
import { aKey } from '../../support/samples.ts'
import { apply, createCatalog, firstPage, issue, touch } from '../contract/stores.ts'
import { buildOptions } from './open-store.ts'

beforeAll(startDatabase, START_LIMIT_MS)

const LICENSES = 20

async function openWithLicenses() {
  const scratch = await createMigratedSchema()
  const store = connectPostgresStore(buildOptions(scratch))
  await createCatalog(store)
  const orders = Array.from({ length: LICENSES }, () => ({}))
  const ids = (await issue(store, ...orders)).map(({ license }) => license.id)
  const sql = new SQL(scratch.url, { max: 1, connection: { search_path: scratch.schema } })
  return {
    store,
    ids,
    sql,
    versionsOf: () =>
      Promise.all(ids.map(async (id) => (await store.licenses.find(id))?.license.version)),
    [Symbol.asyncDispose]: async () => {
      await sql.close({ timeout: 0 })
      await store.close()
      await scratch[Symbol.asyncDispose]()
    },
  }
}

test('commands about several licenses share a transaction', async () => {
  await using opened = await openWithLicenses()
  const { store, ids, sql } = opened
  await Promise.all(ids.map((id) => touch(store, id)))
  const [row] = await sql`SELECT count(DISTINCT xid)::int AS count FROM events
    WHERE type = 'license.updated'`
  expect(row.count).toBe(1)
  expect(await opened.versionsOf()).toEqual(ids.map(() => 2))
})

test('a license that another program has locked holds up commands about no other license', async () => {
  await using opened = await openWithLicenses()
  const { store, ids, sql } = opened
  const [locked = '', ...others] = ids
  await sql.unsafe('BEGIN')
  await sql.unsafe('SELECT FROM licenses WHERE id = $1 FOR UPDATE', [locked])
  const waiting = [touch(store, locked), touch(store, locked)]
  await Promise.all(others.map((id) => touch(store, id)))
  expect(await opened.versionsOf()).toEqual(ids.map((id) => (id === locked ? 1 : 2)))
  await sql.unsafe('COMMIT')
  await Promise.all(waiting)
  expect(await opened.versionsOf()).toEqual(ids.map((id) => (id === locked ? 3 : 2)))
})

test('a command that the database refuses is undone alone, and the others that shared its transaction run once', async () => {
  await using opened = await openWithLicenses()
  const { store, ids } = opened
  const [refused = '', other = ''] = ids
  const taken = (await store.licenses.find(other))?.license ?? aKey('another')
  const { keyHash, keySealed, keyMasked, keyLastFour } = taken
  const key = { keyHash, keySealed, keyMasked, keyLastFour }
  const outcomes = await Promise.allSettled(
    ids.map((id) =>
      id === refused
        ? apply(store, id, [
            { type: 'license.rekey', licenseId: id, key, formerValidUntilMs: null },
          ])
        : touch(store, id),
    ),
  )
  expect(outcomes.filter(({ status }) => status === 'rejected')).toMatchObject([
    { reason: { kind: 'already_exists' } },
  ])
  expect(await opened.versionsOf()).toEqual(ids.map((id) => (id === refused ? 1 : 2)))
  const { data } = await store.events.list({ types: ['license.updated'] }, firstPage)
  expect(data).toHaveLength(LICENSES - 1)
})
