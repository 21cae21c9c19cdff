import { eachOnce, type LoadResult, type RequestSet, randomFor, runLoad } from './load.ts'
import type { Row } from './report.ts'
import type { ServerProcess } from './servers.ts'

/** By then Licet has written what it counted, and the machine is the next one's alone. */
const PAUSE_MS = 250

/** Who takes a turn in each round, and how it did. */
export interface Contender extends Row {
  readonly server: ServerProcess
  readonly requests: RequestSet
  readonly results: LoadResult[]
  /** Begins what goes on beside the requests, and answers how to end it. */
  readonly beside?: () => () => Promise<void>
}

export interface Pace {
  readonly rounds: number
  readonly seconds: number
  readonly connections: number
}

export function contender(name: string, server: ServerProcess, requests: RequestSet): Contender {
  return { name, server, requests, results: [] }
}

/**
 * Round after round, each in turn, so that a machine which slows down slows them all. Before, each
 * has answered every request once. Results go to the contenders.
 */
export async function takeTurns(contenders: readonly Contender[], pace: Pace): Promise<void> {
  const { rounds, seconds, connections } = pace
  for (const { server, requests } of contenders) {
    await runLoad({ port: server.port, connections, requests, next: eachOnce(requests) })
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const { server, requests, results, beside } of contenders) {
      await Bun.sleep(PAUSE_MS)
      const stop = beside?.()
      const next = randomFor(seconds, requests)
      results.push(await runLoad({ port: server.port, connections, requests, next }))
      await stop?.()
    }
  }
}
