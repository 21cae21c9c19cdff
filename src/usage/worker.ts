import { setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { isUnavailable } from '~/platform/sqlite-errors.ts'
import type { UsageCall, UsageReply } from './client.ts'
import { openUsageFile } from './file.ts'

/** The Worker thread that owns the usage file. It runs the calls of `client.ts` one by one. */

/** No request waits for its writes, so it yields to the threads that respond. */
const NICENESS = 10

lowerPriority()
const file = openUsageFile(workerData)

parentPort?.on('message', (call: UsageCall) => {
  parentPort?.postMessage(JSON.stringify(run(call)))
})

function run([id, name, args]: UsageCall): UsageReply {
  try {
    const method: (...args: never) => unknown = file[name]
    return { id, value: method(...(args as never)) ?? null }
  } catch (error) {
    return { id, error: Bun.inspect(error), isUnavailable: isUnavailable(error) }
  }
}

function lowerPriority(): void {
  // On other systems this would change the priority of the whole process.
  if (process.platform !== 'linux') return
  try {
    setPriority(NICENESS)
  } catch {
    // A sandbox may forbid it. Then the Worker runs at normal priority.
  }
}
