import { Worker } from 'node:worker_threads'
import { findWorker } from '~/platform/sqlite-workers.ts'
import type { UsageFile } from './file.ts'
import type { PrepareOptions } from './prepare.ts'
import type { SetAside } from './set-aside.ts'
import { unavailable } from './unavailable.ts'

/** A call that takes longer hangs, perhaps on a failing disk: the Worker is started again. */
const CALL_TIMEOUT_MS = 120_000

export type WorkerOptions = Pick<PrepareOptions, 'directory' | 'databasePath' | 'isLocked'>

export type UsageCall = readonly [id: number, name: keyof UsageFile, args: readonly unknown[]]

/** Sent as JSON text, which costs a fifth of cloning many objects. */
export type UsageReply =
  | { readonly id: number; readonly value: unknown }
  /** `isUnavailable`: the file cannot be used at the moment, so the call may be repeated. */
  | { readonly id: number; readonly error: string; readonly isUnavailable: boolean }
  /** The Worker has opened the file, perhaps a new one. */
  | { readonly opened: true; readonly setAside: SetAside | null }

export type UsageClient = ReturnType<typeof createUsageClient>

interface Waiting extends PromiseWithResolvers<unknown> {
  readonly timer: Timer
}

/** The Worker starts with the first call, because most commands and many tests need none. */
export function createUsageClient(
  { directory, databasePath, isLocked }: WorkerOptions,
  onOpened: (setAside: SetAside | null) => void = () => undefined,
) {
  const waiting = new Map<number, Waiting>()
  let worker: Worker | null = null
  let calls = 0

  function start(): Worker {
    const workerData: WorkerOptions = { directory, databasePath, isLocked }
    const started = new Worker(findWorker('usage/worker.ts'), { workerData })
    started.on('message', (text: string) => receive(JSON.parse(text)))
    started.on('error', (error) => abandon(started, error))
    started.on('exit', () => abandon(started, new Error('its Worker ended')))
    return started
  }

  function receive(reply: UsageReply): void {
    if ('opened' in reply) onOpened(reply.setAside)
    else if ('value' in reply) take(reply.id)?.resolve(reply.value)
    else take(reply.id)?.reject(toError(reply.error, reply.isUnavailable))
  }

  function take(id: number): Waiting | undefined {
    const call = waiting.get(id)
    clearTimeout(call?.timer)
    waiting.delete(id)
    // An idle Worker does not keep the process alive, a busy one does.
    if (waiting.size === 0) worker?.unref()
    return call
  }

  /** Rejects all calls of a Worker that has failed. The next call starts another. */
  function abandon(failed: Worker, error: unknown): void {
    if (failed !== worker) return
    worker = null
    void failed.terminate()
    for (const id of [...waiting.keys()]) take(id)?.reject(toError(Bun.inspect(error), true))
  }

  function send(name: keyof UsageFile, args: readonly unknown[]): Promise<unknown> {
    worker ??= start()
    const called = worker
    const timer = setTimeout(() => abandon(called, new Error(`${name} hangs`)), CALL_TIMEOUT_MS)
    const call: UsageCall = [calls++, name, args]
    const promised = { ...Promise.withResolvers<unknown>(), timer: timer.unref() }
    waiting.set(call[0], promised)
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
      const ended = worker
      worker = null
      await ended?.terminate()
    },
  }
}

function toError(detail: string, isUnavailable: boolean): Error {
  return isUnavailable ? unavailable(detail) : new Error(`The usage file failed: ${detail}`)
}
