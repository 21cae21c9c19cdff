import { type Applied, type Migration, selectPending } from './migrations.ts'
import type { Connection, Pool } from './postgres.ts'

/** Any number that no other program is likely to use in the same database. */
const LOCK = 7_236_184_521

/**
 * Brings the tables of a part of the program up to date, in one transaction. `ledger` is the table of the
 * migrations that were applied. Nodes that start at the same time wait for each other. Throws MigrationError for a database that is newer than this program, or whose applied
 * migrations differ from ours.
 */
export async function migrate(
  pool: Pool,
  migrations: readonly Migration[],
  ledger = 'migrations',
): Promise<void> {
  await pool.begin(async (connection) => {
    await lockMigrations(connection)
    await connection.unsafe(
      `CREATE TABLE IF NOT EXISTS ${ledger} (name text COLLATE "C" PRIMARY KEY, sha256 text NOT NULL)`,
    )
    const applied = await connection.unsafe<Applied[]>(
      `SELECT name, sha256 FROM ${ledger} ORDER BY name`,
    )
    for (const migration of selectPending([...applied], migrations)) {
      await applyMigration(connection, migration, ledger)
    }
  })
}

/** Keeps all others from migrating, and so from starting, until the transaction ends. */
export async function lockMigrations(connection: Connection): Promise<void> {
  await connection.unsafe(`SELECT pg_advisory_xact_lock(${LOCK})`)
}

async function applyMigration(
  connection: Connection,
  migration: Migration,
  ledger: string,
): Promise<void> {
  const { name, sha256, sql } = migration
  await connection.unsafe(sql)
  await connection.unsafe(`INSERT INTO ${ledger} (name, sha256) VALUES ($1, $2)`, [name, sha256])
}
