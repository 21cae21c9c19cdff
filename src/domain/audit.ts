import type { Actor } from './actors.ts'

/** The fields of an object before or after a change, in wire form. Secrets are never among them. */
export type AuditValues = Readonly<Record<string, unknown>>

/** One change, as the audit shows it. */
export interface AuditEntry {
  /** Numbers start at 1 and have no gaps. */
  readonly number: number
  readonly atMs: number
  readonly actor: Actor
  /** The IP address of the request, as far as it may be stored; null if there was none. */
  readonly address: string | null
  readonly requestId: string
  readonly action: string
  readonly subjectId: string
  /** Only the fields that changed; null for what was created, and for actions without fields. */
  readonly before: AuditValues | null
  readonly after: AuditValues | null
  /** Whether the values that named a customer were erased. */
  readonly isErased: boolean
  /** SHA-256 in hexadecimal; null for rows that are older than the chain. */
  readonly hash: string | null
}

/** Which entries to list. Absent parts match everything. Times are ms, both inclusive. */
export interface AuditFilter {
  readonly subjectId?: string
  /** The ID or the kind of an actor. */
  readonly actor?: string
  /** An action such as `plan.update`, or a group such as `plan.*`. */
  readonly action?: string
  readonly fromMs?: number
  readonly toMs?: number
  /** Lists the entries after this number, oldest first. */
  readonly afterNumber?: number
}

/** The text that a hash covers: the hash before it, and all parts of the row in a fixed order. */
export interface ChainedRow {
  readonly position: number
  readonly atMs: number
  readonly actor: string
  readonly address: string | null
  readonly requestId: string
  readonly action: string
  readonly subjectId: string
  readonly before: string | null
  readonly after: string | null
  /** SHA-256 over the salt and the values that name a customer; null if there are none. */
  readonly personalDigest: string | null
}

/** The hash before the first row. */
export const CHAIN_START = '0'.repeat(64)

/** The first row of a chain that began after rows without hashes. */
export const CHAIN_MARKER = 'audit.begin'

/** Returns the text whose SHA-256 is the hash of a row. */
export function formatChained(previousHash: string, row: ChainedRow): string {
  const { position, atMs, actor, address, requestId, action, subjectId } = row
  const { before, after, personalDigest } = row
  const facts = [position, atMs, actor, address, requestId, action, subjectId]
  return JSON.stringify([previousHash, ...facts, before, after, personalDigest])
}
