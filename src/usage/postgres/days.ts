import { getBucket } from '~/domain/usage.ts'
import type { Connection, Pool } from '~/platform/postgres.ts'
import { query, runAlone } from './calls.ts'

/** Partitions are created from the day before until this many days ahead. */
const DAYS_AHEAD = 3

export type Days = ReturnType<typeof createDays>

/** Keeps the partitions of individual validations, one for each day. */
export function createDays(pool: Pool, getNowMs: () => number) {
  let preparedFor: number | null = null

  return {
    /** Creates the partitions of the next days, once a day. */
    prepare: async (): Promise<void> => {
      const today = getBucket(getNowMs(), 'day')
      if (today === preparedFor) return
      const missing = await listMissing(pool, today - 1, today + DAYS_AHEAD)
      if (missing.length > 0) {
        await runAlone(pool, async (connection) => {
          for (const day of missing) await createPartition(connection, day)
        })
      }
      preparedFor = today
    },
    /** Drops the partitions of days before `day`, and deletes up to `max` other rows of such days. */
    trim: async (day: number, max: number): Promise<number> => {
      const old = await listPartitions(pool, day)
      let deleted = 0
      for (const { table } of old) deleted += await countRows(pool, table)
      return deleted + (await runAlone(pool, (connection) => dropDays(connection, old, day, max)))
    },
  }
}

const tableOf = (day: number) => `usage_validations_${day < 0 ? 'before_' : ''}${Math.abs(day)}`

async function listMissing(pool: Pool, first: number, last: number): Promise<readonly number[]> {
  const days = Array.from({ length: last - first + 1 }, (_, index) => first + index)
  const [found] = await query<Record<string, string | null>>(
    pool,
    `SELECT ${days.map((day, index) => `to_regclass('${tableOf(day)}')::text AS t${index}`).join()}`,
  )
  return days.filter((_, index) => found?.[`t${index}`] === null)
}

/** Moves the rows of a day that came before it has a partition: two tables cannot have the same day. */
async function createPartition(connection: Connection, day: number): Promise<void> {
  const table = tableOf(day)
  const [found] = await connection.unsafe<{ name: string | null }[]>(
    `SELECT to_regclass('${table}')::text AS name`,
  )
  if (found?.name != null) return
  // Rows that continue are written next to themselves, which leaves the index as it is.
  const room = 'WITH (fillfactor = 70)'
  await connection.unsafe(`CREATE TABLE ${table} (LIKE usage_validations INCLUDING ALL) ${room}`)
  await connection.unsafe(
    `WITH moved AS (DELETE FROM usage_validations_other WHERE day = ${day} RETURNING *)
     INSERT INTO ${table} SELECT * FROM moved`,
  )
  await connection.unsafe(
    `ALTER TABLE usage_validations ATTACH PARTITION ${table} FOR VALUES FROM (${day}) TO (${day + 1})`,
  )
}

interface Partition {
  readonly table: string
}

/** Lists the partitions of days before `day`. Their names end in the day. */
async function listPartitions(pool: Pool, day: number): Promise<readonly Partition[]> {
  return query<Partition>(
    pool,
    `SELECT inhrelid::regclass::text AS table FROM pg_inherits
     JOIN pg_class ON pg_class.oid = inhrelid
     WHERE inhparent = 'usage_validations'::regclass AND relname ~ '_[0-9]+$'
       AND CASE WHEN relname ~ 'before' THEN -1 ELSE 1 END
         * substring(relname FROM '[0-9]+$')::integer < ${day}`,
  )
}

async function countRows(pool: Pool, table: string): Promise<number> {
  const [counted] = await query<{ count: number }>(
    pool,
    `SELECT count(*)::float8 AS count FROM ${table}`,
  )
  return counted?.count ?? 0
}

async function dropDays(
  connection: Connection,
  partitions: readonly Partition[],
  day: number,
  max: number,
): Promise<number> {
  // Queries use the table as well, and must not wait for long behind this.
  await connection.unsafe(`SET LOCAL lock_timeout = '2s'`)
  for (const { table } of partitions) await connection.unsafe(`DROP TABLE IF EXISTS ${table}`)
  const { count } = await connection.unsafe(
    `DELETE FROM usage_validations_other WHERE ctid = ANY(ARRAY(
       SELECT ctid FROM usage_validations_other WHERE day < ${day} LIMIT ${max}))`,
  )
  await connection.unsafe(
    `DELETE FROM usage_days WHERE day < ${day}
       AND NOT EXISTS (SELECT 1 FROM usage_validations_other AS other WHERE other.day = usage_days.day)`,
  )
  return count ?? 0
}
