import { eachOnce, type LoadResult, type RequestSet, randomFor, runLoad } from './load.ts'
import type { Row } from './report.ts'
import type { ServerProcess } from './servers.ts'

/** By then Licet has written what it counted, and the machine is the next one's alone. */
const PAUSE_MS = 250

/** Who takes a turn in each round. */
export interface Contender {
  readonly name: string
  readonly server: ServerProcess
  readonly requests: RequestSet
  /** Begins what goes on beside the requests, and answers how to end it. */
  readonly beside?: () => () => Promise<void>
}

export interface Pace {
  readonly rounds: number
  readonly seconds: number
  readonly connections: number
}

/**
 * Round after round, each contender in turn, so that a machine which slows down slows them all.
 * Before, each has answered every request once.
 */
export async function takeTurns<Name extends string>(
  contenders: Readonly<Record<Name, Contender>>,
  { rounds, seconds, connections }: Pace,
): Promise<Record<Name, Row>> {
  const names = Object.keys(contenders) as Name[]
  const rows = {} as Record<Name, { name: string; results: LoadResult[] }>
  for (const name of names) {
    const { server, requests } = contenders[name]
    await runLoad({ port: server.port, connections, requests, next: eachOnce(requests) })
    rows[name] = { name: contenders[name].name, results: [] }
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) {
      const { server, requests, beside } = contenders[name]
      await Bun.sleep(PAUSE_MS)
      const stop = beside?.()
      const next = randomFor(seconds, requests)
      rows[name].results.push(await runLoad({ port: server.port, connections, requests, next }))
      await stop?.()
    }
  }
  return rows
}
