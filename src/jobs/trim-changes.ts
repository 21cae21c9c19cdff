import { type Job, runBatches } from './job.ts'

const BATCH_MAX = 1000
/** An edge that was away for longer forgets what it knows. */
const KEPT_MS = 600_000

/** Deletes changes that every connected edge has learned of. */
export const trimChanges: Job = {
  name: 'trim-changes',
  pattern: '50 * * * * *',
  runsOn: 'one server',
  description:
    'Deletes the list of what was changed more than 10 minutes ago, which edges ask for.',
  run: ({ store, clock }, signal) =>
    runBatches(signal, BATCH_MAX, () => store.changes.trim(clock.trustedMs() - KEPT_MS, BATCH_MAX)),
}
