import type { EventFacts } from '~/domain/events.ts'
import type { TimeSource } from '~/domain/trusted-time.ts'
import type { Commit, ReadCounters } from '../port.ts'
import { createTouched, type Touched } from '../shared/touched.ts'
import type { Db } from './connection.ts'
import type { LastSeen } from './last-seen.ts'
import type { LicenseZones } from './license-zones.ts'
import type { prepareStatements } from './statements.ts'
import type { Transactions } from './transactions.ts'

/** A connection to read from. Reads are synchronous. */
export interface Reading {
  readonly db: Db
  readonly statements: ReturnType<typeof prepareStatements>
  readonly lastSeen: LastSeen
  readonly clock: TimeSource
  /** Null inside of transactions, which also see what is not committed. */
  readonly zones: LicenseZones | null
}

/** The connection that writes, for use inside transactions only, and the parts that all nouns share. */
export interface Engine extends Reading {
  /** A connection that sees only what is committed, for all reads outside of transactions. */
  readonly committed: Reading
  readonly createId: (prefix: 'evt' | 'dlv' | 'mail') => string
  /** The domain in the Message-ID of mails; null if no mail is sent. */
  readonly mailDomain: string | null
  /** Returns the JSON of an event's `data`, as it is stored. */
  readonly renderEvent: (facts: EventFacts) => string
  /** Runs work in a transaction. What it throws undoes what it wrote. */
  readonly transact: Transactions['run']
  /** Runs long work in a transaction, in steps between which validations are answered. */
  readonly transactInSteps: Transactions['runInSteps']
  /** The changes of the transaction that is running. */
  touched: Touched
  readonly readCounters: ReadCounters
  /** Moves the whole log into the database, unless another program does that. */
  readonly emptyLog: () => Promise<void>
}

/** Returns the changes since the last call. */
export function takeCommit(engine: Engine): Commit {
  const { licenseIds, deliveries: _count, ...rest } = engine.touched
  engine.touched = createTouched()
  return { ...rest, licenseIds: [...licenseIds], isExternal: false }
}
