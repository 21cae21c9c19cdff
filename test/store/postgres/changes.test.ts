import { beforeAll, expect, test } from 'bun:test'
import { SQL } from 'bun'
import type { Commit, Store } from '~/store/port.ts'
import { connectPostgresStore } from '~/store/postgres/open.ts'
import { createMigratedSchema, START_LIMIT_MS, startDatabase } from '../../support/postgres.ts'
import { startMs } from '../../support/samples.ts'
import { readLatest } from '../contract/changes.ts'
import { issueOne, touch } from '../contract/stores.ts'
import { buildOptions } from './open-store.ts'

beforeAll(startDatabase, START_LIMIT_MS)

/** Later than everything that a test does. */
const lateMs = startMs * 2

/** Opens a node, with a connection of another program beside it. */
async function openBeside() {
  const scratch = await createMigratedSchema()
  const open = () => connectPostgresStore(buildOptions(scratch))
  const store = open()
  const search_path = scratch.schema
  const beside = new SQL({ url: scratch.url, max: 1, connection: { search_path } })
  return {
    open,
    store,
    beside,
    [Symbol.asyncDispose]: async () => {
      await beside.close({ timeout: 1 })
      await store.close()
      await scratch[Symbol.asyncDispose]()
    },
  }
}

const hearOne = (store: Store) => new Promise<Commit>((resolve) => store.subscribe(resolve))

test('PostgreSQL changes: a node that was away until the changes that it has missed were trimmed drops everything from memory', async () => {
  await using opened = await openBeside()
  const { store, beside } = opened
  await issueOne(store)
  await readLatest(store)
  const heard = hearOne(store)
  await beside.unsafe(
    `INSERT INTO meta (name, value) VALUES ('changes_floor', pg_current_xact_id()::text)`,
  )
  expect(await heard).toMatchObject({ isExternal: true, touchesPlans: true, touchesApiKeys: true })
})

test('PostgreSQL changes: a node that knows all trimmed changes drops nothing', async () => {
  await using opened = await openBeside()
  const { store } = opened
  await issueOne(store)
  await readLatest(store)
  let heard = 0
  store.subscribe(() => {
    heard += 1
  })
  expect(await store.changes.trim(lateMs, 100)).toBe(2)
  await store.fresh()
  await store.fresh()
  expect(heard).toBe(1)
})

test('PostgreSQL changes: while an older transaction runs, the position does not pass it, and what comes after it is not trimmed', async () => {
  await using opened = await openBeside()
  const { store, beside } = opened
  const { license } = await issueOne(store)
  const before = await readLatest(store)
  await beside.unsafe('BEGIN')
  await beside.unsafe('SELECT pg_current_xact_id()')
  await touch(store, license.id)
  expect(await store.changes.settle(50)).toBeFalse()
  expect(store.changes.readPosition()).toBe(before)
  expect(await store.changes.list(before, 100)).toMatchObject({ position: before, licenseIds: [] })
  await store.changes.trim(lateMs, 100)
  await beside.unsafe('COMMIT')
  const after = await readLatest(store)
  expect(await store.changes.list(before, 100)).toMatchObject({
    position: after,
    licenseIds: [license.id],
  })
})

test('PostgreSQL changes: a position is the same on every node, and unknown once the table was restored', async () => {
  await using opened = await openBeside()
  const { store, beside } = opened
  const { license } = await issueOne(store)
  const position = await readLatest(store)
  await using other = openedStore(opened.open())
  expect(await readLatest(other.store)).toBe(position)
  await touch(other.store, license.id)
  expect((await store.changes.list(position, 100))?.licenseIds).toEqual([license.id])
  await beside.unsafe('TRUNCATE changes')
  await using restored = openedStore(opened.open())
  await touch(restored.store, license.id)
  expect(await restored.store.changes.list(position, 100)).toBeNull()
})

const openedStore = (store: Store) => ({ store, [Symbol.asyncDispose]: () => store.close() })
