import { DAY_MS } from '~/domain/times.ts'
import { type Job, runBatches } from './job.ts'

const BATCH_MAX = 5000

/** Deletes old validations. The usage counters built from them remain. */
export const retainHistory: Job = {
  name: 'retain-history',
  pattern: '0 15 * * * *',
  runsOn: 'one server',
  description: 'Deletes individual validations older than LICET_HISTORY_DAYS; counters remain.',
  run: ({ usage, clock, config }, signal) =>
    runBatches(signal, BATCH_MAX, () =>
      usage.trim(clock.trustedMs() - config.historyDays * DAY_MS, BATCH_MAX),
    ),
}
