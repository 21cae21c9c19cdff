import type { Deps } from '~/deps.ts'
import type { CommandContext } from '~/store/port.ts'

/** Work that time brings. It knows nothing of who calls it, and may be called by hand. */
export interface Job {
  readonly name: string
  /** Six fields, seconds first. */
  readonly pattern: string
  /** One sentence for `licet jobs list`. */
  readonly description: string
  /**
   * One round, safe beside the same round of another process. Answers how many things it dealt
   * with. Ends early, between two steps, once `signal` is aborted.
   */
  run(deps: Deps, signal: AbortSignal): Promise<number>
}

/** The context of whatever a job changes. */
export function jobContext<Result>(name: string, nowMs: number): CommandContext<Result> {
  return { actor: `job:${name}`, requestId: `job:${name}`, nowMs, idempotency: null }
}
