import type { Job } from './job.ts'

const GROUP_MAX = 500

/** Removes what has served its time, in steps too small to be felt. */
export const cleanUp: Job = {
  name: 'clean-up',
  pattern: '30 * * * * *',
  description: 'Removes lapsed seats, ended key overlaps and expired idempotent answers.',
  async run({ store, clock }) {
    let removed = 0
    for (;;) {
      const count = await store.cleanUp(clock.nowMs(), GROUP_MAX)
      removed += count
      if (count < GROUP_MAX) return removed
    }
  },
}
