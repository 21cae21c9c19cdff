import { Fault } from '~/domain/faults.ts'
import type { Job } from './job.ts'
import type { Jobs } from './port.ts'
import type { JobRunner } from './runner.ts'
import { schedule } from './schedule.ts'

export interface JobBoard extends Jobs {
  /** Connects the jobs with their runners, once the server starts them. */
  mount(runners: ReadonlyMap<Job, JobRunner>): void
}

/** Creates a list of all jobs, which have no runners yet. */
export function createJobBoard(): JobBoard {
  let mounted: ReadonlyMap<Job, JobRunner> = new Map()
  return {
    list: () =>
      schedule.map((job) => ({
        name: job.name,
        description: job.description,
        pattern: job.pattern,
        isRunning: mounted.get(job)?.isRunning() ?? false,
        lastRun: mounted.get(job)?.lastRun() ?? null,
      })),
    async run(name) {
      const job = schedule.find((each) => each.name === name)
      if (job === undefined) return null
      const runner = mounted.get(job)
      if (runner === undefined) {
        throw new Fault('unavailable', 'The jobs have not been started yet. Try again in a moment.')
      }
      return runner.runNow()
    },
    mount: (runners) => {
      mounted = runners
    },
  }
}
