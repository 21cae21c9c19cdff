import { decideExpiringNotice } from '~/domain/expiry.ts'
import { buildNoticeJob } from './notice-job.ts'

/** Emits an event for each license that expires within 14 days. */
export const announceExpiries = buildNoticeJob('expiring', decideExpiringNotice, {
  name: 'announce-expiries',
  pattern: '0 0 * * * *',
  runsOn: 'one server',
  description: 'Emits license.expiring for licenses that expire within 14 days.',
})
