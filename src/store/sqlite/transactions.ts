import type { Database } from 'bun:sqlite'
import { isBusy } from '~/platform/sqlite-errors.ts'
import { stopping, tooBusy, toStorageFault } from './errors.ts'

/** Commands that wait at the same moment share one transaction, so one sync to disk. */
const GROUP_MAX = 200
/** Above this many waiting, the next are told to come back: memory is not a queue without end. */
const WAITING_MAX = 20_000
const BUSY_RETRY_MS = 20
const BUSY_TRIES_MAX = 250

interface Task {
  readonly run: () => unknown
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

type Settle = () => void

export interface Transactions {
  /**
   * Runs `work` in a transaction, soon; resolves when it is on disk. What it throws undoes what it
   * wrote and nothing else, although others may share its transaction.
   */
  run<Result>(work: () => Result): Promise<Result>
  /** Takes no more work, and resolves when nothing waits any more. */
  end(): Promise<void>
}

/** `onCommit` hears of each group on disk before any of its promises resolves. */
export function createTransactions(
  db: Database,
  onCommit: () => void,
  onRollback: () => void,
): Transactions {
  const queue: Task[] = []
  let isScheduled = false
  let isEnding = false
  let busyTries = 0

  function schedule(): void {
    if (isScheduled) return
    isScheduled = true
    setImmediate(runGroup)
  }

  function runGroup(): void {
    isScheduled = false
    try {
      db.run('BEGIN IMMEDIATE')
      busyTries = 0
    } catch (error) {
      if (isBusy(error) && ++busyTries < BUSY_TRIES_MAX) {
        isScheduled = true
        setTimeout(runGroup, BUSY_RETRY_MS)
      } else {
        busyTries = 0
        for (const task of queue.splice(0)) task.reject(toStorageFault(error))
      }
      return
    }
    const group = queue.splice(0, GROUP_MAX)
    for (const settle of commitGroup(group)) settle()
    if (queue.length > 0) schedule()
  }

  function commitGroup(group: readonly Task[]): Settle[] {
    try {
      const settles = group.map(runTask)
      db.run('COMMIT')
      onCommit()
      return settles
    } catch (error) {
      if (db.inTransaction) db.run('ROLLBACK')
      onRollback()
      return group.map((task) => () => task.reject(toStorageFault(error)))
    }
  }

  function runTask(task: Task): Settle {
    db.run('SAVEPOINT task')
    try {
      const value = task.run()
      db.run('RELEASE task')
      return () => task.resolve(value)
    } catch (error) {
      // A full or failing disk ends the whole transaction by itself, and with it the group.
      if (!db.inTransaction) throw error
      db.run('ROLLBACK TO task')
      db.run('RELEASE task')
      return () => task.reject(toStorageFault(error))
    }
  }

  function run<Result>(work: () => Result): Promise<Result> {
    if (isEnding) return Promise.reject(stopping())
    if (queue.length >= WAITING_MAX) return Promise.reject(tooBusy())
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    queue.push({ run: work, resolve: (value) => resolve(value as Result), reject })
    schedule()
    return promise
  }

  async function end(): Promise<void> {
    const last = run(() => undefined)
    isEnding = true
    await last
  }

  return { run, end }
}
