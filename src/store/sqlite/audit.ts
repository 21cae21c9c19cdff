import { CHAIN_MARKER } from '~/domain/audit.ts'
import type { RecordedAction } from '../audit-port.ts'
import { type AuditHead, buildAuditRow } from '../shared/audit-rows.ts'
import type { Origin } from './commands.ts'
import type { Db } from './connection.ts'
import type { Reading } from './engine.ts'
import { hashEarlierRows } from './files/audit-chain.ts'
import { prepareInsert } from './rows.ts'
import { audit } from './schema.ts'

export function prepareAudit(db: Db) {
  const { $client } = db
  const last = $client.prepare<AuditHead, []>(
    // The sequence also counts rows that were deleted, so their numbers remain missing.
    `SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'audit'), 0) AS number,
       (SELECT hash FROM audit ORDER BY position DESC LIMIT 1) AS hash`,
  )
  const insertRow = prepareInsert(db, audit)
  let head: AuditHead | null = null
  return {
    /** Returns the last row. It is read once per transaction, because a batch adds a thousand. */
    last: () => {
      head ??= last.get() ?? { number: 0, hash: null }
      return head
    },
    insert: (row: typeof audit.$inferInsert & { readonly position: number }) => {
      insertRow(row)
      head = { number: row.position, hash: row.hash ?? null }
    },
    /** To be called when rows may have been undone, or added by another process. */
    forget: () => {
      head = null
    },
  }
}

/** Appends a row, inside the transaction of its change. */
export function appendAudit(
  { statements }: Pick<Reading, 'statements'>,
  origin: Origin,
  action: RecordedAction,
): void {
  const { last, insert } = statements.audit
  insert(buildAuditRow(last(), origin, action))
}

/** Begins the chain of a database whose rows have no hashes, with a row that covers them all. */
export function beginChain(engine: Pick<Reading, 'db' | 'statements'>, origin: Origin): void {
  const { number, hash } = engine.statements.audit.last()
  if (number === 0 || hash !== null) return
  const after = hashEarlierRows(engine.db.$client)
  const change = { before: null, after, personal: null }
  appendAudit(engine, origin, { action: CHAIN_MARKER, subjectId: 'audit', change })
}
