import { type Job, runBatches } from './job.ts'

const BATCH_MAX = 20_000

/** Nodes append what they count, because they would have to wait for each other to add it up. */
export const foldUsage: Job = {
  name: 'fold-usage',
  pattern: '20 * * * * *',
  runsOn: 'one server',
  description: 'Adds up the counts of validations that several servers have appended.',
  run: ({ usage }, signal) => runBatches(signal, BATCH_MAX, () => usage.fold(BATCH_MAX)),
}
