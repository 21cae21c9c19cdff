import { DAY_MS } from '~/domain/times.ts'
import { type Job, runBatches } from './job.ts'

const BATCH_MAX = 200

/** Deletes expired rows in batches so small that requests are not held up. */
export const cleanUp: Job = {
  name: 'clean-up',
  pattern: '30 * * * * *',
  runsOn: 'one server',
  description:
    'Deletes expired seats, license files, revocations, stored responses and rotated keys, old emails and events of shops, and what is left of deleted endpoints and edges.',
  async run({ store, clock, config }, signal) {
    const trustedMs = clock.trustedMs()
    const checkoutBeforeMs = trustedMs - config.checkoutDays * DAY_MS
    const runAll = (step: () => Promise<number>) => runBatches(signal, BATCH_MAX, step)
    return (
      (await runAll(() => store.maintenance.cleanUp(trustedMs, BATCH_MAX))) +
      (await runAll(() => store.mails.deleteOld(checkoutBeforeMs, BATCH_MAX))) +
      (await runAll(() => store.checkout.events.clearBodies(checkoutBeforeMs, BATCH_MAX)))
    )
  },
}
