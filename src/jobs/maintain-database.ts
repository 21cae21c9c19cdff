import type { Job } from './job.ts'

export const maintainDatabase: Job = {
  name: 'maintain-database',
  pattern: '0 */5 * * * *',
  runsOn: 'every server',
  description: 'Keeps the write-ahead logs short.',
  async run({ store, usage }) {
    await store.maintenance.truncateLog()
    await usage.truncateLog()
    return 1
  },
}
