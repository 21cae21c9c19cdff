import type { Job } from './job.ts'

/** Often, so that the log stays short and no commit has to do it. */
export const checkpointDatabase: Job = {
  name: 'checkpoint-database',
  pattern: '*/2 * * * * *',
  description: 'Brings what was committed from the write-ahead log into the database.',
  run: ({ store }) => store.checkpoint(),
}
