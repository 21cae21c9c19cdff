import type { Deps } from '~/deps.ts'

/** Work that is due by the clock. It may also be run by hand with `licet jobs run`. */
export interface Job {
  readonly name: string
  /** A cron pattern of six fields, seconds first. */
  readonly pattern: string
  /** One sentence for `licet jobs list`. */
  readonly description: string
  /**
   * The servers that run it, if several use the same database: each one, if they share the work by
   * claiming it, or otherwise one at a time.
   */
  readonly runsOn: 'every server' | 'one server'
  /** Whether a round is due when the pattern says so. By default it is. A run by hand always runs. */
  isDue?(deps: Deps): boolean
  /**
   * Runs one round and returns how many items it processed. Another process may run the same job at
   * the same time, such as `licet jobs run`. Ends early, between two steps, once `signal` is aborted.
   */
  run(deps: Deps, signal: AbortSignal): Promise<number>
}

/** Repeats a batch until one is not full, or `signal` is aborted. Returns the sum of the counts. */
export async function runBatches(signal: AbortSignal, max: number, run: () => Promise<number>) {
  let sum = 0
  let count = max
  while (count >= max && !signal.aborted) {
    count = await run()
    sum += count
  }
  return sum
}
