import type { Job } from './job.ts'

const BATCH_MAX = 200

/** Deletes expired rows in batches so small that requests are not held up. */
export const cleanUp: Job = {
  name: 'clean-up',
  pattern: '30 * * * * *',
  description:
    'Deletes expired seats, stored responses and rotated keys, and what is left of deleted endpoints.',
  async run({ store, clock }, signal) {
    let deleted = 0
    while (!signal.aborted) {
      const count = await store.maintenance.cleanUp(clock.nowMs(), BATCH_MAX)
      deleted += count
      if (count < BATCH_MAX) break
    }
    return deleted
  },
}
