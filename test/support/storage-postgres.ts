import { assert } from '~/assert.ts'
import { CHAIN_START, type ChainedRow, formatChained } from '~/domain/audit.ts'
import { closePool, openPool, type Pool } from '~/platform/postgres.ts'
import type { StorageParts } from '~/server/storage.ts'
import { openPostgresStorage } from '~/server/storage-postgres.ts'
import { sha256 } from '~/store/shared/audit-rows.ts'
import { createMigratedSchema } from './postgres.ts'
import type { Rows, TestDatabase, TestStorage } from './storage.ts'

const server = { fileDescriptor: 1, isServer: true, beforeMigrating: () => undefined } as const

/** Opens a schema of its own. */
export async function openPostgresDatabase(parts: StorageParts): Promise<TestStorage> {
  const scratch = await createMigratedSchema()
  const url = `${scratch.url}?search_path=${scratch.schema}`
  const pool = openPool({ ...scratch, connectionsMax: 1 })
  const open = () => openPostgresStorage(parts, url, server)
  return {
    storage: await open(),
    database: lookUp(pool),
    openAnother: open,
    end: async () => {
      const problem = await findViolation(pool)
      await closePool(pool)
      await scratch[Symbol.asyncDispose]()
      assert(problem === null, `what the tests have written is consistent: ${problem}`)
    },
  }
}

function lookUp(pool: Pool): TestDatabase {
  return {
    readEventTypes: async () => {
      const sql = 'SELECT type FROM events ORDER BY xid, position'
      return (await pool.unsafe<{ type: string }[]>(sql)).map(({ type }) => type)
    },
    readRows: () => readTables(pool, "NOT LIKE 'usage%'"),
    readUsageRows: () => readTables(pool, "LIKE 'usage%'"),
    readEverything: async () => JSON.stringify(await readTables(pool, 'IS NOT NULL')),
    isAuditIntact: () => isAuditIntact(pool),
    run: async (sql) => void (await pool.unsafe(sql)),
  }
}

async function readTables(pool: Pool, names: string): Promise<Record<string, Rows>> {
  const tables = await pool.unsafe<{ name: string }[]>(
    `SELECT tablename AS name FROM pg_tables
     WHERE schemaname = current_schema AND tablename ${names} ORDER BY tablename`,
  )
  const rows: Record<string, Rows> = {}
  for (const { name } of tables) {
    rows[name] = [...(await pool.unsafe<Rows>(`SELECT * FROM ${name} AS one ORDER BY one`))]
  }
  return rows
}

async function isAuditIntact(pool: Pool): Promise<boolean> {
  const rows = await pool.unsafe<(Omit<ChainedRow, 'atMs'> & { atMs: string; hash: string })[]>(
    `SELECT position::float8, at_ms AS "atMs", actor, address, request_id AS "requestId", action,
       subject_id AS "subjectId", before, after, personal_digest AS "personalDigest", hash
     FROM audit ORDER BY audit.position`,
  )
  let previousHash = CHAIN_START
  return rows.every((row, index) => {
    const text = formatChained(previousHash, { ...row, atMs: Number(row.atMs) })
    previousHash = row.hash
    return row.position === index + 1 && row.hash === sha256(text)
  })
}

/** The same as `licet check` finds in a directory. */
const violations = {
  'every license has the right activation counts': `
    SELECT id FROM licenses LEFT JOIN (
      SELECT license_id, count(*) FILTER (WHERE kind = 'device') AS devices,
        count(*) FILTER (WHERE kind = 'domain' AND NOT is_free) AS domains,
        count(*) FILTER (WHERE kind = 'domain' AND is_free AND root IS NOT NULL) AS free_domains
      FROM activations GROUP BY license_id
    ) AS used ON license_id = id
    WHERE devices_used <> coalesce(devices, 0) OR domains_used <> coalesce(domains, 0)
      OR free_domains_used <> coalesce(free_domains, 0)`,
  'every license has all its events': `
    SELECT id FROM licenses
    WHERE event_sequence <> (SELECT count(*) FROM events WHERE license_id = licenses.id)`,
}

async function findViolation(pool: Pool): Promise<string | null> {
  for (const [promise, sql] of Object.entries(violations)) {
    const rows = await pool.unsafe<{ id: string }[]>(`${sql} LIMIT 3`)
    if (rows.length > 0) return `${promise}, except ${rows.map(({ id }) => id).join()}`
  }
  return (await isAuditIntact(pool)) ? null : 'the audit is complete and unchanged'
}
