import type { Database } from 'bun:sqlite'
import { isBusy } from '~/platform/sqlite-errors.ts'
import { createPace, runInTurns, type Steps, takeOneStep } from '~/turns.ts'
import { stopping, tooBusy } from '../shared/faults.ts'
import { toStorageFault } from './errors.ts'

/** Tasks per transaction. Tasks that wait at the same time share one sync to disk. */
const GROUP_MAX = 200
/** Tasks that may wait. Any more are refused, so that memory use stays limited. */
const WAITING_MAX = 20_000
const BUSY_RETRY_MS = 20
const BUSY_ATTEMPTS_MAX = 250
/** A transaction that takes longer has usually written several megabytes. */
const SHORT_MS = 50

export type Transactions = ReturnType<typeof createTransactions>

interface Task {
  readonly begin: () => Steps<unknown>
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

interface Hooks {
  /** Runs when a transaction has begun, and when one of its tasks was undone. */
  readonly onReset: () => void
  /** Called before each task, and returns how to forget what it has collected in memory. */
  readonly mark: () => () => void
  /** Writes to disk what a long transaction has written so far, while requests are answered. */
  readonly beforeLongCommit: () => Promise<void>
  /** Throws to undo a transaction. */
  readonly beforeCommit: () => void
  /** Runs after each commit, before the promises of its tasks resolve. */
  readonly onCommit: () => void
  /** Runs after each transaction, when its tasks are settled. */
  readonly afterGroup: () => Promise<void>
  /** Receives what made a whole transaction fail. */
  readonly onRollback: (error: unknown) => void
}

type Queue = ReturnType<typeof createQueue>

function createQueue(db: Database, hooks: Hooks) {
  const state = { isScheduled: false, isEnding: false, busyAttempts: 0 }
  return { db, ...hooks, tasks: [] as Task[], between: [] as (() => void)[], ...state }
}

export function createTransactions(db: Database, hooks: Hooks) {
  const queue = createQueue(db, hooks)
  return {
    /**
     * Runs `work` in a transaction soon, and resolves when it is on disk. If it throws, its own
     * writes are undone, but not those of the other tasks in the transaction.
     */
    run: <Result>(work: () => Result) => enqueue(queue, () => takeOneStep(work)),
    /**
     * Runs long work in the same way, a few steps per turn of the event loop. Other tasks wait, and
     * reads of `Engine.committed` see nothing of it before the commit.
     */
    runInSteps: <Result>(begin: () => Steps<Result>) => enqueue(queue, begin),
    /** Runs what SQLite refuses during a transaction, as soon as none is open. */
    runBetween: (work: () => void): Promise<void> => {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const run = () => Promise.try(work).then(resolve, reject)
      if (db.inTransaction) queue.between.push(run)
      else run()
      return promise
    },
    /** Accepts no more work, and resolves when none is waiting. */
    end: async () => {
      const last = enqueue(queue, () => takeOneStep(() => undefined))
      queue.isEnding = true
      await last
    },
  }
}

function enqueue<Result>(queue: Queue, begin: () => Steps<Result>): Promise<Result> {
  if (queue.isEnding) return Promise.reject(stopping())
  if (queue.tasks.length >= WAITING_MAX) return Promise.reject(tooBusy())
  const { promise, resolve, reject } = Promise.withResolvers<Result>()
  queue.tasks.push({ begin, resolve: (value) => resolve(value as Result), reject })
  schedule(queue)
  return promise
}

function schedule(queue: Queue): void {
  if (queue.isScheduled) return
  queue.isScheduled = true
  setImmediate(runGroup, queue)
}

async function runGroup(queue: Queue): Promise<void> {
  try {
    queue.db.query('BEGIN IMMEDIATE').run()
  } catch (error) {
    retryOrReject(queue, error)
    return
  }
  queue.busyAttempts = 0
  queue.onReset()
  const group = queue.tasks.splice(0, GROUP_MAX)
  for (const settle of await commitGroup(queue, group)) settle()
  for (const run of queue.between.splice(0)) run()
  await queue.afterGroup()
  queue.isScheduled = false
  if (queue.tasks.length > 0) schedule(queue)
}

function retryOrReject(queue: Queue, error: unknown): void {
  queue.busyAttempts += 1
  if (isBusy(error) && queue.busyAttempts < BUSY_ATTEMPTS_MAX) {
    setTimeout(runGroup, BUSY_RETRY_MS, queue)
    return
  }
  queue.isScheduled = false
  queue.busyAttempts = 0
  queue.onRollback(error)
  for (const task of queue.tasks.splice(0)) task.reject(toStorageFault(error))
}

type Settle = () => void

async function commitGroup(queue: Queue, group: readonly Task[]): Promise<Settle[]> {
  const { db, beforeLongCommit, beforeCommit, onCommit, onRollback } = queue
  const pace = createPace()
  const startedAtMs = performance.now()
  try {
    const settles: Settle[] = []
    for (const task of group) settles.push(await runTask(queue, task, pace))
    if (performance.now() - startedAtMs > SHORT_MS) await beforeLongCommit()
    beforeCommit()
    db.query('COMMIT').run()
    onCommit()
    return settles
  } catch (error) {
    if (db.inTransaction) db.run('ROLLBACK')
    onRollback(error)
    return group.map((task) => () => task.reject(toStorageFault(error)))
  }
}

async function runTask(
  { db, mark, onReset }: Queue,
  task: Task,
  pace: ReturnType<typeof createPace>,
): Promise<Settle> {
  db.query('SAVEPOINT task').run()
  const forget = mark()
  try {
    const value = await runInTurns(task.begin(), pace)
    db.query('RELEASE task').run()
    await pace(1)
    return () => task.resolve(value)
  } catch (error) {
    // A full or failing disk ends the whole transaction by itself, and with it the group.
    if (!db.inTransaction) throw error
    db.run('ROLLBACK TO task')
    forget()
    onReset()
    db.query('RELEASE task').run()
    return () => task.reject(toStorageFault(error))
  }
}
