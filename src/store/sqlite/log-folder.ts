import { Worker } from 'node:worker_threads'
import { findWorker } from '~/platform/sqlite-workers.ts'

export type LogCall = 'fold' | 'close'

export interface LogReply {
  readonly error: string | null
}

/** Moves the log into the database in a Worker, which starts when it is first needed. */
export function createLogFolder(databasePath: string) {
  /** In the order of the calls, in which the Worker replies. */
  const waiting: PromiseWithResolvers<void>[] = []
  let worker: Worker | null = null

  function start(): Worker {
    const started = new Worker(findWorker('store/sqlite/log-worker.ts'), {
      workerData: databasePath,
    })
    started.on('message', receive)
    started.on('error', (error) => abandon(started, error))
    started.on('exit', () => abandon(started, new Error('It has ended.')))
    return started
  }

  function receive({ error }: LogReply): void {
    const call = waiting.shift()
    // An idle Worker does not keep the process alive, a busy one does.
    if (waiting.length === 0) worker?.unref()
    if (error === null) call?.resolve()
    else call?.reject(new Error(`The log was not moved into the database: ${error}`))
  }

  /** The next call starts another Worker. */
  function abandon(failed: Worker, cause: unknown): void {
    if (failed !== worker) return
    worker = null
    void failed.terminate()
    const error = new Error('The Worker that moves the log has failed.', { cause })
    for (const call of waiting.splice(0)) call.reject(error)
  }

  function send(call: LogCall): Promise<void> {
    worker ??= start()
    const sent = Promise.withResolvers<void>()
    waiting.push(sent)
    worker.ref()
    worker.postMessage(call)
    return sent.promise
  }

  return {
    /** Resolves once the log is in the database, as far as no reader needs it. */
    fold: () => send('fold'),
    /** Ends the Worker after the current call. */
    close: async () => {
      if (worker === null) return
      await send('close')
      const ended = worker
      worker = null
      await ended?.terminate()
    },
  }
}
