import type { Job } from './job.ts'

export const maintainDatabase: Job = {
  name: 'maintain-database',
  pattern: '0 */5 * * * *',
  description: 'Updates query planner statistics and keeps the write-ahead log short.',
  async run({ store }) {
    await store.maintenance.optimize()
    return 1
  },
}
