import { Database } from 'bun:sqlite'
import { describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { migrate } from '~/store/sqlite/files/migrate.ts'
import { type Migration, migrations } from '~/store/sqlite/files/migrations.ts'

const migration = (name: string, sql: string): Migration => ({
  name,
  sql,
  sha256: createHash('sha256').update(sql).digest('hex'),
})

const first = migration('0000_first', 'CREATE TABLE licenses (id TEXT PRIMARY KEY) STRICT')
const second = migration('0001_second', 'CREATE TABLE seats (id TEXT PRIMARY KEY) STRICT')

/** A database with these applied already, and a license in it. */
function databaseWith(...applied: readonly Migration[]): Database {
  const db = new Database(':memory:', { strict: true })
  migrate(db, neverBackUp, applied)
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

test('every embedded migration is what its digest was taken of, in the order of its name', () => {
  for (const { name, sql, sha256 } of migrations) {
    expect({ name, sha256 }).toEqual({ name, sha256: migration(name, sql).sha256 })
  }
  const names = migrations.map(({ name }) => name)
  expect(names).toEqual(names.toSorted())
})

describe('migrating', () => {
  test('a fresh database takes every step and no backup', () => {
    const db = new Database(':memory:', { strict: true })
    migrate(db, neverBackUp)
    expect(tablesOf(db)).toContain('licenses')
    expect(areForeignKeysOn(db)).toEqual({ foreign_keys: 1 })
  })

  test('a database that is up to date is left alone', () => {
    const db = databaseWith(first, second)
    migrate(db, neverBackUp, [first, second])
    expect(db.query('SELECT * FROM licenses').all()).toEqual([{ id: 'lic_1' }])
  })

  test('an older database is backed up once, as it was, before the first step', () => {
    const db = databaseWith(first)
    const backups: string[][] = []
    const third = migration('0002_third', 'CREATE TABLE events (id TEXT PRIMARY KEY) STRICT')
    migrate(db, () => backups.push(tablesOf(db)), [first, second, third])
    expect(backups).toEqual([['migrations', 'licenses']])
    expect(tablesOf(db)).toEqual(['migrations', 'licenses', 'seats', 'events'])
    migrate(db, neverBackUp, [first, second, third])
  })

  test('no backup, no migration', () => {
    const db = databaseWith(first)
    expect(() =>
      migrate(db, () => {
        throw new Error('the disk is full')
      }, [first, second]),
    ).toThrow('the disk is full')
    expect(tablesOf(db)).not.toContain('seats')
  })

  test('a database of a newer Licet is refused, and told which one can read it', () => {
    const db = databaseWith(first, second)
    expect(() => migrate(db, neverBackUp, [first])).toThrow(/newer Licet.*0001_second/)
    expect(tablesOf(db)).toContain('seats')
  })

  test.each([
    ['another text', [first, migration('0001_second', 'SELECT 1')]],
    ['another name', [first, { ...second, name: '0001_other' }]],
    ['another order', [second, first]],
  ])('a step applied under %s is refused', (_what, known) => {
    const db = databaseWith(first, second)
    expect(() => migrate(db, neverBackUp, known)).toThrow(/is not the one this Licet knows/)
  })

  test.each([
    ['in its syntax', 'CREATE TABLE broken (', /incomplete|syntax/],
    [
      'half-way',
      'CREATE TABLE half (id TEXT) STRICT; INSERT INTO none VALUES (1)',
      /no such table/,
    ],
    [
      'by a reference to nothing',
      `CREATE TABLE half (id TEXT REFERENCES licenses (id)) STRICT;
       INSERT INTO half VALUES ('lic_none')`,
      /would break references/,
    ],
  ])('a step that fails %s leaves nothing, and what came before it stays', (_how, sql, words) => {
    const db = databaseWith(first)
    const steps = [first, second, migration('0002_broken', sql)]
    expect(() => migrate(db, () => undefined, steps)).toThrow(words)
    expect(tablesOf(db)).toEqual(['migrations', 'licenses', 'seats'])
    expect(db.inTransaction).toBe(false)
    expect(areForeignKeysOn(db)).toEqual({ foreign_keys: 1 })
    migrate(db, neverBackUp, [first, second])
  })

  test('a table is rebuilt without takeSlot along what refers to it', () => {
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
    migrate(db, () => undefined, [first, child, rebuild])
    expect(db.query('SELECT * FROM child').all()).toEqual([{ id: 'lic_1' }])
    expect(() => db.run("INSERT INTO child VALUES ('lic_none')")).toThrow('FOREIGN KEY')
  })
})
