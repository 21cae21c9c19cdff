import type { Database } from 'bun:sqlite'
import { type Migration, migrations } from './migrations.ts'

/** A database that this program must not touch, and what the operator can do about it. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError'
}

/**
 * Brings the schema up to date, each migration in a transaction of its own. Throws MigrationError
 * for a database that is newer than this program, or whose applied migrations differ from ours.
 * `backUp` is called once, before the first change to a database that holds something.
 */
export function migrate(
  db: Database,
  backUp: () => void,
  known: readonly Migration[] = migrations,
): void {
  db.run(
    'CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL) STRICT',
  )
  const pending = pendingMigrations(db, known)
  if (pending.length > 0 && pending.length < known.length) backUp()
  for (const migration of pending) applyMigration(db, migration)
}

/**
 * What a database that was begun still lacks. Throws MigrationError for one that is newer than this
 * program, or whose applied migrations differ from ours.
 */
export function pendingMigrations(
  db: Database,
  known: readonly Migration[] = migrations,
): readonly Migration[] {
  const applied = db
    .query<Pick<Migration, 'name' | 'sha256'>, []>(
      'SELECT name, sha256 FROM migrations ORDER BY name',
    )
    .all()
  for (const [index, { name, sha256 }] of applied.entries()) {
    const ours = known[index]
    if (ours === undefined) {
      throw new MigrationError(
        `The database was written by a newer Licet (it has migration ${name}). Start that version, or restore a backup from before the upgrade.`,
      )
    }
    if (ours.name !== name || ours.sha256 !== sha256) {
      throw new MigrationError(
        `Migration ${name} of this database is not the one this Licet knows (${ours.name}). Start the version that wrote it.`,
      )
    }
  }
  return known.slice(applied.length)
}

function applyMigration(db: Database, { name, sha256, sql }: Migration): void {
  // Rebuilding a table would cascade through foreign keys, and this pragma is void in a transaction.
  db.run('PRAGMA foreign_keys = OFF')
  db.run('BEGIN IMMEDIATE')
  try {
    db.run(sql)
    const broken = db.query('PRAGMA foreign_key_check').all()
    if (broken.length > 0) throw new MigrationError(`Migration ${name} would break references.`)
    db.run('INSERT INTO migrations (name, sha256) VALUES (?, ?)', [name, sha256])
    db.run('COMMIT')
  } catch (error) {
    // A full disk has ended the transaction by itself.
    if (db.inTransaction) db.run('ROLLBACK')
    throw error
  } finally {
    db.run('PRAGMA foreign_keys = ON')
  }
}
