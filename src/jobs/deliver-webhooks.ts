import { createDispatcher } from '~/webhooks/dispatcher.ts'
import { dispatchAll } from './dispatch.ts'
import type { Job } from './job.ts'

/** Attempts every delivery that is due, including those that become due during the run. */
export const deliverWebhooks: Job = {
  name: 'deliver-webhooks',
  pattern: '* * * * * *',
  runsOn: 'every server',
  description: 'Sends due webhook deliveries.',
  run: (deps, signal) =>
    dispatchAll(
      createDispatcher(deps, () => undefined),
      signal,
    ),
}
