import { DAY_MS } from '~/domain/times.ts'
import type { Job } from './job.ts'

const BATCH_MAX = 5000

/** Deletes old validations. The usage counters built from them remain. */
export const retainHistory: Job = {
  name: 'retain-history',
  pattern: '0 15 * * * *',
  description: 'Deletes individual validations older than LICET_HISTORY_DAYS; counters remain.',
  async run({ usage, clock, config }, signal) {
    let deleted = 0
    while (!signal.aborted) {
      const beforeMs = clock.nowMs() - config.historyDays * DAY_MS
      const count = await usage.trim(beforeMs, BATCH_MAX)
      deleted += count
      if (count < BATCH_MAX) break
    }
    return deleted
  },
}
