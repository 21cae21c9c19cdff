import { Worker } from 'node:worker_threads'
import { Fault } from '~/domain/faults.ts'
import type { UsageFile } from './file.ts'

export type UsageCall = readonly [id: number, name: keyof UsageFile, args: readonly unknown[]]

/** Sent as JSON text, which costs a fifth of cloning many objects. */
export type UsageReply =
  | { readonly id: number; readonly value: unknown }
  /** `isUnavailable`: the file cannot be used at the moment, so the call may be repeated. */
  | { readonly id: number; readonly error: string; readonly isUnavailable: boolean }

export type UsageClient = ReturnType<typeof createUsageClient>

/** The Worker starts with the first call, because most commands and many tests need none. */
export function createUsageClient(directory: string) {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
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

  function settle(reply: UsageReply): void {
    const { resolve, reject } = waiting.get(reply.id) ?? {}
    waiting.delete(reply.id)
    // An idle Worker does not keep the process alive, a busy one does.
    if (waiting.size === 0) worker?.unref()
    if ('value' in reply) resolve?.(reply.value)
    else reject?.(toError(reply.error, reply.isUnavailable))
  }

  function send(name: keyof UsageFile, args: readonly unknown[]): Promise<unknown> {
    const promised = Promise.withResolvers<unknown>()
    const call: UsageCall = [calls++, name, args]
    waiting.set(call[0], promised)
    worker ??= start()
    worker.ref()
    worker.postMessage(call)
    return promised.promise
  }

  return {
    /** Calls a method of the usage file in the Worker, after all earlier calls. */
    call: <Name extends keyof UsageFile>(name: Name, ...args: Parameters<UsageFile[Name]>) =>
      send(name, args) as Promise<ReturnType<UsageFile[Name]>>,
    /** Ends the Worker after all earlier calls. */
    close: async () => {
      if (worker === null) return
      await send('close', [])
      await worker?.terminate()
      worker = null
    },
  }
}

/** In the binary all modules share one address, and the Worker's file has its path below it. */
function workerUrl(): URL {
  const isBinary = import.meta.url.includes('$bunfs')
  return new URL(isBinary ? './src/usage/worker.ts' : './worker.ts', import.meta.url)
}

function toError(detail: string, isUnavailable: boolean): Error {
  if (!isUnavailable) return new Error(`The usage file failed: ${detail}`)
  const sentence = 'The usage history is unavailable at the moment. Try again shortly.'
  return new Fault('unavailable', sentence, { retryAfterSeconds: 5, cause: detail })
}
