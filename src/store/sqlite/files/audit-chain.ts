import type { Database } from 'bun:sqlite'
import { CHAIN_MARKER, CHAIN_START, type ChainedRow, formatChained } from '~/domain/audit.ts'
import { digestPersonal, sha256 } from '../../shared/audit-rows.ts'

/** The last row of the audit. */
export interface AuditHead {
  readonly number: number
  readonly hash: string
}

interface StoredRow extends ChainedRow {
  readonly personal: string | null
  readonly personalSalt: string | null
  readonly hash: string | null
}

/** Returns how many rows are older than the chain, and a hash over all of them. */
export function hashEarlierRows(db: Database) {
  const rows = db
    .query<Record<string, unknown>, []>(
      `SELECT position, at_ms, actor, request_id, action, subject_id FROM audit
       WHERE position < coalesce(
         (SELECT position FROM audit WHERE hash IS NOT NULL ORDER BY position LIMIT 1), 1e18)
       ORDER BY position`,
    )
    .iterate()
  const hasher = new Bun.CryptoHasher('sha256')
  let count = 0
  for (const row of rows) {
    hasher.update(JSON.stringify(Object.values(row)))
    count += 1
  }
  return { rows: count, sha256: hasher.digest('hex') }
}

export function readAuditHead(db: Database): AuditHead | null {
  return db
    .query<AuditHead, []>(
      `SELECT position AS number, hash FROM audit WHERE hash IS NOT NULL
       ORDER BY position DESC LIMIT 1`,
    )
    .get()
}

/** Returns whether the audit contains a row that was its last one; false if it was changed. */
export function hasAuditRow(db: Database, { number, hash }: AuditHead): boolean {
  const row = db
    .query<{ hash: string | null }, [number]>('SELECT hash FROM audit WHERE position = ?')
    .get(number)
  return row?.hash === hash
}

/** Returns the first row that was changed, removed or inserted; null if there is none. */
export function findBrokenLink(db: Database): string | null {
  // A database that is still to be upgraded has no chain.
  const column = db.query("SELECT 1 FROM pragma_table_info('audit') WHERE name = 'hash'").get()
  if (column === null) return null
  // In one transaction, because a server may be adding rows.
  return db.transaction(() => findBroken(db))()
}

function findBroken(db: Database): string | null {
  const rows = db
    .query<StoredRow, []>(
      `SELECT position, at_ms AS atMs, actor, address, request_id AS requestId, action,
         subject_id AS subjectId, before, after, personal, personal_salt AS personalSalt,
         personal_digest AS personalDigest, hash
       FROM audit ORDER BY position`,
    )
    .iterate()
  let last = 0
  let previousHash: string | null = null
  for (const row of rows) {
    if (row.position !== last + 1) return describeMissing(last + 1, row.position - 1)
    last = row.position
    if (previousHash === null && row.hash === null) continue
    const isWhole = isIntact(row, previousHash ?? CHAIN_START) && isBegun(db, row, previousHash)
    if (!isWhole) return `row ${row.position} is not as it was written`
    previousHash = row.hash
  }
  const ended = readSequence(db)
  return ended > last ? describeMissing(last + 1, ended) : null
}

function isIntact(row: StoredRow, previousHash: string): boolean {
  const { personal, personalSalt, personalDigest } = row
  const isPersonalIntact =
    personal === null
      ? personalSalt === null
      : digestPersonal(personalSalt, personal) === personalDigest
  return isPersonalIntact && row.hash === sha256(formatChained(previousHash, row))
}

/** The first row of the chain covers the rows before it, if there are any. */
function isBegun(db: Database, row: StoredRow, previousHash: string | null): boolean {
  if (previousHash !== null || row.position === 1) return true
  return row.action === CHAIN_MARKER && row.after === JSON.stringify(hashEarlierRows(db))
}

function describeMissing(first: number, last: number): string {
  return first === last ? `row ${first} is missing` : `rows ${first} to ${last} are missing`
}

function readSequence(db: Database): number {
  const sequence = db.query<{ seq: number }, []>(
    "SELECT seq FROM sqlite_sequence WHERE name = 'audit'",
  )
  return sequence.get()?.seq ?? 0
}
