import type { UsageClient, WorkerOptions } from './client.ts'
import { openUsageFile, type UsageFile } from './file.ts'

export type LastCalls = ReturnType<typeof createLastCalls>

/**
 * Calls the usage file through a client until its Worker ends, then in this thread. On a busy machine,
 * the low priority of the Worker would delay the last calls too long.
 */
export function createLastCalls(client: UsageClient, { directory, isLocked }: WorkerOptions) {
  let ending: Promise<void> | null = null
  let file: UsageFile | null = null

  async function runHere(name: keyof UsageFile, args: readonly unknown[]): Promise<unknown> {
    await ending
    file ??= openUsageFile(directory, { isLocked })
    const method: (...args: never) => unknown = file[name]
    return method(...(args as never))
  }

  const call: UsageClient['call'] = (name, ...args) =>
    ending === null ? client.call(name, ...args) : (runHere(name, args) as never)

  return {
    call,
    /** Ends the Worker after all earlier calls. */
    begin: () => {
      ending ??= client.close()
      return ending
    },
    close: () => file?.close(),
  }
}
