import type { ReservedSQL } from 'bun'
import { Fault } from '~/domain/faults.ts'
import { type Migration, selectPending } from '~/platform/migrations.ts'
import { closePool, openPool, type Pool, type PoolOptions } from '~/platform/postgres.ts'
import { findPostgresError } from '~/platform/postgres-errors.ts'
import { lockMigrations, migrate } from '~/platform/postgres-migrations.ts'
import { migrations } from '~/store/postgres/migrations.ts'
import { UNFINISHED_MOVE } from '~/store/shared/unfinished-move.ts'
import { fold } from '~/usage/postgres/fold.ts'
import { migrations as usageMigrations } from '~/usage/postgres/migrations.ts'
import { migrateUsage, settleUsage } from '~/usage/postgres/open.ts'
import type { Counters, Sample, Source, Target } from './end.ts'
import { copyRows, countRows, readCounter, readRows, setCounter } from './postgres.ts'
import type { Table } from './table.ts'

/** One holds the lock, and the other one reads or writes. */
const CONNECTIONS_MAX = 3
/** A server that is silent for longer has ended: see `jobs/heartbeat.ts`. */
const SILENT_SECONDS = 30
const FOLDED_ROWS = 10_000
const LOCK_TIMEOUT = '55P03'
/** Tables that no counter is for in PostgreSQL, because the rows of a transaction have to be in order. */
const headed = ['audit', 'revocations']

/**
 * Opens a database to read all of its rows as of now. Throws a Fault if servers are using it, and keeps
 * more from starting.
 */
