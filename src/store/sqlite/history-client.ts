import { Worker } from 'node:worker_threads'
import { Fault, type FaultKind } from '~/domain/faults.ts'
import type { History } from './history.ts'

export type HistoryCall = readonly [id: number, name: keyof History, args: readonly unknown[]]

/** Answers cross as JSON text, which costs a fifth of what cloning many objects does. */
export type HistoryAnswer =
  | { readonly id: number; readonly value: unknown }
  | {
      readonly id: number
      /** `kind` of the Fault that it was, or null for a failure of our own. */
      readonly error: { readonly kind: FaultKind | null; readonly detail: string }
    }

export interface HistoryClient {
  /** Runs a method of the history in its Worker, after all that was called before. */
  call<Name extends keyof History>(
    name: Name,
    ...args: Parameters<History[Name]>
  ): Promise<ReturnType<History[Name]>>
  /** Ends the Worker once it has done what it was asked for. */
  close(): Promise<void>
}

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/** The Worker starts with the first call, because most commands and many tests need none. */
export function createHistoryClient(directory: string): HistoryClient {
  const waiting = new Map<number, Waiting>()
  let worker: Worker | null = null
  let calls = 0

  function start(): Worker {
    const started = new Worker(workerUrl(), { workerData: directory })
    started.on('message', (text: string) => settle(JSON.parse(text)))
    started.on('error', (error) => {
      worker = null
      for (const { reject } of waiting.values()) reject(error)
      waiting.clear()
    })
    return started
  }

  function settle(answer: HistoryAnswer): void {
    const { resolve, reject } = waiting.get(answer.id) ?? {}
    waiting.delete(answer.id)
    // An idle Worker keeps no process alive, and one at work must not be left behind.
    if (waiting.size === 0) worker?.unref()
    if ('value' in answer) resolve?.(answer.value)
    else reject?.(toError(answer.error))
  }

  function send(name: HistoryCall[1], args: readonly unknown[]): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    worker ??= start()
    const call: HistoryCall = [calls++, name, args]
    waiting.set(call[0], { resolve, reject })
    worker.ref()
    worker.postMessage(call)
    return promise
  }

  return {
    call: <Name extends keyof History>(name: Name, ...args: Parameters<History[Name]>) =>
      send(name, args) as Promise<ReturnType<History[Name]>>,
    close: async () => {
      if (worker === null) return
      await send('close', [])
      await worker?.terminate()
      worker = null
    },
  }
}

/** In the binary all modules share one address, and the Worker's file stands below it by its path. */
function workerUrl(): URL {
  const isBinary = import.meta.url.includes('$bunfs')
  const path = isBinary ? './src/store/sqlite/history-worker.ts' : './history-worker.ts'
  return new URL(path, import.meta.url)
}

function toError({ kind, detail }: Extract<HistoryAnswer, { error: unknown }>['error']): Error {
  if (kind === null) return new Error(`The history failed: ${detail}`)
  const sentence = 'The usage history cannot be used at the moment. Try again shortly.'
  return new Fault(kind, sentence, { retryAfterSeconds: 5, cause: detail })
}
