import { createDispatcher } from '~/webhooks/dispatcher.ts'
import type { Job } from './job.ts'

/** Attempts every delivery that is due, including those that become due during the run. */
export const deliverWebhooks: Job = {
  name: 'deliver-webhooks',
  pattern: '* * * * * *',
  description: 'Sends due webhook deliveries.',
  async run(deps, signal) {
    const dispatcher = createDispatcher(deps, () => undefined)
    const { promise: aborted, resolve } = Promise.withResolvers<true>()
    signal.addEventListener('abort', () => resolve(true))
    let started = 0
    while (!signal.aborted) {
      const count = await dispatcher.startDue()
      started += count
      // Each attempt that ends makes room, so one that hangs does not hold up the others.
      if (count === 0 && !(await Promise.race([dispatcher.waitForOne(), aborted]))) break
    }
    await dispatcher.stop(0)
    return started
  },
}
