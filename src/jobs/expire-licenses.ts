import type { Deps } from '~/deps.ts'
import type { Decision } from '~/domain/decisions.ts'
import { decideExpiringNotice, decideExpiry } from '~/domain/expiry.ts'
import type { LicenseSnapshot } from '~/domain/licenses.ts'
import { type Job, jobContext } from './job.ts'

/** Small, so that validations come through between two groups however many are due. */
const GROUP_MAX = 20

/** Tells of ends that have passed. Validations judge by the clock and do not wait for it. */
export const expireLicenses: Job = {
  name: 'expire-licenses',
  pattern: '*/10 * * * * *',
  description: 'Emits license.expired for licenses whose end has passed.',
  run: (deps, signal) => tellAll('expired', decideExpiry, deps, signal),
}

/** Tells of expiries within 14 days. */
export const announceExpiries: Job = {
  name: 'announce-expiries',
  pattern: '0 0 * * * *',
  description: 'Emits license.expiring 14 days before a license expires.',
  run: (deps, signal) => tellAll('expiring', decideExpiringNotice, deps, signal),
}

type DecideNotice = (snapshot: LicenseSnapshot, nowMs: number) => Decision<null>

async function tellAll(
  of: 'expired' | 'expiring',
  decide: DecideNotice,
  { store, clock }: Deps,
  signal: AbortSignal,
): Promise<number> {
  let told = 0
  while (!signal.aborted) {
    const nowMs = clock.nowMs()
    const count = await store.tellOfEnds(of, GROUP_MAX, jobContext(of, nowMs), (snapshot) => {
      const decision = decide(snapshot, nowMs)
      told += decision.events.length
      return decision
    })
    if (count === 0) break
  }
  return told
}
