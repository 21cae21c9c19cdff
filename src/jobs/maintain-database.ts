import type { Job } from './job.ts'

export const maintainDatabase: Job = {
  name: 'maintain-database',
  pattern: '0 */5 * * * *',
  description: 'Keeps the plans of queries fresh and the write-ahead log short.',
  async run({ store }) {
    await store.maintenance.optimize()
    return 1
  },
}
