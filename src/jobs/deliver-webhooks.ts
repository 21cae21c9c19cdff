import { createDispatcher } from '~/webhooks/dispatcher.ts'
import type { Job } from './job.ts'

/** By hand: everything that is due, and what becomes due meanwhile. */
export const deliverWebhooks: Job = {
  name: 'deliver-webhooks',
  pattern: '* * * * * *',
  description: 'Posts webhook deliveries that are due.',
  async run(deps, signal) {
    const dispatcher = createDispatcher(deps, () => undefined)
    const { promise: aborted, resolve } = Promise.withResolvers<true>()
    signal.addEventListener('abort', () => resolve(true))
    let begun = 0
    while (!signal.aborted) {
      const count = await dispatcher.begin()
      begun += count
      // Whatever ends makes room, so one that hangs keeps none of the others waiting.
      if (count === 0 && !(await Promise.race([dispatcher.untilOneEnds(), aborted]))) break
    }
    await dispatcher.stop(0)
    return begun
  },
}
