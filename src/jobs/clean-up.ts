import { type Job, runBatches } from './job.ts'

const BATCH_MAX = 200

/** Deletes expired rows in batches so small that requests are not held up. */
export const cleanUp: Job = {
  name: 'clean-up',
  pattern: '30 * * * * *',
  description:
    'Deletes expired seats, stored responses and rotated keys, and what is left of deleted endpoints.',
  run: ({ store, clock }, signal) =>
    runBatches(signal, BATCH_MAX, () => store.maintenance.cleanUp(clock.trustedMs(), BATCH_MAX)),
}
