import { cron } from '@elysiajs/cron'
import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { createMailSender } from '~/mail/sender.ts'
import { createDispatcher } from '~/webhooks/dispatcher.ts'
import { startClockWatch } from './clock-watch.ts'
import { correctTimes } from './correct-times.ts'
import { deliverWebhooks } from './deliver-webhooks.ts'
import type { Job } from './job.ts'
import { createLease } from './lease.ts'
import { processCheckout } from './process-checkout.ts'
import { createJobRunner, type JobRunner } from './runner.ts'
import { schedule } from './schedule.ts'
import { sendMails } from './send-mails.ts'

/** Part of the ten seconds that a shutdown may take. */
const ATTEMPTS_GRACE_MS = 3000

export type Timers = ReturnType<typeof startTimers>

/** Runs every job once and then on its schedule. Commits with events also start deliveries. */
export function startTimers(deps: Deps) {
  const dispatcher = createDispatcher(deps, () => deliveryRunner.start())
  const deliveryRunner = createJobRunner(deps, deliverWebhooks.name, dispatcher.startDue)
  const sender = deps.sendMail && createMailSender(deps, deps.sendMail, () => mailRunner.start())
  const mailRunner = createJobRunner(
    deps,
    sendMails.name,
    sender?.startDue ?? ((signal) => sendMails.run(deps, signal)),
  )
  const ownRunners = new Map([
    [deliverWebhooks, deliveryRunner],
    [sendMails, mailRunner],
  ])
  const runnerOf = new Map(
    schedule.map((job) => {
      const run = (signal: AbortSignal) => job.run(deps, signal)
      const lease = job.runsOn === 'one server' ? createLease(deps, job.name) : null
      return [job, ownRunners.get(job) ?? createJobRunner(deps, job.name, run, lease)]
    }),
  )
  deps.jobs.mount(runnerOf)
  const runners = [...runnerOf.values()]
  const isDue = (job: Job) => job.isDue?.(deps) ?? true
  const stopClock = startClock(runners, isDue)
  deps.store.subscribe(({ touchesOutbox, touchesMails, touchesCheckout }) => {
    if (touchesCheckout) runners[schedule.indexOf(processCheckout)]?.start()
    if (touchesOutbox) deliveryRunner.start()
    if (touchesMails) mailRunner.start()
  })
  const watch = startClockWatch(deps, () => runners[schedule.indexOf(correctTimes)]?.start())
  // The server may have been down when an hourly job was due.
  for (const [job, runner] of runnerOf) if (isDue(job)) runner.start()

  return {
    /** Stops the clock, then the running jobs, then the attempts of deliveries and mails. */
    stop: async () => {
      stopClock()
      await watch.stop()
      await Promise.all(runners.map((runner) => runner.stop()))
      const stops = [dispatcher.stop(ATTEMPTS_GRACE_MS), sender?.stop(ATTEMPTS_GRACE_MS)]
      for (const stop of await Promise.allSettled(stops)) {
        // They are released when their time is over. The rest of the shutdown goes on.
        if (stop.status === 'rejected') {
          deps.log.error({ err: stop.reason }, 'deliveries or emails were not released')
        }
      }
    },
  }
}

/** Starts each runner by its job's cron pattern. Returns a function that stops the clock. */
function startClock(runners: readonly JobRunner[], isDue: (job: Job) => boolean): () => void {
  const stops = schedule.map((job, index) => {
    const { name, pattern } = job
    const run = () => {
      if (isDue(job)) runners[index]?.start()
    }
    const clock = new Elysia().use(cron({ name, pattern, run, protect: true, catch: true }))
    return () => clock.store.cron[name]?.stop()
  })
  return () => {
    for (const stop of stops) stop()
  }
}
