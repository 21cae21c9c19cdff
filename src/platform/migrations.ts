import { version } from './version.ts'

/** One step of a schema; `name` orders the steps, `sha256` is the hex digest of `sql`. */
export interface Migration {
  readonly name: string
  readonly sha256: string
  readonly sql: string
}

/** A row of the table `migrations`, by which a database remembers what was applied. */
export type Applied = Pick<Migration, 'name' | 'sha256'>

/** A database that this program must not touch. The message says what the operator can do. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError'
}

/**
 * Returns the migrations that are not among the applied ones, which are in the order of their names.
 * Throws MigrationError for a database that is newer than this program, or whose applied migrations
 * differ from ours.
 */
export function selectPending(
  applied: readonly Applied[],
  migrations: readonly Migration[],
): readonly Migration[] {
  for (const [index, { name, sha256 }] of applied.entries()) {
    const ours = migrations[index]
    if (ours === undefined) {
      throw new MigrationError(
        `The database was written by a newer version of Licet (it has migration ${name}). Start that version. To go back to this one (${version}), restore the database from before the upgrade, which loses what came after: backups/before-migration-….sqlite in the data directory, or your backup of PostgreSQL.`,
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
