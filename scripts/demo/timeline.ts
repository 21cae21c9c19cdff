import { DAY_MS, HOUR_MS } from '~/domain/times.ts'
import type { DemoServer } from './server.ts'

/** Something that happens at a time. */
export interface Step {
  readonly atMs: number
  readonly run: (server: DemoServer) => Promise<unknown>
}

/** From here on, the timers of the server run every hour, so that what fails is tried again. */
const LAST_DAYS = 4

/** Steps in order of time. A step may add later ones. */
export interface Timeline {
  add(atMs: number, run: Step['run']): void
  /** Runs all steps before the end, and the timers of the server in between. */
  run(server: DemoServer): Promise<void>
}

export function createTimeline(endsAtMs: number): Timeline {
  const steps: Step[] = []

  /** Returns the earliest step, which is no longer in the timeline then. */
  function takeNext(): Step | undefined {
    const index = steps.reduce(
      (best, { atMs }, at) => (atMs < (steps[best]?.atMs ?? Infinity) ? at : best),
      0,
    )
    return steps.splice(index, 1)[0]
  }

  return {
    add(atMs, run) {
      if (atMs < endsAtMs) steps.push({ atMs, run })
    },
    async run(server) {
      let timersAtMs = server.nowMs()
      const runTimersUntil = async (untilMs: number) => {
        while (timersAtMs <= untilMs) {
          server.moveTo(timersAtMs)
          await server.runJobs()
          timersAtMs += timersAtMs < endsAtMs - LAST_DAYS * DAY_MS ? DAY_MS / 2 : HOUR_MS
        }
      }
      for (let step = takeNext(); step !== undefined; step = takeNext()) {
        await runTimersUntil(step.atMs)
        server.moveTo(step.atMs)
        await step.run(server)
      }
      await runTimersUntil(endsAtMs)
      server.moveTo(endsAtMs)
    },
  }
}
