import { Argument } from 'commander'
import { assert } from '~/assert.ts'
import { schedule } from '~/jobs/schedule.ts'
import { runAlongside } from './alongside.ts'
import type { AddCommand } from './program.ts'
import { tableLines } from './table.ts'

export const addJobs: AddCommand = (program, readSettings) => {
  const jobs = program.command('jobs').description('list the jobs of the server and run one')
  const names = schedule.map(({ name }) => name)
  jobs
    .command('list')
    .description('list what the server does by the clock, and when (the first field is seconds)')
    .action(() => {
      const rows = schedule.map(({ name, pattern, description }) => [name, pattern, description])
      for (const line of tableLines([['NAME', 'WHEN', 'WHAT'], ...rows])) console.log(line)
    })
  jobs
    .command('run')
    .description('run one round of a job now, also beside a server')
    .addArgument(new Argument('<name>', 'as licet jobs list shows it').choices(names))
    .action(async (name: string) => {
      const job = schedule.find((each) => each.name === name)
      assert(job !== undefined, 'the choices are the schedule')
      const processed = await runAlongside(readSettings(), (deps) =>
        job.run(deps, untilInterrupted()),
      )
      console.log(`${name}: ${processed} processed`)
    })
}

/** Ctrl-C ends the round between two steps, so that nothing stays claimed; a second one at once. */
function untilInterrupted(): AbortSignal {
  const interrupted = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => interrupted.abort())
  return interrupted.signal
}
