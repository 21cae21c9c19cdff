import { formatActor, parseActor } from '~/domain/actors.ts'
import { type AuditEntry, CHAIN_START, type ChainedRow, formatChained } from '~/domain/audit.ts'
import type { RecordedAction } from '../audit-port.ts'
import type { CommandContext } from '../port.ts'

const SALT_BYTES = 16

/** The number and hash of the last row. A hash is null in rows that are older than the chain. */
export interface AuditHead {
  readonly number: number
  readonly hash: string | null
}

export interface AuditRow extends ChainedRow {
  readonly personal: string | null
  readonly personalSalt: string | null
  readonly hash: string
}

/** Builds the row that comes after the last one. */
export function buildAuditRow(
  { number, hash: previousHash }: AuditHead,
  origin: Pick<CommandContext<never>, 'actor' | 'address' | 'requestId' | 'nowMs'>,
  { action, subjectId, change }: RecordedAction,
): AuditRow {
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
  return { ...row, personal, personalSalt, hash }
}

export function sha256(text: string): string {
  return Bun.SHA256.hash(text, 'hex')
}

/** Returns the digest that remains after the values and their salt were erased. */
export function digestPersonal(salt: string | null, personal: string): string {
  return sha256(`${salt}${personal}`)
}

/** A row as it is read. It has no hash if it is older than the chain. */
type StoredRow = Omit<AuditRow, 'hash'> & { readonly hash: string | null }

export function toEntry(row: StoredRow): AuditEntry {
  const { position: number, atMs, actor, address, requestId, action, subjectId, hash } = row
  const named = row.personal === null ? {} : JSON.parse(row.personal)
  return {
    number,
    atMs,
    actor: parseActor(actor),
    address,
    requestId,
    action,
    subjectId,
    before: mergeValues(row.before, named.before),
    after: mergeValues(row.after, named.after),
    isErased: row.personal === null && row.personalDigest !== null,
    hash,
  }
}

function mergeValues(plain: string | null, named: object | undefined) {
  if (plain === null && named === undefined) return null
  return { ...(plain === null ? {} : JSON.parse(plain)), ...named }
}
