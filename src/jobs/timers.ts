import { cron } from '@elysiajs/cron'
import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { createDispatcher } from '~/webhooks/dispatcher.ts'
import { startClockWatch } from './clock-watch.ts'
import { correctTimes } from './correct-times.ts'
import { deliverWebhooks } from './deliver-webhooks.ts'
import { createJobRunner, type JobRunner } from './runner.ts'
import { schedule } from './schedule.ts'

/** Part of the ten seconds that a shutdown may take. */
const DELIVERIES_GRACE_MS = 3000

export type Timers = Awaited<ReturnType<typeof startTimers>>

/** Runs every job once and then on its schedule. Commits with events also start deliveries. */
export async function startTimers(deps: Deps) {
  // Deliveries that a process had claimed when it died are due again immediately, and otherwise when
  // their claims end.
  await deps.store.outbox
    .release(deps.instanceId, 'others')
    .catch((error: unknown) => deps.log.error({ err: error }, 'deliveries were not released'))
  const dispatcher = createDispatcher(deps, () => deliveryRunner.start())
  const deliveryRunner = createJobRunner(deps, deliverWebhooks.name, dispatcher.startDue)
  const runners = schedule.map((job) =>
    job === deliverWebhooks
      ? deliveryRunner
      : createJobRunner(deps, job.name, (signal) => job.run(deps, signal)),
  )
  const stopClock = startClock(runners)
  deps.store.subscribe(({ touchesOutbox }) => {
    if (touchesOutbox) deliveryRunner.start()
  })
  const watch = startClockWatch(deps, () => runners[schedule.indexOf(correctTimes)]?.start())
  // The server may have been down when an hourly job was due.
  for (const runner of runners) runner.start()

  return {
    /** Stops the clock, then the running jobs, then the running deliveries. */
    stop: async () => {
      stopClock()
      await watch.stop()
      await Promise.all(runners.map((runner) => runner.stop()))
      await dispatcher.stop(DELIVERIES_GRACE_MS)
    },
  }
}

/** Starts each runner by its job's cron pattern. Returns a function that stops the clock. */
function startClock(runners: readonly JobRunner[]): () => void {
  const stops = schedule.map(({ name, pattern }, index) => {
    const run = () => runners[index]?.start()
    const clock = new Elysia().use(cron({ name, pattern, run, protect: true, catch: true }))
    return () => clock.store.cron[name]?.stop()
  })
  return () => {
    for (const stop of stops) stop()
  }
}
