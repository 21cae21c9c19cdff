import { parentPort, workerData } from 'node:worker_threads'
import { Fault } from '~/domain/faults.ts'
import { toFault } from './errors.ts'
import { openHistory } from './history.ts'
import type { HistoryAnswer, HistoryCall } from './history-client.ts'

/** Does what `history-client.ts` asks for, one call after the other. */

const history = openHistory(workerData)

parentPort?.on('message', (call: HistoryCall) => {
  parentPort?.postMessage(JSON.stringify(answer(call)))
})

function answer([id, name, args]: HistoryCall): HistoryAnswer {
  try {
    const method: (...args: never) => unknown = history[name]
    return { id, value: method(...(args as never)) ?? null }
  } catch (thrown) {
    const error = toFault(thrown)
    return {
      id,
      error: { kind: error instanceof Fault ? error.kind : null, detail: Bun.inspect(thrown) },
    }
  }
}
