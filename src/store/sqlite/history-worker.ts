import { setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { Fault } from '~/domain/faults.ts'
import { toStorageFault } from './errors.ts'
import { openHistory } from './history.ts'
import type { HistoryAnswer, HistoryCall } from './history-client.ts'

/** Does what `history-client.ts` asks for, one call after the other. */

/** Nobody waits for what it writes, so it gives way to those who answer. */
const NICENESS = 10

giveWay()
const history = openHistory(workerData)

parentPort?.on('message', (call: HistoryCall) => {
  parentPort?.postMessage(JSON.stringify(answer(call)))
})

function answer([id, name, args]: HistoryCall): HistoryAnswer {
  try {
    const method: (...args: never) => unknown = history[name]
    return { id, value: method(...(args as never)) ?? null }
  } catch (thrown) {
    const error = toStorageFault(thrown)
    return {
      id,
      error: { kind: error instanceof Fault ? error.kind : null, detail: Bun.inspect(thrown) },
    }
  }
}

function giveWay(): void {
  // Elsewhere this would be the niceness of all threads.
  if (process.platform !== 'linux') return
  try {
    setPriority(NICENESS)
  } catch {
    // A sandbox may forbid it. Then it competes like any other.
  }
}
