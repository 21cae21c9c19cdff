import { formatChangePosition } from '~/domain/change-positions.ts'
import { isUnavailable } from '~/platform/sqlite-errors.ts'
import type { Commit } from '../port.ts'
import {
  allBody,
  emptyBody,
  externalCommit,
  formatBody,
  parseBody,
} from '../shared/change-bodies.ts'
import type { Touched } from '../shared/touched.ts'
import { readLast } from './change-rows.ts'
import type { Engine } from './engine.ts'

const EXTERNAL_COMMIT_POLL_MS = 200
const SESSION_BYTES = 8

interface Options {
  /** Whether this process is the server of the directory, whose positions others may keep. */
  readonly isLocked: boolean
  /** Whether an upgrade has changed the database. */
  readonly isUpgraded: boolean
  readonly notify: (commit: Commit) => void
  readonly onError: (error: unknown) => void
}

/** One run of a server. Its first row may not be written yet; then `body` is what to write. */
export interface Session {
  readonly id: string
  readonly first: number
  readonly body: string | null
}

export type ChangeLog = ReturnType<typeof createChangeLog>
type Log = ReturnType<typeof createState>

/**
 * Writes what each transaction has changed, in the same transaction, and knows the number of the last
 * row. Notifies of the commits of this process, and of those of others, in their order.
 */
export function createChangeLog(engine: Engine, options: Options) {
  const log = createState(engine, options)
  beginSession(log, options.isUpgraded ? allBody : emptyBody)
  const timer = watch(log)
  return {
    /** Writes the rows of a transaction just before its commit. Throws to undo it. */
    append: (touched: Touched) => append(log, touched),
    /** Notifies of a commit of this process. */
    publish: (commit: Commit) => publish(log, commit),
    readSession: () => log.session,
    readLast: () => log.last,
    readPosition: () => formatChangePosition({ session: log.session.id, number: log.last }),
    close: () => clearInterval(timer),
  }
}

function createState(engine: Engine, options: Options) {
  const { db, statements, committed, clock, transact } = engine
  const query = db.$client.query<{ data_version: number }, []>('PRAGMA data_version')
  /** Changes when another process commits. Takes 2 µs. */
  const readVersion = () => query.get()?.data_version
  const writes = db.$client.query<{ count: number }, []>('SELECT total_changes() AS count')
  const readWrites = () => writes.get()?.count
  // Read before the rows, so that no commit of another process is missed.
  const version = readVersion()
  const last = readLast(engine)
  return {
    ...options,
    statements,
    committed,
    clock,
    transact,
    readVersion,
    version,
    readWrites,
    /** How many rows this connection had written by its last commit. */
    written: readWrites(),
    /** The number of the last row whose commit is published, or about to be. */
    last,
    session: createSession(last, null),
    /** The rows of the transaction that is about to be committed. */
    appended: null as { readonly first: number; readonly last: number } | null,
    /** Whether rows of another process were seen since the version was last compared. */
    hasForeign: false,
  }
}

function createSession(first: number, body: string | null): Session {
  return { id: crypto.getRandomValues(new Uint8Array(SESSION_BYTES)).toHex(), first, body }
}

/** A server starts even if the row cannot be written. Then it is written with the next commit. */
function beginSession(log: Log, body: string): void {
  if (!log.isLocked) return
  log.session = createSession(log.last, body)
  try {
    const first = insertRow(log, body, log.session.id)
    log.session = { ...log.session, first, body: null }
    log.last = first
  } catch (error) {
    if (!isUnavailable(error)) throw error
  }
}

function insertRow({ statements, clock }: Log, body: string, session: string | null): number {
  return statements.changeRows.insert({ atMs: clock.nowMs(), session, body })
}

function append(log: Log, touched: Touched): void {
  const { session } = log
  log.appended = null
  const start = session.body === null ? null : insertRow(log, session.body, session.id)
  const body = formatBody(touched) ?? (mustExplain(log) ? emptyBody : null)
  const last = body === null ? start : insertRow(log, body, null)
  if (last !== null) log.appended = { first: start ?? last, last }
  if (!log.isLocked) log.written = log.readWrites()
}

/** Without a row, a server would take what a command has written for the work of another program. */
function mustExplain({ isLocked, readWrites, written }: Log): boolean {
  return !isLocked && readWrites() !== written
}

function publish(log: Log, commit: Commit): void {
  const { appended, last, session } = log
  if (appended !== null) {
    log.last = appended.last
    log.session = { ...session, body: null }
    publishForeign(log, last, appended.first - 1)
  }
  log.notify(commit)
}

/** Notifies of the rows of other processes after a number and up to another. */
function publishForeign(log: Log, after: number, last: number): void {
  if (after >= last) return
  log.hasForeign = true
  for (const commit of readCommits(log, after, last)) log.notify(commit)
}

function readCommits({ committed, onError }: Log, after: number, last: number): readonly Commit[] {
  try {
    return committed.statements.changeRows.between
      .all(after, last)
      .map(({ body }) => parseBody(body))
  } catch (error) {
    // The own commit is on disk and must not fail for this.
    onError(error)
    return [externalCommit]
  }
}

function watch(log: Log): Timer {
  const timer = setInterval(() => {
    try {
      if (log.readVersion() !== log.version) catchUp(log)
    } catch (error) {
      log.onError(error)
    }
  }, EXTERNAL_COMMIT_POLL_MS)
  return timer.unref()
}

function catchUp(log: Log): void {
  // Repeated, because another process may commit between both reads.
  do {
    log.version = log.readVersion()
    const { last } = log
    log.last = Math.max(last, readLast(log.committed))
    publishForeign(log, last, log.last)
  } while (log.readVersion() !== log.version)
  const isExplained = log.hasForeign && log.isLocked
  log.hasForeign = false
  if (isExplained) return
  replaceSession(log)
  log.notify(externalCommit)
}

/** Makes all positions unknown, because another program may have changed anything. */
function replaceSession(log: Log): void {
  if (!log.isLocked) return
  log.session = createSession(log.last, allBody)
  log.transact(() => undefined).catch(log.onError)
}