export async function openSourceDatabase(
  options: PoolOptions,
  tables: readonly Table[],
): Promise<Source> {
  await using stack = new AsyncDisposableStack()
  const pool = stack.adopt(openPool({ ...options, connectionsMax: CONNECTIONS_MAX }), closePool)
  stack.adopt(await lockDatabase(pool), endTransaction)
  await requireUnused(pool)
  await requireSchema(pool, 'migrations', migrations)
  await requireSchema(pool, 'usage_migrations', usageMigrations)
  await settleUsage(pool)
  while ((await fold(pool, FOLDED_ROWS)) > 0) {
    // Adds what was appended to the counts and counters.
  }
  const connection = stack.adopt(await pool.reserve(), endTransaction)
  await connection.unsafe('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  await allowToWait(connection)
  const opened = stack.move()
  return {
    tables,
    engine: 'postgres',
    count: (table) => countRows(connection, table),
    read: (table, after, max) => readRows(connection, table, after, max),
    readMeta: async (name) => {
      const [row] = await connection.unsafe<{ value: string }[]>(
        'SELECT value FROM meta WHERE name = $1',
        [name],
      )
      return row?.value ?? null
    },
    readCounters: () => readCounters(connection, tables),
    requireUnused: () => requireUnused(pool),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

/** Opens a database without rows, or one that a move has not finished, and keeps servers from starting. */
export async function openTargetDatabase(
  options: PoolOptions,
  tables: readonly Table[],
): Promise<Target> {
  await using stack = new AsyncDisposableStack()
  const pool = stack.adopt(openPool({ ...options, connectionsMax: CONNECTIONS_MAX }), closePool)
  await migrate(pool, migrations)
  await migrateUsage(pool)
  stack.adopt(await lockDatabase(pool), endTransaction)
  await requireUnused(pool)
  const connection = stack.adopt(await pool.reserve(), (reserved) => reserved.release())
  await connection.unsafe('SET statement_timeout = 0')
  const transact = async (work: () => Promise<void>) => {
    await connection.unsafe('BEGIN')
    try {
      await work()
      await connection.unsafe('COMMIT')
    } catch (error) {
      await connection.unsafe('ROLLBACK').catch(() => undefined)
      throw error
    }
  }
  const opened = stack.move()
  return {
    engine: 'postgres',
    count: (table) => countRows(connection, table),
    read: (table, after, max) => readRows(connection, table, after, max),
    readProgress: async () => {
      const [row] = await connection.unsafe<{ value: string }[]>(
        'SELECT value FROM meta WHERE name = $1',
        [UNFINISHED_MOVE],
      )
      return row?.value ?? null
    },
    write: (table, rows, progress) =>
      transact(async () => {
        await copyRows(connection, table, rows)
        await connection.unsafe(
          `INSERT INTO meta (name, value) VALUES ($1, $2)
           ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
          [UNFINISHED_MOVE, progress],
        )
      }),
    finish: (counters) =>
      transact(async () => {
        for (const { name, postgres } of tables) {
          await setCounter(connection, postgres, counters.get(name) ?? 0)
          // Otherwise the first servers have plans for empty tables, which read all rows for each command.
          await connection.unsafe(`ANALYZE ${postgres.target}`)
        }
        await writeHeads(connection, counters)
        await connection.unsafe(WRITE_DAYS)
        await connection.unsafe('DELETE FROM meta WHERE name = $1', [UNFINISHED_MOVE])
      }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

/** Opens the schema of a database without keeping it, to try out how long writing takes. */
export async function openSampleDatabase(
  options: PoolOptions,
  tables: readonly Table[],
): Promise<Sample> {
  await using stack = new AsyncDisposableStack()
  const pool = stack.adopt(openPool({ ...options, connectionsMax: 1 }), closePool)
  const connection = stack.adopt(await pool.reserve(), endTransaction)
  await connection.unsafe('BEGIN')
  await allowToWait(connection)
  const [found] = await connection.unsafe<{ name: string | null }[]>(
    `SELECT to_regclass('meta')::text AS name`,
  )
  if (found?.name != null) await requireNoRows(connection, tables)
  await connection.unsafe('CREATE SCHEMA licet_move_sample')
  await connection.unsafe('SET LOCAL search_path = licet_move_sample')
  for (const { sql } of [...migrations, ...usageMigrations]) await connection.unsafe(sql)
  // Samples contain rows without those that they refer to.
  await connection.unsafe(DROP_REFERENCES)
  const opened = stack.move()
  return {
    engine: 'postgres',
    read: (table, after, max) => readRows(connection, table, after, max),
    write: (table, rows) => copyRows(connection, table, rows),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

const WRITE_DAYS = `INSERT INTO usage_days (day)
  SELECT DISTINCT day FROM usage_validations ON CONFLICT DO NOTHING`

const DROP_REFERENCES = `DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT conrelid::regclass AS name, conname FROM pg_constraint
    WHERE contype = 'f' AND connamespace = 'licet_move_sample'::regnamespace
  LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', one.name, one.conname); END LOOP;
END $$`

async function requireNoRows(connection: ReservedSQL, tables: readonly Table[]): Promise<void> {
  for (const table of tables) {
    if ((await countRows(connection, table)) === 0) continue
    const detail = `The target is not empty: its table ${table.postgres.target} has rows. Choose an empty one.`
    throw new Fault('already_exists', detail)
  }
}

/** Takes the lock with which servers start, until the transaction of the connection ends. */
async function lockDatabase(pool: Pool): Promise<ReservedSQL> {
  const connection = await pool.reserve()
  try {
    await connection.unsafe('BEGIN')
    await allowToWait(connection)
    await connection.unsafe(`SET LOCAL lock_timeout = '2s'`)
    await lockMigrations(connection)
    return connection
  } catch (error) {
    await endTransaction(connection)
    if (findPostgresError(error)?.errno !== LOCK_TIMEOUT) throw error
    const detail = 'A server is starting on the database, or another move uses it. Try again.'
    throw new Fault('in_use', detail, { cause: error })
  }
}

async function allowToWait(connection: ReservedSQL): Promise<void> {
  await connection.unsafe('SET LOCAL idle_in_transaction_session_timeout = 0')
  await connection.unsafe('SET LOCAL statement_timeout = 0')
}

async function endTransaction(connection: ReservedSQL): Promise<void> {
  await connection.unsafe('ROLLBACK').catch(() => undefined)
  connection.release()
}

async function requireUnused(pool: Pool): Promise<void> {
  const [found] = await pool.unsafe<{ name: string | null }[]>(
    `SELECT to_regclass('nodes')::text AS name`,
  )
  if (found?.name == null) return
  const [alive] = await pool.unsafe<{ count: number }[]>(
    `SELECT count(*)::integer AS count FROM nodes
     WHERE heartbeat_at_ms > (extract(epoch FROM clock_timestamp()) - ${SILENT_SECONDS}) * 1000`,
  )
  const count = alive?.count ?? 0
  if (count === 0) return
  const servers = count === 1 ? '1 server is' : `${count} servers are`
  const detail = `${servers} using the database. Stop all servers, then move again. One that was killed counts for ${SILENT_SECONDS} seconds.`
  throw new Fault('in_use', detail)
}

async function requireSchema(
  pool: Pool,
  ledger: string,
  known: readonly Migration[],
): Promise<void> {
  const [found] = await pool.unsafe<{ name: string | null }[]>(
    `SELECT to_regclass('${ledger}')::text AS name`,
  )
  if (found?.name == null) throw new Fault('not_found', 'The source is not a database of Licet.')
  const applied = await pool.unsafe<{ name: string; sha256: string }[]>(
    `SELECT name, sha256 FROM ${ledger} ORDER BY name`,
  )
  if (selectPending([...applied], known).length === 0) return
  const detail =
    'The database is of an earlier version. Start a server of this version on it once, and stop it.'
  throw new Fault('unavailable', detail)
}

async function readCounters(connection: ReservedSQL, tables: readonly Table[]): Promise<Counters> {
  const counters = new Map<string, number>()
  const heads = await connection.unsafe<{ name: string; number: number }[]>(
    'SELECT name, number::float8 AS number FROM heads',
  )
  for (const { name, sqlite, postgres } of tables) {
    if (sqlite.counter === null) continue
    const head = headed.includes(name)
      ? (heads.find((one) => one.name === name)?.number ?? 0)
      : await readCounter(connection, postgres)
    counters.set(name, head)
  }
  return counters
}

async function writeHeads(connection: ReservedSQL, counters: Counters): Promise<void> {
  for (const name of headed) {
    const number = counters.get(name) ?? 0
    if (number === 0) continue
    const hash =
      name === 'audit' ? '(SELECT hash FROM audit ORDER BY position DESC LIMIT 1)' : 'NULL'
    await connection.unsafe(
      `INSERT INTO heads (name, number, hash) VALUES ($1, $2::text::bigint, ${hash})`,
      [name, `${number}`],
    )
  }
}
