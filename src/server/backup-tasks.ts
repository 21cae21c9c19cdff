import { readdirSync, readFileSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { Fault } from '~/domain/faults.ts'
import { MINUTE_MS, SECOND_MS } from '~/domain/times.ts'
import { findWorker } from '~/platform/sqlite-workers.ts'
import { measureStorage } from '~/platform/storage-sizes.ts'
import type { BackupReply, BackupStart, BackupTask } from './backup-worker.ts'

/** A task may take this long, and in addition as long as its bytes take at the rate of its slowest disk. */
const TASK_MAX_MS = 15 * MINUTE_MS
const DISK_BYTES_PER_SECOND_MIN = 1_048_576
/** Half of what S3 is given for an upload, because each one is read back. */
const S3_BYTES_PER_SECOND_MIN = 32_768
const END_MAX_MS = 2000
/** On Linux, the threads of this process. */
const THREADS = '/proc/self/task'
/** The state after the name in `proc_pid_stat(5)`: waiting for a disk. */
const UNINTERRUPTIBLE = /\) D /
const STUCK_CHECKS = 5
const STUCK_CHECK_MS = 50

type Reply<Kind extends BackupReply['kind']> = Extract<BackupReply, { kind: Kind }>

/** The Worker that makes, verifies or ships one backup at a time, which validations do not wait for. */
export interface BackupTasks {
  /** Runs work while no other is running. Throws a Fault `in_use` if another one is. */
  occupy<Result>(work: () => Promise<Result>): Promise<Result>
  /** Waits for its turn. */
  queue<Result>(work: () => Promise<Result>): Promise<Result>
  /**
   * Runs a task in a Worker of its own. Throws a Fault if it fails, takes too long for its size, or is
   * canceled. `onStart` is called once a shipment has begun; `in_use` is thrown if it could not.
   */
  run<Kind extends BackupReply['kind']>(
    task: BackupTask,
    expected: Kind,
    onStart?: () => void,
  ): Promise<Reply<Kind>>
  /** Ends the task that is running, without a trace, unless its disk hangs. */
  cancel(): Promise<void>
  /** Does the same, and refuses all others. */
  close(): Promise<void>
}

export function createBackupTasks(): BackupTasks {
  let current: Promise<unknown> | null = null
  let isClosed = false
  let running: StartedTask | null = null

  async function start<Result>(work: () => Promise<Result>): Promise<Result> {
    const running = work()
    current = running.catch(() => undefined)
    try {
      return await running
    } finally {
      current = null
    }
  }

  const cancel = async () => running?.end(stopping())

  return {
    occupy: async (work) => {
      if (current !== null) throw busy()
      return start(work)
    },
    queue: async (work) => {
      while (current !== null) await current
      return start(work)
    },
    run: async (task, expected, onStart = () => undefined) => {
      if (isClosed) throw stopping()
      const started = startTask(task, onStart)
      running = started
      try {
        const reply = await started.reply
        if (reply.kind === expected) return reply as Reply<typeof expected>
        return rejectReply(reply)
      } finally {
        running = null
      }
    },
    cancel,
    close: async () => {
      isClosed = true
      await cancel()
    },
  }
}

interface StartedTask {
  readonly reply: Promise<BackupReply>
  /** Ends the Worker. Then the reply rejects with the reason. */
  end(reason: Fault): Promise<void>
}

function startTask(task: BackupTask, onStart: () => void): StartedTask {
  const worker = new Worker(findWorker('server/backup-worker.ts'), { workerData: task })
  const { promise, resolve, reject } = Promise.withResolvers<BackupReply>()
  let reason = ended()
  const end = async (why: Fault) => {
    reason = why
    if (!(await isStuck())) {
      await Promise.race([worker.terminate(), sleep(END_MAX_MS, undefined, { ref: false })])
    }
    reject(why)
  }
  worker.on('message', (message: BackupReply | BackupStart) => {
    if (message.kind === 'started') return onStart()
    resolve(message)
    // Requests to a service that hangs may still be open.
    if (message.kind === 'failed') void worker.terminate()
  })
  worker.on('error', reject)
  worker.on('exit', () => reject(reason))
  const maxMs = limitOf(task)
  // The thread may wait for a disk. It keeps the lock of its folder, so that no other one starts.
  const timer = setTimeout(() => reject(tooLong(maxMs)), maxMs)
  const reply = promise.finally(() => {
    clearTimeout(timer)
    worker.unref()
  })
  return { reply, end }
}

/**
 * Whether a thread waits for a disk that hangs. Terminating it would stop the event loop until the disk
 * responds. False where that is unknown.
 */
async function isStuck(): Promise<boolean> {
  for (let check = 0; check < STUCK_CHECKS; check += 1) {
    if (!hasWaitingThread()) return false
    await sleep(STUCK_CHECK_MS)
  }
  return true
}

function hasWaitingThread(): boolean {
  try {
    return readdirSync(THREADS).some((id) =>
      UNINTERRUPTIBLE.test(readFileSync(`${THREADS}/${id}/stat`, 'utf8')),
    )
  } catch {
    // Not Linux, or a thread has just ended.
    return false
  }
}

/** Returns how long a task may take. */
function limitOf(task: BackupTask): number {
  const allow = (bytes: number, bytesPerSecondMin: number) =>
    TASK_MAX_MS + (bytes * SECOND_MS) / bytesPerSecondMin
  if (task.kind === 'verify') return allow(sizeOf(task.path), DISK_BYTES_PER_SECOND_MIN)
  const isOnS3 = task.kind === 'ship' && task.shipment.location?.kind === 's3'
  const dataDir = task.kind === 'ship' ? task.shipment.dataDir : task.dataDir
  const { databaseBytes, databaseLogBytes, usageBytes, usageLogBytes } = measureStorage(dataDir)
  const bytes = databaseBytes + databaseLogBytes + usageBytes + usageLogBytes
  return allow(bytes, isOnS3 ? S3_BYTES_PER_SECOND_MIN : DISK_BYTES_PER_SECOND_MIN)
}

const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0

function tooLong(maxMs: number): Fault {
  const detail = `The backup took more than ${Math.ceil(maxMs / MINUTE_MS)} minutes, so it was given up. Check its target. If that is a mounted folder that hangs, mend the mount: it cannot be interrupted, and no other backup starts before it responds.`
  return new Fault('unavailable', detail)
}

function busy(): Fault {
  const detail = 'Another backup is being made or verified. Wait for it to finish, then try again.'
  return new Fault('in_use', detail)
}

function ended(): Fault {
  const detail = 'The thread that makes backups has ended, perhaps because there is no memory left.'
  return new Fault('unavailable', detail)
}

function stopping(): Fault {
  return new Fault('unavailable', 'The server is stopping. Try again when it has started.')
}

function rejectReply(reply: BackupReply): never {
  if (reply.kind !== 'failed') throw new Error(`unexpected reply: ${reply.kind}`)
  if (reply.fault === null) throw new Error(`The Worker of backups failed: ${reply.message}`)
  throw new Fault(reply.fault === 'in_use' ? 'in_use' : 'unavailable', reply.message)
}
