import { decideExpiredNotice } from '~/domain/expiry.ts'
import { buildNoticeJob } from './notice-job.ts'

/** Emits an event for each license that has expired. Validations check the clock themselves. */
export const expireLicenses = buildNoticeJob('expired', decideExpiredNotice, {
  name: 'expire-licenses',
  pattern: '*/10 * * * * *',
  runsOn: 'one server',
  description: 'Emits license.expired for licenses that have expired, after any grace period.',
})
