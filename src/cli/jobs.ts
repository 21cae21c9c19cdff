import { Argument } from 'commander'
import { assert } from '~/assert.ts'
import type { Deps } from '~/deps.ts'
import { resumeClock } from '~/jobs/clock-watch.ts'
import { schedule } from '~/jobs/schedule.ts'
import { printLine, printTable } from './print.ts'
import type { AddCommand } from './program.ts'
import { withRuntime } from './runtime.ts'

const scheduleFormat = `
A schedule is a cron pattern with seconds: second minute hour day month weekday.`

export const addJobs: AddCommand = (program, readSettings) => {
  const jobs = program.command('jobs').description('list background jobs, or run one now')
  const names = schedule.map(({ name }) => name)
  jobs
    .command('list')
    .description('list all jobs with their schedules')
    .addHelpText('after', scheduleFormat)
    .action(() => {
      const rows = schedule.map(({ name, pattern, description }) => [name, pattern, description])
      printTable([['NAME', 'SCHEDULE', 'DESCRIPTION'], ...rows])
    })
  jobs
    .command('run')
    .description('run a job once, now; a server may be running')
    .addArgument(new Argument('<name>', 'the name of the job').choices(names))
    .option('--trust-clock', 'also delete what is old only by a clock that is far ahead')
    .action(async (name: string, { trustClock }: { trustClock?: true }) => {
      const job = schedule.find((each) => each.name === name)
      assert(job !== undefined, 'commander accepts only names of the schedule')
      const processed = await withRuntime(readSettings(), async (deps) => {
        if (trustClock) await recordClock(deps)
        await resumeClock(deps)
        return job.run(deps, createInterruptSignal())
      })
      printLine(`${name}: ${processed} processed`)
    })
}

/** Records that the time by the clock has certainly been reached. */
async function recordClock({ store, clock }: Deps): Promise<void> {
  const nowMs = clock.nowMs()
  await store.maintenance.recordTime(() => ({ trustedMs: nowMs, nowMs }))
}

/** Aborts at the first Ctrl-C, so that claimed deliveries are released; the second one exits. */
function createInterruptSignal(): AbortSignal {
  const interrupted = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => interrupted.abort())
  return interrupted.signal
}
