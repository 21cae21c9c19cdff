import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

export interface Checkpointer {
  /** Brings what was committed from the log into the database. Answers how many pages. */
  checkpoint(): Promise<number>
  close(): Promise<void>
}

/**
 * Works on a thread of its own, because the event loop would stand still for longer than any commit
 * takes. The thread starts with the first call: most commands and tests need none.
 */
export function createCheckpointer(directory: string): Checkpointer {
  let worker: Worker | null = null

  function start(): Worker {
    const started = new Worker(workerUrl(), { workerData: directory })
    started.on('exit', () => {
      worker = null
    })
    return started
  }

  async function checkpoint(): Promise<number> {
    worker ??= start()
    worker.ref()
    worker.postMessage('checkpoint')
    const [pages] = await once(worker, 'message')
    // An idle thread keeps no process alive.
    worker?.unref()
    return Number(pages)
  }

  async function close(): Promise<void> {
    if (worker === null) return
    worker.ref()
    worker.postMessage('close')
    await once(worker, 'exit')
  }

  return { checkpoint, close }
}

/** In the binary all modules share one address, and a Worker's file stands below it by its path. */
function workerUrl(): URL {
  const isBinary = import.meta.url.includes('$bunfs')
  const path = isBinary ? './src/store/sqlite/checkpoint-worker.ts' : './checkpoint-worker.ts'
  return new URL(path, import.meta.url)
}
