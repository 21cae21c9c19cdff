import type { Job } from './job.ts'

const GROUP_MAX = 200

/** Removes what has served its time, in steps too small to be felt. */
export const cleanUp: Job = {
  name: 'clean-up',
  pattern: '30 * * * * *',
  description: 'Removes lapsed seats, ended overlaps, kept answers and what was deleted.',
  async run({ store, clock }, signal) {
    let removed = 0
    while (!signal.aborted) {
      const count = await store.maintenance.cleanUp(clock.nowMs(), GROUP_MAX)
      removed += count
      if (count < GROUP_MAX) break
    }
    return removed
  },
}
