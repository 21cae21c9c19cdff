import type { LicenseCounts } from '~/domain/overview.ts'
import type { EntitlementLimit, PlanEffect, PlanUseCount } from '~/domain/plan-effects.ts'

/** Counts of all that is stored, which indexes give within milliseconds. */
export interface Overview {
  /** Counts every license by its status at this time, and those that expire soon up to a limit. */
  countLicenses(nowMs: number): Promise<LicenseCounts>
  /** Counts the licenses of a plan that use more than each of these limits, among 100,000 licenses. */
  countOverLimits(
    planSlug: string,
    limits: Readonly<Partial<Record<EntitlementLimit, number>>>,
    nowMs: number,
  ): Promise<readonly PlanEffect[]>
  /** Counts the licenses of every plan that is not archived, up to 10,000 each. */
  countByPlan(): Promise<readonly PlanUseCount[]>
  /** Counts the mails that have failed, up to 10,000. */
  countFailedMails(): Promise<number>
}
