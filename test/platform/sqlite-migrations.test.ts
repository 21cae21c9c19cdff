import { Database } from 'bun:sqlite'
import { describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import type { Migration } from '~/platform/migrations.ts'
import { migrate } from '~/platform/sqlite-migrations.ts'
import { migrations } from '~/store/sqlite/files/migrations.ts'
import { migrations as usageMigrations } from '~/usage/migrations.ts'

const migration = (name: string, sql: string): Migration => ({
  name,
  sql,
  sha256: createHash('sha256').update(sql).digest('hex'),
})

const first = migration('0000_first', 'CREATE TABLE licenses (id TEXT PRIMARY KEY) STRICT')
const second = migration('0001_second', 'CREATE TABLE seats (id TEXT PRIMARY KEY) STRICT')

/** Returns a database with these migrations applied, and one license. */
function databaseWith(...applied: readonly Migration[]): Database {
  const db = new Database(':memory:', { strict: true })
  migrate(db, applied, neverBackUp)
  db.run("INSERT INTO licenses VALUES ('lic_1')")
  return db
}

function neverBackUp(): void {
  throw new Error('there is nothing to back up')
}

const tablesOf = (db: Database) =>
  db
    .query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .all()
    .map(({ name }) => name)

const areForeignKeysOn = (db: Database): unknown => db.query('PRAGMA foreign_keys').get()

test.each([
  ['licet.sqlite', migrations],
  ['usage.sqlite', usageMigrations],
])('migrations of %s: each matches its digest, and their names are in order', (_file, known) => {
  for (const { name, sql, sha256 } of known) {
    expect({ name, sha256 }).toEqual({ name, sha256: migration(name, sql).sha256 })
  }
  const names = known.map(({ name }) => name)
  expect(names).toEqual(names.toSorted())
})

describe('migrate', () => {
  test('migrate: a new database gets every migration and no backup', () => {
    const db = new Database(':memory:', { strict: true })
    migrate(db, migrations, neverBackUp)
    expect(tablesOf(db)).toContain('licenses')
    expect(areForeignKeysOn(db)).toEqual({ foreign_keys: 1 })
  })

  test('migrate: a database that is up to date is not changed', () => {
    const db = databaseWith(first, second)
    migrate(db, [first, second], neverBackUp)
    expect(db.query('SELECT * FROM licenses').all()).toEqual([{ id: 'lic_1' }])
  })

  test('migrate: an older database is backed up once, before its first migration', () => {
    const db = databaseWith(first)
    const backups: string[][] = []
    const third = migration('0002_third', 'CREATE TABLE events (id TEXT PRIMARY KEY) STRICT')
    migrate(db, [first, second, third], () => backups.push(tablesOf(db)))
    expect(backups).toEqual([['migrations', 'licenses']])
    expect(tablesOf(db)).toEqual(['migrations', 'licenses', 'seats', 'events'])
    migrate(db, [first, second, third], neverBackUp)
  })

  test('migrate: nothing is migrated when the backup fails', () => {
    const db = databaseWith(first)
    expect(() =>
      migrate(db, [first, second], () => {
        throw new Error('the disk is full')
      }),
    ).toThrow('the disk is full')
    expect(tablesOf(db)).not.toContain('seats')
  })

  test('migrate: a database from a newer version is refused, and the error names its migration', () => {
    const db = databaseWith(first, second)
    expect(() => migrate(db, [first], neverBackUp)).toThrow(/newer version of Licet.*0001_second/)
    expect(tablesOf(db)).toContain('seats')
  })

  test.each([
    ['a different text', [first, migration('0001_second', 'SELECT 1')]],
    ['a different name', [first, { ...second, name: '0001_other' }]],
    ['a different order', [second, first]],
  ])('migrate: an applied migration with %s is refused', (_what, known) => {
    const db = databaseWith(first, second)
    expect(() => migrate(db, known, neverBackUp)).toThrow(
      /differs from .* in this version of Licet/,
    )
  })

  test.each([
    ['because of its syntax', 'CREATE TABLE broken (', /incomplete|syntax/],
    ['halfway', 'CREATE TABLE half (id TEXT) STRICT; INSERT INTO none VALUES (1)', /no such table/],
    [
      'because a reference is broken',
      `CREATE TABLE half (id TEXT REFERENCES licenses (id)) STRICT;
       INSERT INTO half VALUES ('lic_none')`,
      /would break references/,
    ],
  ])(
    'migrate: a migration that fails %s is rolled back, and earlier ones remain',
    (_how, sql, words) => {
      const db = databaseWith(first)
      const steps = [first, second, migration('0002_broken', sql)]
      expect(() => migrate(db, steps)).toThrow(words)
      expect(tablesOf(db)).toEqual(['migrations', 'licenses', 'seats'])
      expect(db.inTransaction).toBe(false)
      expect(areForeignKeysOn(db)).toEqual({ foreign_keys: 1 })
      migrate(db, [first, second], neverBackUp)
    },
  )

  test('migrate: says that nothing has changed if the first migration fails, and not if a later one does', () => {
    const broken = migration('0001_broken', 'CREATE TABLE broken (')
    const later = migration('0002_broken', 'CREATE TABLE broken (')
    const cases: [steps: readonly Migration[], unchanged: string[][]][] = [
      [[first, broken], [['migrations', 'licenses']]],
      [[first, second, later], []],
    ]
    for (const [steps, expected] of cases) {
      const unchanged: string[][] = []
      const db = databaseWith(first)
      const backUp = () => undefined
      const note = () => void unchanged.push(tablesOf(db))
      expect(() => migrate(db, steps, backUp, note)).toThrow()
      expect(unchanged).toEqual(expected)
    }
  })

  test('migrate: rebuilding a table does not delete the rows that refer to it', () => {
    const child = migration(
      '0001_child',
      'CREATE TABLE child (id TEXT REFERENCES licenses (id) ON DELETE CASCADE) STRICT',
    )
    const db = databaseWith(first, child)
    db.run("INSERT INTO child VALUES ('lic_1')")
    const rebuild = migration(
      '0002_rebuild',
      `CREATE TABLE new_licenses (id TEXT PRIMARY KEY, note TEXT) STRICT;
       INSERT INTO new_licenses SELECT id, NULL FROM licenses;
       DROP TABLE licenses;
       ALTER TABLE new_licenses RENAME TO licenses`,
    )
    migrate(db, [first, child, rebuild])
    expect(db.query('SELECT * FROM child').all()).toEqual([{ id: 'lic_1' }])
    expect(() => db.run("INSERT INTO child VALUES ('lic_none')")).toThrow('FOREIGN KEY')
  })
})
