import { DAY_MS } from '~/domain/times.ts'
import { type Job, runBatches } from './job.ts'

const BATCH_MAX = 200

/** Deletes expired rows in batches so small that requests are not held up. */
export const cleanUp: Job = {
  name: 'clean-up',
  pattern: '30 * * * * *',
  description:
    'Deletes expired seats, stored responses and rotated keys, and what is left of deleted endpoints.',
  async run({ store, clock, config }, signal) {
    const mailsBeforeMs = clock.trustedMs() - config.checkoutDays * DAY_MS
    const expired = await runBatches(signal, BATCH_MAX, () =>
      store.maintenance.cleanUp(clock.trustedMs(), BATCH_MAX),
    )
    const mails = await runBatches(signal, BATCH_MAX, () =>
      store.mails.deleteOld(mailsBeforeMs, BATCH_MAX),
    )
    return expired + mails
  },
}
