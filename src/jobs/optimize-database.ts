import type { Job } from './job.ts'

export const optimizeDatabase: Job = {
  name: 'optimize-database',
  pattern: '0 45 * * * *',
  description: 'Keeps the plans of queries fresh.',
  async run({ store }) {
    await store.optimize()
    return 1
  },
}
