import { DAY_MS } from '~/domain/times.ts'
import type { Job } from './job.ts'

const GROUP_MAX = 5000

/** Counts stay for ever; what they were counted from does not. */
export const retainHistory: Job = {
  name: 'retain-history',
  pattern: '0 15 * * * *',
  description: 'Forgets single validations older than LICET_HISTORY_DAYS.',
  async run({ store, clock, config }, signal) {
    let forgotten = 0
    while (!signal.aborted) {
      const beforeMs = clock.nowMs() - config.historyDays * DAY_MS
      const count = await store.usage.trim(beforeMs, GROUP_MAX)
      forgotten += count
      if (count < GROUP_MAX) break
    }
    return forgotten
  },
}
