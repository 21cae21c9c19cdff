import type { Database } from 'bun:sqlite'
import { isBusy } from '~/platform/sqlite-errors.ts'
import { stopping, tooBusy, toStorageFault } from './errors.ts'

/** Tasks per transaction. Tasks that wait at the same time share one sync to disk. */
const GROUP_MAX = 200
/** Tasks that may wait. Any more are refused, so that memory use stays limited. */
const WAITING_MAX = 20_000
const BUSY_RETRY_MS = 20
const BUSY_ATTEMPTS_MAX = 250

export type Transactions = ReturnType<typeof createTransactions>

interface Task {
  readonly run: () => unknown
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

type Queue = ReturnType<typeof createQueue>

function createQueue(db: Database, onCommit: () => void, onRollback: () => void) {
  const state = { isScheduled: false, isEnding: false, busyAttempts: 0 }
  return { db, onCommit, onRollback, tasks: [] as Task[], ...state }
}

/** `onCommit` runs after each commit, before the promises of its tasks resolve. */
export function createTransactions(db: Database, onCommit: () => void, onRollback: () => void) {
  const queue = createQueue(db, onCommit, onRollback)
  return {
    /**
     * Runs `work` in a transaction soon, and resolves when it is on disk. If it throws, its own
     * writes are undone, but not those of the other tasks in the transaction.
     */
    run: <Result>(work: () => Result) => enqueue(queue, work),
    /** Accepts no more work, and resolves when none is waiting. */
    end: async () => {
      const last = enqueue(queue, () => undefined)
      queue.isEnding = true
      await last
    },
  }
}

function enqueue<Result>(queue: Queue, work: () => Result): Promise<Result> {
  if (queue.isEnding) return Promise.reject(stopping())
  if (queue.tasks.length >= WAITING_MAX) return Promise.reject(tooBusy())
  const { promise, resolve, reject } = Promise.withResolvers<Result>()
  queue.tasks.push({ run: work, resolve: (value) => resolve(value as Result), reject })
  schedule(queue)
  return promise
}

function schedule(queue: Queue): void {
  if (queue.isScheduled) return
  queue.isScheduled = true
  setImmediate(runGroup, queue)
}

function runGroup(queue: Queue): void {
  queue.isScheduled = false
  try {
    queue.db.run('BEGIN IMMEDIATE')
  } catch (error) {
    retryOrReject(queue, error)
    return
  }
  queue.busyAttempts = 0
  const group = queue.tasks.splice(0, GROUP_MAX)
  for (const settle of commitGroup(queue, group)) settle()
  if (queue.tasks.length > 0) schedule(queue)
}

function retryOrReject(queue: Queue, error: unknown): void {
  queue.busyAttempts += 1
  if (isBusy(error) && queue.busyAttempts < BUSY_ATTEMPTS_MAX) {
    queue.isScheduled = true
    setTimeout(runGroup, BUSY_RETRY_MS, queue)
    return
  }
  queue.busyAttempts = 0
  for (const task of queue.tasks.splice(0)) task.reject(toStorageFault(error))
}

type Settle = () => void

function commitGroup({ db, onCommit, onRollback }: Queue, group: readonly Task[]): Settle[] {
  try {
    const settles = group.map((task) => runTask(db, task))
    db.run('COMMIT')
    onCommit()
    return settles
  } catch (error) {
    if (db.inTransaction) db.run('ROLLBACK')
    onRollback()
    return group.map((task) => () => task.reject(toStorageFault(error)))
  }
}

function runTask(db: Database, task: Task): Settle {
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
