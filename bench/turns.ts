import { type LoadResult, pickEachOnce, pickRandomFor, type RequestSet, runLoad } from './load.ts'
import { measureCpu, type ServerProcess } from './servers.ts'

/** One server with its requests. */
export interface Contender {
  readonly server: ServerProcess
  readonly requests: RequestSet
}

/** The result of one turn. */
export interface Turn extends LoadResult {
  /** CPU time of the whole process per request, with all that follows from it. */
  readonly cpuMicros: number
}

export interface Pace {
  readonly rounds: number
  readonly seconds: number
  readonly connections: number
}

const WARM_UP_CONNECTIONS = 32

/** Sends every request once, so that all licenses are cached and all code is compiled. */
export async function warmUp(contenders: readonly Contender[]): Promise<void> {
  for (const { server, requests } of contenders) {
    const next = pickEachOnce(requests)
    await runLoad({ port: server.port, connections: WARM_UP_CONNECTIONS, requests, next })
    await server.settle()
  }
}

/**
 * Measures all contenders in each round, every other round in reverse, so that a slow phase of the
 * machine affects all of them. Returns one turn per round for each of them.
 */
export async function takeTurns<Name extends string>(
  contenders: Readonly<Record<Name, Contender>>,
  { rounds, seconds, connections }: Pace,
): Promise<Record<Name, Turn[]>> {
  const names = Object.keys(contenders) as Name[]
  const turns = Object.fromEntries(names.map((name) => [name, []])) as Record<string, Turn[]>
  for (let round = 0; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const { server, requests } = contenders[name]
      const next = pickRandomFor(seconds, requests)
      const { result, cpuMs } = await measureCpu(server, () =>
        runLoad({ port: server.port, connections, requests, next }),
      )
      turns[name]?.push({ ...result, cpuMicros: (cpuMs * 1000) / result.count })
    }
  }
  return turns as Record<Name, Turn[]>
}

/** Returns a figure of all turns. */
export const listFigures = (turns: readonly Turn[], figure: keyof Turn): number[] =>
  turns.map((turn) => turn[figure])

/** Returns the ratios of a figure, round by round, so that slow phases of the machine cancel out. */
export function listRatios(
  first: readonly Turn[],
  second: readonly Turn[],
  figure: keyof Turn,
): number[] {
  return first.map((turn, round) => turn[figure] / (second[round]?.[figure] ?? Number.NaN))
}
