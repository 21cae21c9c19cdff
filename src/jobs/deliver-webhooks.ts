import { createDeliverer } from './deliverer.ts'
import type { Job } from './job.ts'

/** By hand: everything that is due, and what becomes due meanwhile. */
export const deliverWebhooks: Job = {
  name: 'deliver-webhooks',
  pattern: '* * * * * *',
  description: 'Posts webhook deliveries that are due.',
  async run(deps, signal) {
    const deliverer = createDeliverer(deps, () => undefined)
    const { promise: aborted, resolve } = Promise.withResolvers<true>()
    signal.addEventListener('abort', () => resolve(true))
    let begun = 0
    while (!signal.aborted) {
      const count = await deliverer.begin()
      begun += count
      // Whatever ends makes room, so one that hangs keeps none of the others waiting.
      if (count === 0 && !(await Promise.race([deliverer.untilOneEnds(), aborted]))) break
    }
    await deliverer.stop(0)
    return begun
  },
}
