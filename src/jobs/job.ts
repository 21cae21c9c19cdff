import type { Deps } from '~/deps.ts'

/** Work that time brings. It knows nothing of who calls it, and may be called by hand. */
export interface Job {
  readonly name: string
  /** Six fields, seconds first. */
  readonly pattern: string
  /** One sentence for `licet jobs list`. */
  readonly description: string
  /** One round. Answers how many things it dealt with. */
  run(deps: Deps): Promise<number>
}

/** The context of whatever a job changes. */
export function jobContext(name: string, nowMs: number) {
  return { actor: `job:${name}`, requestId: `job:${name}`, nowMs, idempotency: null }
}
