import type { Deps } from '~/deps.ts'
import type { Decision } from '~/domain/decisions.ts'
import { decideExpiringNotice, decideExpiry } from '~/domain/expiry.ts'
import type { LicenseSnapshot } from '~/domain/licenses.ts'
import { type Job, jobContext } from './job.ts'

/** Small, so that validations come through between two groups however many are due. */
const GROUP_MAX = 20

type DecideNotice = (snapshot: LicenseSnapshot, nowMs: number) => Decision<null>

/** Tells of ends that have passed. Validations judge by the clock and do not wait for it. */
export const expireLicenses: Job = {
  name: 'expire-licenses',
  pattern: '*/10 * * * * *',
  description: 'Emits license.expired for licenses whose end has passed.',
  run: (deps) => tellAll(deps, 'expired', decideExpiry),
}

/** Tells of expiries within 14 days. */
export const announceExpiries: Job = {
  name: 'announce-expiries',
  pattern: '0 0 * * * *',
  description: 'Emits license.expiring 14 days before a license expires.',
  run: (deps) => tellAll(deps, 'expiring', decideExpiringNotice),
}

async function tellAll(
  { store, clock }: Deps,
  of: 'expired' | 'expiring',
  decide: DecideNotice,
): Promise<number> {
  let told = 0
  for (;;) {
    const nowMs = clock.nowMs()
    const ids = await store.findLicensesToTell(of, nowMs, GROUP_MAX)
    if (ids.length === 0) return told
    await store.changeLicenses({ ids }, GROUP_MAX, jobContext(of, nowMs), (snapshot) =>
      decide(snapshot, nowMs),
    )
    told += ids.length
  }
}
