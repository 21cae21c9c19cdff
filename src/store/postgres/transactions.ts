import type { Fault } from '~/domain/faults.ts'
import type { Connection, Pool } from '~/platform/postgres.ts'
import { isConflict } from '~/platform/postgres-errors.ts'
import { stopping, tooBusy } from '../shared/faults.ts'
import { guardConnection } from './connection.ts'
import { toStorageFault } from './errors.ts'

/** Tasks of one lane per transaction. Tasks that wait at the same time share its lock and its sync. */
const GROUP_MAX = 100
/** Tasks that may wait. Any more are refused, so that memory use stays limited. */
const WAITING_MAX = 20_000
const ATTEMPTS_MAX = 5
const RETRY_MS = 10

export type Transactions<Tx> = ReturnType<typeof createTransactions<Tx>>

interface Task<Tx> {
  readonly work: (tx: Tx) => Promise<unknown>
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/** The steps of an engine around the tasks of a transaction. `Tx` has its connection. */
export interface TransactionHooks<Tx> {
  /** No transaction begins before. */
  readonly ready: Promise<void>
  readonly begin: (connection: Connection) => Tx
  /** Called before a task of several, and returns how to forget what it has collected in memory. */
  readonly mark: (tx: Tx) => () => void
  /** Writes what was collected. */
  readonly beforeCommit: (tx: Tx) => Promise<void>
  /** Runs after each commit, before the promises of its tasks resolve. */
  readonly onCommit: (tx: Tx) => void
}

/** A queue of tasks that run one after another. */
interface Lane<Tx> {
  readonly tasks: Task<Tx>[]
  isRunning: boolean
}

interface Queues<Tx> {
  readonly pool: Pool
  readonly hooks: TransactionHooks<Tx>
  readonly lanes: Map<string, Lane<Tx>>
  readonly running: Set<Promise<void>>
  waiting: number
  isEnding: boolean
}

export function createTransactions<Tx>(pool: Pool, hooks: TransactionHooks<Tx>) {
  const queues: Queues<Tx> = {
    pool,
    hooks,
    lanes: new Map(),
    running: new Set(),
    waiting: 0,
    isEnding: false,
  }
  return {
    /**
     * Runs `work` in a transaction, and resolves when it is durable. If it throws, its own writes are
     * undone. It is run again after a conflict with another transaction, so it must have no effects
     * outside of the database. Works of the same lane run in order, several in one transaction.
     */
    run: <Result>(work: (tx: Tx) => Promise<Result>, lane?: string) => enqueue(queues, work, lane),
    /** Accepts no more work, and resolves when none is running. */
    end: async () => {
      queues.isEnding = true
      while (queues.running.size > 0) await Promise.allSettled(queues.running)
    },
  }
}

function enqueue<Tx, Result>(
  queues: Queues<Tx>,
  work: (tx: Tx) => Promise<Result>,
  name?: string,
): Promise<Result> {
  const refusal = refuse(queues)
  if (refusal !== null) return Promise.reject(refusal)
  const { promise, resolve, reject } = Promise.withResolvers<Result>()
  const task = { work, resolve: (value: unknown) => resolve(value as Result), reject }
  queues.waiting += 1
  if (name === undefined) track(queues, runGroup(queues, [task]))
  else {
    const lane = queues.lanes.getOrInsertComputed(name, () => ({ tasks: [], isRunning: false }))
    lane.tasks.push(task)
    if (!lane.isRunning) track(queues, runLane(queues, name, lane))
  }
  return promise
}

function refuse({
  isEnding,
  waiting,
}: Pick<Queues<unknown>, 'isEnding' | 'waiting'>): Fault | null {
  if (isEnding) return stopping()
  return waiting >= WAITING_MAX ? tooBusy() : null
}

function track<Tx>({ running }: Queues<Tx>, work: Promise<void>): void {
  running.add(work)
  void work.finally(() => running.delete(work))
}

async function runLane<Tx>(queues: Queues<Tx>, name: string, lane: Lane<Tx>): Promise<void> {
  lane.isRunning = true
  // Commands that arrive in the same turn of the event loop share the first transaction as well.
  await Promise.resolve()
  while (lane.tasks.length > 0) await runGroup(queues, lane.tasks.splice(0, GROUP_MAX))
  queues.lanes.delete(name)
}

type Settle = () => void

/** Never rejects: an error settles the tasks. */
async function runGroup<Tx>(queues: Queues<Tx>, group: readonly Task<Tx>[]): Promise<void> {
  const settles = await commitGroup(queues, group).catch((error: unknown) =>
    group.map((task) => () => task.reject(toStorageFault(error))),
  )
  queues.waiting -= group.length
  for (const settle of settles) settle()
}

async function commitGroup<Tx>(
  queues: Queues<Tx>,
  group: readonly Task<Tx>[],
): Promise<readonly Settle[]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await attemptGroup(queues, group)
    } catch (error) {
      if (!isConflict(error) || attempt === ATTEMPTS_MAX) throw error
      await Bun.sleep(RETRY_MS * attempt * (1 + Math.random()))
    }
  }
}

async function attemptGroup<Tx>(
  { pool, hooks }: Queues<Tx>,
  group: readonly Task<Tx>[],
): Promise<readonly Settle[]> {
  await hooks.ready
  const reserved = await pool.reserve()
  const connection = guardConnection(reserved)
  try {
    // Sent together with the first statements of the work.
    const begun = connection.unsafe('BEGIN').execute()
    const tx = hooks.begin(connection)
    const [settles] = await Promise.all([runTasks(connection, tx, hooks, group), begun])
    await hooks.beforeCommit(tx)
    await connection.unsafe('COMMIT')
    hooks.onCommit(tx)
    return settles
  } catch (error) {
    // A connection that was lost has no transaction any more.
    connection.end()
    await reserved.unsafe('ROLLBACK').catch(() => undefined)
    throw error
  } finally {
    connection.end()
    reserved.release()
  }
}

async function runTasks<Tx>(
  connection: Connection,
  tx: Tx,
  hooks: TransactionHooks<Tx>,
  group: readonly Task<Tx>[],
): Promise<readonly Settle[]> {
  const [only, ...others] = group
  if (only !== undefined && others.length === 0) {
    const value = await only.work(tx)
    return [() => only.resolve(value)]
  }
  const settles: Settle[] = []
  for (const task of group) settles.push(await runTask(connection, tx, hooks, task))
  return settles
}

/** Runs one of several tasks, whose failure does not undo the others. */
async function runTask<Tx>(
  connection: Connection,
  tx: Tx,
  { mark }: TransactionHooks<Tx>,
  task: Task<Tx>,
): Promise<Settle> {
  const forget = mark(tx)
  try {
    const begun = connection.unsafe('SAVEPOINT task').execute()
    const [value] = await Promise.all([task.work(tx), begun])
    await connection.unsafe('RELEASE task')
    return () => task.resolve(value)
  } catch (error) {
    if (isConflict(error)) throw error
    // Fails if the connection was lost, and with it the whole group.
    await connection.unsafe('ROLLBACK TO task')
    forget()
    return () => task.reject(toStorageFault(error))
  }
}
