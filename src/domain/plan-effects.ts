import type { BoundedCount } from './overview.ts'

/** How many licenses have a plan, revoked ones included. */
export interface PlanUseCount extends BoundedCount {
  readonly planSlug: string
}

/** The limits of a plan that its licenses can exceed when it is lowered. */
export const planLimits = ['maxDomains', 'maxDevices', 'maxSeats'] as const
export type EntitlementLimit = (typeof planLimits)[number]

/** The licenses that use more than a limit allows. If `isComplete` is false, there may be more. */
export interface PlanEffect {
  readonly limit: EntitlementLimit
  readonly count: number
  readonly isComplete: boolean
  /** The first of them, newest first. */
  readonly ids: readonly string[]
}
