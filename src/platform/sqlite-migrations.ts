import type { Database } from 'bun:sqlite'

/** One step of a schema; `name` orders the steps, `sha256` is the hex digest of `sql`. */
export interface Migration {
  readonly name: string
  readonly sha256: string
  readonly sql: string
}

const CHANGES_ROWS = /\b(?:TABLE|INSERT|REPLACE|UPDATE|DELETE)\b/i

/** A database that this program must not touch. The message says what the operator can do. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError'
}

/**
 * Brings the schema up to date, each migration in its own transaction. `beforeFirst` is called once,
 * before the first change to a database that is not empty. Throws MigrationError for a database that
 * is newer than this program, or whose applied migrations differ from ours.
 */
export function migrate(
  db: Database,
  migrations: readonly Migration[],
  beforeFirst: () => void = () => undefined,
): void {
  db.run(
    'CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL) STRICT',
  )
  const pending = listPendingMigrations(db, migrations)
  if (pending.length > 0 && pending.length < migrations.length) beforeFirst()
  for (const migration of pending) applyMigration(db, migration)
}

/**
 * Returns the migrations that were not applied yet. Throws MigrationError for a database that is
 * newer than this program, or whose applied migrations differ from ours.
 */
export function listPendingMigrations(
  db: Database,
  migrations: readonly Migration[],
): readonly Migration[] {
  const applied = db
    .query<Pick<Migration, 'name' | 'sha256'>, []>(
      'SELECT name, sha256 FROM migrations ORDER BY name',
    )
    .all()
  for (const [index, { name, sha256 }] of applied.entries()) {
    const ours = migrations[index]
    if (ours === undefined) {
      throw new MigrationError(
        `The database was written by a newer version of Licet (it has migration ${name}). Start that version, or restore a backup from before the upgrade.`,
      )
    }
    if (ours.name !== name || ours.sha256 !== sha256) {
      throw new MigrationError(
        `Migration ${name} of the database differs from ${ours.name} in this version of Licet. Start the version that wrote the database.`,
      )
    }
  }
  return migrations.slice(applied.length)
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
