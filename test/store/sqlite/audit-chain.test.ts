import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Store } from '~/store/port.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import { findBrokenLink } from '~/store/sqlite/files/audit-chain.ts'
import { inspectAuditHead } from '~/store/sqlite/files/position.ts'
import { createMigratedFiles } from '../../support/database.ts'
import { Sandbox } from '../../support/server.ts'
import { contextAt, contextOnce, createCatalog, issue } from '../contract/stores.ts'
import { openSqlite } from './open-store.ts'

const TRIGGERS = ['audit_is_not_deleted', 'audit_is_not_changed']

/** Closes a store with five audit rows, the last of which is about a license. */
async function createAudited(sandbox: Sandbox): Promise<string> {
  const directory = sandbox.at('')
  createMigratedFiles(directory)
  const store = openSqlite(directory)
  await createCatalog(store)
  await rename(store, 'two')
  await rename(store, 'three')
  await issue(store, { customerEmail: 'ann@example.com' })
  await store.close()
  return directory
}

async function rename(store: Store, name: string): Promise<void> {
  await store.plans.change('professional', contextAt(), (plan) => ({ ...plan, name }))
}

/** Runs SQL as someone with access to the file may, without the triggers. */
function tamper(directory: string, ...sql: readonly string[]): string | null {
  using db = new Database(databasePath(directory))
  for (const name of TRIGGERS) db.run(`DROP TRIGGER IF EXISTS ${name}`)
  for (const each of sql) db.run(each)
  return findBrokenLink(db)
}

const copyOf = (columns: string) =>
  `INSERT INTO audit (position, at_ms, actor, request_id, action, subject_id, hash)
   SELECT ${columns}, at_ms, actor, request_id, action, subject_id, hash FROM audit WHERE position = 3`

const attacks: readonly [name: string, sql: readonly string[], problem: string][] = [
  ['a changed time', ['UPDATE audit SET at_ms = at_ms + 1 WHERE position = 2'], 'row 2 is not'],
  ['a changed actor', ["UPDATE audit SET actor = 'app' WHERE position = 3"], 'row 3 is not'],
  ['a changed address', ["UPDATE audit SET address = 'a' WHERE position = 3"], 'row 3 is not'],
  ['a changed value', ["UPDATE audit SET after = '{}' WHERE position = 4"], 'row 4 is not'],
  ['a changed customer', ["UPDATE audit SET personal = '{}' WHERE position = 5"], 'row 5 is not'],
  ['a changed hash', ["UPDATE audit SET hash = 'a' WHERE position = 1"], 'row 1 is not'],
  ['hashes removed', ['UPDATE audit SET hash = NULL WHERE position <= 2'], 'row 3 is not'],
  ['the first row deleted', ['DELETE FROM audit WHERE position = 1'], 'row 1 is missing'],
  ['rows deleted', ['DELETE FROM audit WHERE position IN (2, 3)'], 'rows 2 to 3 are missing'],
  ['the last rows deleted', ['DELETE FROM audit WHERE position > 3'], 'rows 4 to 5 are missing'],
  ['a row inserted at the end', [copyOf('6')], 'row 6 is not'],
  [
    'a row inserted between others',
    [
      'UPDATE audit SET position = -position WHERE position > 3',
      copyOf('4'),
      'UPDATE audit SET position = 1 - position WHERE position < 0',
    ],
    'row 4 is not',
  ],
  [
    'two rows swapped',
    [
      'UPDATE audit SET position = 9 WHERE position = 2',
      'UPDATE audit SET position = 2 WHERE position = 3',
      'UPDATE audit SET position = 3 WHERE position = 9',
    ],
    'row 2 is not',
  ],
]

test.each(attacks)('audit chain: %s is detected', async (_name, sql, problem) => {
  using sandbox = new Sandbox()
  const directory = await createAudited(sandbox)
  expect(tamper(directory)).toBeNull()
  expect(tamper(directory, ...sql)).toStartWith(problem)
})

