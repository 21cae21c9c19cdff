import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { cpSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '~/domain/faults.ts'
import { migrate } from '~/platform/sqlite-migrations.ts'
import { applyPragmas } from '~/store/sqlite/connection.ts'
import { lockDirectory } from '~/store/sqlite/files/lock.ts'
import { migrations } from '~/store/sqlite/files/migrations.ts'
import { createScratchDirectory } from '../../support/scratch.ts'
import {
  contextAt,
  createCatalog,
  decision,
  issue,
  issueOne,
  next,
  touch,
} from '../contract/stores.ts'
import { openSqlite } from './open-store.ts'

let directory: string
beforeEach(() => {
  directory = createScratchDirectory()
})
afterEach(() => rmSync(directory, { recursive: true }))

test('a change is in the files when its command resolves', async () => {
  const store = openSqlite(directory)
  const { license } = await issueOne(store)
  await touch(store, license.id)
  const copy = createScratchDirectory()
  cpSync(directory, copy, { recursive: true })
  await store.close()
  const copied = openSqlite(copy)
  expect((await copied.licenses.find(license.id))?.license.version).toBe(2)
  expect((await copied.events.list({}, { limit: 9, after: null })).data).toHaveLength(2)
  await copied.close()
  rmSync(copy, { recursive: true })
})

describe('database file', () => {
  test('database file: refused with another master secret, and opened with its own', async () => {
    await openSqlite(directory).close()
    expect(() => openSqlite(directory, { secretCheck: 'another check value' })).toThrow(
      /different master secret/,
    )
    await openSqlite(directory).close()
  })

  test('database file: synced at every commit, with foreign keys, and without blocking on a lock', () => {
    const db = new Database(join(directory, 'licet.sqlite'), { create: true, strict: true })
    applyPragmas(db)
    const read = (name: string) => db.query(`SELECT * FROM pragma_${name}`).values()[0]?.[0]
    expect(['journal_mode', 'synchronous', 'foreign_keys'].map(read)).toEqual(['wal', 2, 1])
    expect(read('trusted_schema')).toBe(0)
    expect(read('busy_timeout')).toBeLessThanOrEqual(10)
    db.close()
  })
})

describe('log', () => {
  test('log: during a transaction, the job waits for its end, and nothing is degraded', async () => {
    const store = openSqlite(directory)
    await createCatalog(store)
    const licenses = await issue(store, ...Array.from({ length: 50 }, () => ({})))
    const ids = licenses.map(({ license }) => license.id)
    const begun = Promise.withResolvers<void>()
    const changed = store.licenses.changeMany({ ids }, 50, contextAt(), ({ license }) => {
      begun.resolve()
      const { id: licenseId, version } = license
      return decision(null, [{ type: 'license.update', licenseId, set: next(version + 1) }])
    })
    await begun.promise
    await store.maintenance.truncateLog()
    await changed
    expect(statSync(join(directory, 'licet.sqlite-wal')).size).toBe(0)
    expect(store.listDegradations()).toEqual([])
    await store.close()
  })
})

describe('query planner statistics', () => {
  test('query planner statistics: none are collected, because a table grows after they are', async () => {
    const store = openSqlite(directory)
    await issueOne(store)
    await store.maintenance.truncateLog()
    await store.close()
    expect(listStatistics()).toEqual([])
  })

  test('query planner statistics: those of an earlier version are removed', async () => {
    const db = new Database(join(directory, 'licet.sqlite'), { create: true, strict: true })
    migrate(
      db,
      migrations.filter(({ name }) => name < '0012'),
    )
    db.run('ANALYZE')
    db.close()
    expect(listStatistics()).not.toEqual([])
    await openSqlite(directory).close()
    expect(listStatistics()).toEqual([])
  })

  function listStatistics(): unknown[] {
    using db = new Database(join(directory, 'licet.sqlite'), { readonly: true })
    return db.query(`SELECT name FROM sqlite_schema WHERE name LIKE 'sqlite_stat%'`).all()
  }
})

test('checkout: an upgrade keeps the bodies of events, also of those that are processed already', async () => {
  const path = join(directory, 'licet.sqlite')
  const db = new Database(path, { create: true, strict: true })
  migrate(
    db,
    migrations.filter(({ name }) => name < '0013'),
  )
  const insert = db.prepare(`
    INSERT INTO checkout_events (id, provider, endpoint_label, key, received_at_ms, state, effects,
      rules, mail_mode, attempts, next_attempt_at_ms, body_sealed)
    VALUES (?1, 'stripe', '', ?1, ?2, ?3, '[]', '[]', 'new', 0, ?4, ?5)`)
  insert.run('chk_due', 1000, 'received', 1000, 'body of one')
  insert.run('chk_done', 2000, 'done', null, 'body of two')
  insert.run('chk_cleared', 500, 'done', null, null)
  db.close()

  const store = openSqlite(directory)
  const { events } = store.checkout
  expect(await events.find('chk_done')).toMatchObject({ hasBody: true, bodySealed: 'body of two' })
  expect(await events.find('chk_cleared')).toMatchObject({ hasBody: false, bodySealed: null })
  const claim = { instanceId: 'one', nowMs: 3000, claimedUntilMs: 9000, max: 10 }
  expect(await events.claim(claim)).toMatchObject([{ id: 'chk_due', bodySealed: 'body of one' }])
  expect(await events.clearBodies(1500, 10)).toBe(1)
  expect((await events.list({}, { limit: 10, after: null })).data).toMatchObject([
    { id: 'chk_cleared', hasBody: false },
    { id: 'chk_done', hasBody: true },
    { id: 'chk_due', hasBody: false },
  ])
  await store.close()
})

describe('data directory lock', () => {
  test('data directory lock: held once, and free after it is released', () => {
    const lock = lockDirectory(directory, 'It is locked.')
    expect(() => lockDirectory(directory, 'It is locked.')).toThrow(
      new Fault('in_use', 'It is locked.'),
    )
    lock[Symbol.dispose]()
    using _again = lockDirectory(directory, 'It is locked.')
  })

  test('data directory lock: does not lock the database', async () => {
    using _lock = lockDirectory(directory, 'It is locked.')
    const store = openSqlite(directory)
    await issueOne(store)
    await store.close()
  })
})
