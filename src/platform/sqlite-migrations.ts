import type { Database } from 'bun:sqlite'
import { type Applied, type Migration, MigrationError, selectPending } from './migrations.ts'

const CHANGES_ROWS = /\b(?:TABLE|INSERT|REPLACE|UPDATE|DELETE)\b/i

/**
 * Brings the schema up to date, each migration in its own transaction. `beforeFirst` is called once,
 * before the first change to a database that is not empty, and `whenUnchanged` if that change fails. Throws MigrationError for a database that
 * is newer than this program, or whose applied migrations differ from ours.
 */
export function migrate(
  db: Database,
  migrations: readonly Migration[],
  beforeFirst: () => void = () => undefined,
  whenUnchanged: () => void = () => undefined,
): void {
  db.run(
    'CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL) STRICT',
  )
  const pending = listPendingMigrations(db, migrations)
  if (pending.length > 0 && pending.length < migrations.length) beforeFirst()
  for (const [index, migration] of pending.entries()) {
    try {
      applyMigration(db, migration)
    } catch (error) {
      if (index === 0) whenUnchanged()
      throw error
    }
  }
}

/** Returns the migrations that were not applied yet, or throws MigrationError: see `selectPending`. */
export function listPendingMigrations(
  db: Database,
  migrations: readonly Migration[],
): readonly Migration[] {
  const applied = db.query<Applied, []>('SELECT name, sha256 FROM migrations ORDER BY name').all()
  return selectPending(applied, migrations)
}

function applyMigration(db: Database, { name, sha256, sql }: Migration): void {
  // Rebuilding a table would cascade through foreign keys. This pragma has no effect in a transaction.
  db.run('PRAGMA foreign_keys = OFF')
  db.run('BEGIN IMMEDIATE')
  try {
    db.run(sql)
    // The check reads all rows, and an index changes none.
    const broken = CHANGES_ROWS.test(sql) ? db.query('PRAGMA foreign_key_check').all() : []
    if (broken.length > 0) throw new MigrationError(`Migration ${name} would break references.`)
    db.run('INSERT INTO migrations (name, sha256) VALUES (?, ?)', [name, sha256])
    db.run('COMMIT')
  } catch (error) {
    // A full disk has already rolled back the transaction.
    if (db.inTransaction) db.run('ROLLBACK')
    throw error
  } finally {
    db.run('PRAGMA foreign_keys = ON')
  }
}
