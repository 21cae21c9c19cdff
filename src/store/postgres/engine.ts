import type { EventFacts } from '~/domain/events.ts'
import type { TimeSource } from '~/domain/trusted-time.ts'
import { type Connection, sendAtOnce } from '~/platform/postgres.ts'
import type { RecordedAction } from '../audit-port.ts'
import type { Commit, ReadCounters } from '../port.ts'
import { createTouched, type Touched } from '../shared/touched.ts'
import type { Origin } from './commands.ts'
import { createDb, type Db } from './connection.ts'
import type { LastSeen } from './last-seen.ts'
import type { RevocationDraft } from './revocations.ts'
import type { Transactions } from './transactions.ts'

/** The parts of the program that an engine needs. */
export interface Parts {
  readonly createId: (prefix: 'evt' | 'dlv' | 'mail') => string
  /** The domain in the Message-ID of mails; null if no mail is sent. */
  readonly mailDomain: string | null
  /** Returns the JSON of an event's `data`, as it is stored. */
  readonly renderEvent: (facts: EventFacts) => string
  readonly readCounters: ReadCounters
  readonly clock: TimeSource
}

/** A connection to read from: that of a transaction, or else any of the pool. */
export interface Reading extends Parts {
  /** For statements as text, which are sent in the order of the calls. */
  readonly client: Connection
  /** For statements that drizzle builds. */
  readonly db: Db
  readonly lastSeen: LastSeen
}

/**
 * A transaction. Its statements may be sent without waiting for each other, but never functions that
 * send several in a row: if one of them fails, the others would go on after the end.
 */
export interface Tx extends Reading {
  /** The changes so far, for caches and other nodes. */
  readonly touched: Touched
  /** Written at the end, because the number of each row depends on the one before it. */
  readonly audit: { readonly origin: Origin; readonly action: RecordedAction }[]
  readonly revocations: RevocationDraft[]
}

/** Reads from any connection see what is committed. */
export interface Engine extends Reading {
  /** Runs work in a transaction: see `transactions.ts`. */
  readonly transact: Transactions<Tx>['run']
}

export function createReading(parts: Parts, client: Connection, lastSeen: LastSeen): Reading {
  return { ...parts, client: sendAtOnce(client), db: createDb(client), lastSeen }
}

export function createTx(reading: Omit<Reading, 'client' | 'db'>, connection: Connection): Tx {
  return {
    ...reading,
    client: sendAtOnce(connection),
    db: createDb(connection),
    touched: createTouched(),
    audit: [],
    revocations: [],
  }
}

/** Returns the changes of a transaction. */
export function toCommit({ touched }: Tx): Commit {
  const { licenseIds, deliveries: _count, ...rest } = touched
  return { ...rest, licenseIds: [...licenseIds], isExternal: false }
}
