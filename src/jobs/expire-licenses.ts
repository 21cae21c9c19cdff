import type { Decision } from '~/domain/decisions.ts'
import { decideExpiredNotice, decideExpiringNotice } from '~/domain/expiry.ts'
import type { LicenseSnapshot } from '~/domain/licenses.ts'
import { type Job, jobContext } from './job.ts'

/** Small, so that validations come through between two groups however many are due. */
const GROUP_MAX = 4

/** Tells of ends that have passed. Validations judge by the clock and do not wait for it. */
export const expireLicenses = createNoticeJob('expired', decideExpiredNotice, {
  name: 'expire-licenses',
  pattern: '*/10 * * * * *',
  description: 'Emits license.expired for licenses whose end has passed.',
})

/** Tells of expiries within 14 days. */
export const notifyExpiring = createNoticeJob('expiring', decideExpiringNotice, {
  name: 'announce-expiries',
  pattern: '0 0 * * * *',
  description: 'Emits license.expiring 14 days before a license expires.',
})

function createNoticeJob(
  of: 'expired' | 'expiring',
  decide: (snapshot: LicenseSnapshot, nowMs: number) => Decision<null>,
  about: Omit<Job, 'run'>,
): Job {
  return {
    ...about,
    async run({ store, clock }, signal) {
      let told = 0
      while (!signal.aborted) {
        const nowMs = clock.nowMs()
        const context = jobContext<number>(about.name, nowMs)
        const count = await store.licenses.notifyExpirations(of, GROUP_MAX, context, (snapshot) => {
          const decision = decide(snapshot, nowMs)
          told += decision.events.length
          return decision
        })
        if (count === 0) break
      }
      return told
    },
  }
}
