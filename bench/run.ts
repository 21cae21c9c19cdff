import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { createReport, type Report } from './report.ts'
import { measureBatches } from './sections/batch.ts'
import { measureBlocking } from './sections/blocking.ts'
import { measureCreation } from './sections/create.ts'
import { measureDrain } from './sections/drain.ts'
import { measureEdge } from './sections/edge.ts'
import { measureInbox } from './sections/inbox.ts'
import { measureLists } from './sections/lists.ts'
import { measureMemory } from './sections/memory.ts'
import { measureMisses } from './sections/miss.ts'
import { measureNodes } from './sections/nodes.ts'
import { measureProfile } from './sections/profile.ts'
import { measureRefusals } from './sections/refuse.ts'
import { measureSlots } from './sections/slots.ts'
import { measureStart } from './sections/start.ts'
import { measureSweep } from './sections/sweep.ts'
import { measureValidation } from './sections/validate.ts'
import { openWorkspace, type Workspace } from './seed.ts'

/** The run as each section sees it. */
export interface Run {
  readonly report: Report
  readonly rounds: number
  /** Duration of one turn. */
  readonly seconds: number
  /** Licenses of a busy vendor, who fills the default cache, and of a very large one. */
  readonly licenses: number
  readonly manyLicenses: number
  readonly openWorkspace: (licenses: number) => Promise<Workspace>
}

const sections: Readonly<Record<string, (run: Run) => Promise<void>>> = {
  validate: measureValidation,
  miss: measureMisses,
  refuse: measureRefusals,
  slots: measureSlots,
  create: measureCreation,
  batch: measureBatches,
  drain: measureDrain,
  sweep: measureSweep,
  inbox: measureInbox,
  lists: measureLists,
  start: measureStart,
  memory: measureMemory,
  blocking: measureBlocking,
  edge: measureEdge,
  nodes: measureNodes,
  profile: measureProfile,
}

const help = `Measures Licet and prints one table: figures, targets, and whether they are met.

Usage:
  bench/run [SECTION…]   all sections, or some of: ${Object.keys(sections).join(', ')}

Options (default):
  --quick          short turns and a tenth of the licenses, to try things out
  --markdown       print the table as Markdown
  --rounds N       rounds in which everything that is compared is measured once (5)
  --seconds N      duration of one turn of a round (4)
  --directory DIR  where seeded databases are kept for the next run, 4 GB in all (${tmpdir()})`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    directory: { type: 'string', default: tmpdir() },
    help: { type: 'boolean', default: false },
  },
})
const unknown = positionals.filter((name) => !(name in sections))

if (values.help) console.log(help)
else if (unknown.length > 0) {
  console.error(`There is no section ${unknown.join(', ')}. See bench/run --help.`)
  process.exitCode = 2
} else await measure(positionals.length > 0 ? positionals : Object.keys(sections))

async function measure(names: readonly string[]): Promise<void> {
  const { quick, markdown, directory } = values
  const report = createReport(markdown)
  const run: Run = {
    report,
    rounds: Number(values.rounds ?? (quick ? 3 : 5)),
    seconds: Number(values.seconds ?? (quick ? 1 : 4)),
    licenses: quick ? 10_000 : 100_000,
    manyLicenses: quick ? 100_000 : 1_000_000,
    openWorkspace: (licenses) => openWorkspace(resolve(directory), licenses),
  }
  report.begin(describeMachine())
  for (const name of names) {
    report.beginSection(name)
    try {
      await sections[name]?.(run)
    } catch (error) {
      // The other sections are worth their time nevertheless.
      console.error(error)
      process.exitCode = 1
    }
  }
  report.end()
}

function describeMachine(): string {
  const git = Bun.spawnSync(['git', 'describe', '--always', '--dirty', '--exclude=*'])
  const [processor] = cpus()
  return [
    `revision ${git.stdout.toString().trim()}`,
    `Bun ${Bun.version}`,
    `${cpus().length} × ${processor?.model}`,
    `${Math.round(totalmem() / 2 ** 30)} GB`,
    `${process.platform} ${release()}`,
    `load average before the run ${loadavg()[0]?.toFixed(2)}`,
  ].join(', ')
}
