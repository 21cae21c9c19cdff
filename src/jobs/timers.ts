import { cron } from '@elysiajs/cron'
import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { createDispatcher } from '~/webhooks/dispatcher.ts'
import { deliverWebhooks } from './deliver-webhooks.ts'
import { createRounds, type Rounds } from './rounds.ts'
import { schedule } from './schedule.ts'

/** Of the ten seconds that a shutdown may take. */
const DELIVERIES_GRACE_MS = 3000

export interface Timers {
  /** Ends the ticking, then the rounds under way, then the deliveries, in this order. */
  stop(): Promise<void>
}

/** Mounts every job on its clock; deliveries are woken by commits as well. */
export async function startTimers(deps: Deps): Promise<Timers> {
  // What a former process had claimed when it died is due again at once.
  await deps.store.deliveries.release(deps.instanceId, 'others')
  const dispatcher = createDispatcher(deps, () => deliveryRounds.start())
  const deliveryRounds = createRounds(deps, deliverWebhooks.name, dispatcher.begin)
  const rounds = schedule.map((job) =>
    job === deliverWebhooks
      ? deliveryRounds
      : createRounds(deps, job.name, (signal) => job.run(deps, signal)),
  )
  const stopTicking = tick(rounds)
  deps.store.subscribe(({ touchesOutbox }) => {
    if (touchesOutbox) deliveryRounds.start()
  })
  // A server that was down at the full hour has its hourly rounds all the same.
  for (const each of rounds) each.start()

  return {
    stop: async () => {
      stopTicking()
      await Promise.all(rounds.map((each) => each.stop()))
      await dispatcher.stop(DELIVERIES_GRACE_MS)
    },
  }
}

function tick(rounds: readonly Rounds[]): () => void {
  const stops = schedule.map(({ name, pattern }, index) => {
    const run = () => rounds[index]?.start()
    const ticking = new Elysia().use(cron({ name, pattern, run, protect: true, catch: true }))
    return () => ticking.store.cron[name]?.stop()
  })
  return () => {
    for (const stop of stops) stop()
  }
}
