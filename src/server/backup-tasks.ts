import { Worker } from 'node:worker_threads'
import { Fault } from '~/domain/faults.ts'
import { findWorker } from '~/platform/sqlite-workers.ts'
import type { BackupReply, BackupTask } from './backup-worker.ts'

/** A target that does not respond for this long is given up. */
const TASK_MAX_MS = 6 * 3_600_000

type Reply<Kind extends BackupReply['kind']> = Extract<BackupReply, { kind: Kind }>

/** The Worker that makes, verifies or ships one backup at a time, which validations do not wait for. */
export interface BackupTasks {
  /** Runs work while no other is running. Throws a Fault `in_use` if another one is. */
  occupy<Result>(work: () => Promise<Result>): Promise<Result>
  /** Waits for its turn. */
  queue<Result>(work: () => Promise<Result>): Promise<Result>
  /** Runs a task in a Worker of its own. Throws a Fault if it fails or is canceled. */
  run<Kind extends BackupReply['kind']>(task: BackupTask, expected: Kind): Promise<Reply<Kind>>
  /** Ends the task that is running, without a trace. */
  cancel(): Promise<void>
  /** Does the same, and refuses all others. */
  close(): Promise<void>
}

export function createBackupTasks(): BackupTasks {
  let current: Promise<unknown> | null = null
  let isClosed = false
  let worker: Worker | null = null
  let isCanceled = false

  async function start<Result>(work: () => Promise<Result>): Promise<Result> {
    const running = work()
    current = running.catch(() => undefined)
    try {
      return await running
    } finally {
      current = null
    }
  }

  async function cancel(): Promise<void> {
    isCanceled = true
    await worker?.terminate()
  }

  return {
    occupy: async (work) => {
      if (current !== null) throw busy()
      return start(work)
    },
    queue: async (work) => {
      while (current !== null) await current
      return start(work)
    },
    run: async (task, expected) => {
      if (isClosed) throw stopping()
      const started = new Worker(findWorker('server/backup-worker.ts'), { workerData: task })
      worker = started
      isCanceled = false
      try {
        const reply = await waitForReply(started, () => (isCanceled ? stopping() : ended()))
        if (reply.kind === expected) return reply as Reply<typeof expected>
        return rejectReply(reply)
      } finally {
        worker = null
      }
    },
    cancel,
    close: async () => {
      isClosed = true
      await cancel()
    },
  }
}

function waitForReply(worker: Worker, explainEnd: () => Fault): Promise<BackupReply> {
  const { promise, resolve, reject } = Promise.withResolvers<BackupReply>()
  worker.on('message', resolve)
  worker.on('error', reject)
  worker.on('exit', () => reject(explainEnd()))
  const timer = setTimeout(() => {
    const detail = 'The backup took more than six hours, so it was given up. Check its target.'
    reject(new Fault('unavailable', detail))
    void worker.terminate()
  }, TASK_MAX_MS)
  return promise.finally(() => clearTimeout(timer))
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
  if (reply.isFault) throw new Fault('unavailable', reply.message)
  throw new Error(`The Worker of backups failed: ${reply.message}`)
}
