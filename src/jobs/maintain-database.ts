import type { Job } from './job.ts'

export const maintainDatabase: Job = {
  name: 'maintain-database',
  pattern: '0 */5 * * * *',
  description: 'Updates query planner statistics and keeps the write-ahead logs short.',
  async run({ store, usage }) {
    await store.maintenance.optimize()
    await usage.optimize()
    return 1
  },
}
