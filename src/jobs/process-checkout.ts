import { processDue } from '~/checkout/process.ts'
import type { Job } from './job.ts'

/** Turns events of shops into licenses. A commit that stores an event also starts it. */
export const processCheckout: Job = {
  name: 'process-checkout',
  pattern: '* * * * * *',
  runsOn: 'every server',
  description: 'Processes events of shops: creates, renews, suspends and revokes licenses.',
  run: (deps, signal) => processDue(deps, signal),
}
