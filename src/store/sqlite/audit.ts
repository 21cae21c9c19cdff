import { formatActor } from '~/domain/actors.ts'
import { CHAIN_MARKER, CHAIN_START, formatChained } from '~/domain/audit.ts'
import type { RecordedAction } from '../audit-port.ts'
import type { Origin } from './commands.ts'
import type { Db } from './connection.ts'
import type { Reading } from './engine.ts'
import { digestPersonal, hashEarlierRows, sha256 } from './files/audit-chain.ts'
import { prepareInsert } from './rows.ts'
import { audit } from './schema.ts'

const SALT_BYTES = 16

export function prepareAudit(db: Db) {
  const { $client } = db
  const last = $client.prepare<Head, []>(
    // The sequence also counts rows that were deleted, so their numbers remain missing.
    `SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'audit'), 0) AS number,
       (SELECT hash FROM audit ORDER BY position DESC LIMIT 1) AS hash`,
  )
  const insertRow = prepareInsert(db, audit)
  let head: Head | null = null
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

/** The number and hash of the last row. A hash is null in rows that are older than the chain. */
interface Head {
  readonly number: number
  readonly hash: string | null
}

/** Appends a row, inside the transaction of its change. */
export function appendAudit(
  { statements }: Pick<Reading, 'statements'>,
  origin: Origin,
  { action, subjectId, change }: RecordedAction,
) {
  const { last, insert } = statements.audit
  const { number, hash: previousHash } = last()
  const personal = change?.personal ? JSON.stringify(change.personal) : null
  const personalSalt =
    personal === null ? null : crypto.getRandomValues(new Uint8Array(SALT_BYTES)).toHex()
  const row = {
    position: number + 1,
    atMs: origin.nowMs,
    actor: formatActor(origin.actor),
    address: origin.address ?? null,
    requestId: origin.requestId,
    action,
    subjectId,
    before: change?.before ? JSON.stringify(change.before) : null,
    after: change?.after ? JSON.stringify(change.after) : null,
    personalDigest: personal === null ? null : digestPersonal(personalSalt, personal),
  }
  const hash = sha256(formatChained(previousHash ?? CHAIN_START, row))
  insert({ ...row, personal, personalSalt, hash })
}

/** Begins the chain of a database whose rows have no hashes, with a row that covers them all. */
export function beginChain(engine: Pick<Reading, 'db' | 'statements'>, origin: Origin): void {
  const { number, hash } = engine.statements.audit.last()
  if (number === 0 || hash !== null) return
  const after = hashEarlierRows(engine.db.$client)
  const change = { before: null, after, personal: null }
  appendAudit(engine, origin, { action: CHAIN_MARKER, subjectId: 'audit', change })
}
