import { type LoadResult, pickEachOnce, pickRandomFor, type RequestSet, runLoad } from './load.ts'
import type { Row } from './report.ts'
import type { ServerProcess } from './servers.ts'

/** Enough for Licet to flush its counters, so that the next turn has the machine to itself. */
const PAUSE_MS = 250

/** One server with its requests, and its results of all rounds. */
export interface Contender extends Row {
  readonly server: ServerProcess
  readonly requests: RequestSet
  readonly results: LoadResult[]
  /** Starts background load and returns the function that stops it. */
  readonly startBackground?: () => () => Promise<void>
}

export interface Pace {
  readonly rounds: number
  readonly seconds: number
  readonly connections: number
}

export function createContender(
  name: string,
  server: ServerProcess,
  requests: RequestSet,
): Contender {
  return { name, server, requests, results: [] }
}

/**
 * Measures all contenders in turn in every round, so that a slow phase of the machine affects all
 * of them. Each contender first serves every request once. Adds the results to the contenders.
 */
export async function takeTurns(contenders: readonly Contender[], pace: Pace): Promise<void> {
  const { rounds, seconds, connections } = pace
  for (const { server, requests } of contenders) {
    await runLoad({ port: server.port, connections, requests, next: pickEachOnce(requests) })
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const { server, requests, results, startBackground } of contenders) {
      await Bun.sleep(PAUSE_MS)
      const stop = startBackground?.()
      const next = pickRandomFor(seconds, requests)
      results.push(await runLoad({ port: server.port, connections, requests, next }))
      await stop?.()
    }
  }
}
