import { type Decision, unchanged, updateLicense } from './decisions.ts'
import type { License, LimitNotices } from './licenses.ts'
import { DAY_MS, isRunning } from './times.ts'
import type { Refusal, VerdictError } from './verdicts.ts'

const limitOf: Partial<Record<VerdictError, keyof LimitNotices>> = {
  DOMAIN_LIMIT_REACHED: 'domains',
  DEVICE_LIMIT_REACHED: 'devices',
  SEAT_LIMIT_REACHED: 'seats',
}

/**
 * Refuses, and notifies the vendor if a limit was reached: at most once a day per license and limit.
 * The license stores the time of the last notification, so most refusals write nothing.
 */
export function decideRefusal(
  license: Pick<License, 'id' | 'limitNotices'>,
  refusal: Refusal,
  nowMs: number,
): Decision<Refusal> {
  const limit = limitOf[refusal.error]
  if (limit === undefined) return unchanged(refusal)
  const notifiedAtMs = license.limitNotices[limit]
  if (notifiedAtMs !== undefined && isRunning(notifiedAtMs, DAY_MS, nowMs))
    return unchanged(refusal)
  const limitNotices = { ...license.limitNotices, [limit]: nowMs }
  const { limit: max, used } = refusal.details ?? {}
  const extra = { limit: { name: limit, limit: max, used } }
  return {
    ...updateLicense(license, { limitNotices }, 'license.limit_reached', extra),
    result: refusal,
  }
}