test('audit chain: is complete if commands of the same transaction are undone, and another process adds rows in between', async () => {
  using sandbox = new Sandbox()
  const directory = await createAudited(sandbox)
  const [store, other] = [openSqlite(directory), openSqlite(directory)]
  const renameAndFail = () =>
    store.plans.change(
      'professional',
      contextOnce(() => {
        throw new Error('This fails after the entry was added.')
      }),
      (plan) => ({ ...plan, name: 'undone' }),
    )
  for (let round = 0; round < 3; round += 1) {
    const group = [
      renameAndFail(),
      rename(store, `first ${round}`),
      renameAndFail(),
      renameAndFail(),
      rename(store, `second ${round}`),
      issue(store, { customerEmail: 'bob@example.com' }),
      renameAndFail(),
    ]
    const outcomes = (await Promise.allSettled(group)).map(({ status }) => status === 'fulfilled')
    expect(outcomes).toEqual([false, true, false, false, true, true, false])
    await rename(other, `other ${round}`)
  }
  await store.close()
  await other.close()
  using db = new Database(databasePath(directory), { readonly: true })
  expect(findBrokenLink(db)).toBeNull()
  const count = 'SELECT count(*) AS rows, max(position) AS last FROM audit'
  expect(db.query(count).get()).toEqual({ rows: 17, last: 17 })
})

test('audit chain: rows cannot be changed or deleted, except to erase a customer', async () => {
  using sandbox = new Sandbox()
  const directory = await createAudited(sandbox)
  using db = new Database(databasePath(directory))
  expect(() => db.run('DELETE FROM audit')).toThrow('append-only')
  expect(() => db.run("UPDATE audit SET actor = 'app'")).toThrow('append-only')
  expect(() => db.run("UPDATE audit SET personal = 'b'")).toThrow('append-only')
  db.run('UPDATE audit SET personal = NULL, personal_salt = NULL')
  expect(findBrokenLink(db)).toBeNull()
})

test('audit chain: the last rows are missed even if their numbers are given again', async () => {
  using sandbox = new Sandbox()
  const directory = await createAudited(sandbox)
  tamper(
    directory,
    'DELETE FROM audit WHERE position > 3',
    "UPDATE sqlite_sequence SET seq = 3 WHERE name = 'audit'",
    "UPDATE sqlite_sequence SET seq = seq + 2 WHERE name = 'events'",
  )
  expect(inspectAuditHead(directory)).toStartWith('row 5 is not the one whose hash is in')
})

test('audit chain: a replaced audit is reported by each start until it is accepted', async () => {
  using sandbox = new Sandbox()
  const directory = await createAudited(sandbox)
  expect(inspectAuditHead(directory)).toBeNull()
  tamper(directory, `UPDATE audit SET hash = '${'a'.repeat(64)}' WHERE position = 5`)
  for (const name of ['four', 'five']) {
    const errors: unknown[] = []
    const store = openSqlite(directory, { onError: (error) => errors.push(error) })
    await rename(store, name)
    await store.close()
    expect(String(errors)).toContain('The audit was changed by another program')
    expect(inspectAuditHead(directory)).toStartWith('row 5 is not')
  }
})

test('audit chain: a position file of an earlier version is understood', async () => {
  using sandbox = new Sandbox()
  const directory = await createAudited(sandbox)
  const path = join(directory, 'licet.position')
  writeFileSync(path, readFileSync(path, 'utf8').slice(0, 16))
  expect(inspectAuditHead(directory)).toBeNull()
  await openSqlite(directory).close()
  expect(readFileSync(path, 'utf8')).toHaveLength(96)
})

test('audit chain: rows of an earlier version are covered by the row that begins the chain', async () => {
  using sandbox = new Sandbox()
  const directory = await createAudited(sandbox)
  tamper(
    directory,
    'UPDATE audit SET hash = NULL, personal = NULL, personal_salt = NULL, personal_digest = NULL',
  )
  const store = openSqlite(directory)
  await rename(store, 'four')
  const { data } = await store.audit.list({ afterNumber: 4 }, { limit: 10, after: null })
  await store.close()
  expect(data.map(({ number, action }) => [number, action])).toEqual([
    [5, 'license.create'],
    [6, 'audit.begin'],
    [7, 'plan.update'],
  ])
  expect(tamper(directory)).toBeNull()
  const changed = tamper(directory, "UPDATE audit SET actor = 'app' WHERE position = 2")
  expect(changed).toStartWith('row 6 is not')
})
