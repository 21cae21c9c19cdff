import type { Job } from './job.ts'

/** Also runs at startup and after each jump of the clock. */
export const correctTimes: Job = {
  name: 'correct-times',
  pattern: '0 45 3 * * *',
  runsOn: 'one server',
  description: 'Corrects leases, retries and notices that were dated while the clock was ahead.',
  async run({ store, clock }, signal) {
    let corrected = 0
    for await (const count of store.maintenance.correctTimes(clock.nowMs())) {
      corrected += count
      if (signal.aborted) break
    }
    return corrected
  },
}
