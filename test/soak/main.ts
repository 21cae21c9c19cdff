import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { nodeEnvironment } from '../support/nodes.ts'
import { createScratchSchema } from '../support/postgres.ts'
import { createRandom } from '../support/random.ts'
import { describeFaults, describeMachine, describeSteady } from './report.ts'
import { faults, runFaults } from './run.ts'
import { runSteady } from './steady.ts'
import type { Finding } from './world.ts'

const FINDINGS_SHOWN = 20

const help = `Kills a server over and over under load, and checks that nothing that it acknowledged is lost.

Usage:
  scripts/soak [options]

Options (default):
  --kills N        kills of a server or command, at least (100)
  --changes N      acknowledged changes, at least (20000)
  --only WORDS     only faults whose name contains WORDS; may be repeated
  --steady TIME    instead of kills, a steady load for this long, such as 90s, 10m or 1h
  --rate N         requests per second of the steady load (200)
  --engine NAME    sqlite or postgres (sqlite)
  --seed N         repeats the choices of an earlier run (random)
  --directory DIR  where data directories and ledgers are written (${tmpdir()})
  --markdown       print the tables as Markdown

Faults:
${faults.map(({ name }) => `  ${name}`).join('\n')}

The choices of faults and operations follow from the seed. When a kill hits depends on the machine, so a repeated
run kills at similar moments, not at the same ones. Each acknowledged change is a line in a ledger that is synced to
disk before it counts. If anything is lost or wrong, the exit code is 1, and the directory is kept.`

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    changes: { type: 'string', default: '20000' },
    only: { type: 'string', multiple: true, default: [] },
    steady: { type: 'string' },
    rate: { type: 'string', default: '200' },
    engine: { type: 'string', default: 'sqlite' },
    seed: { type: 'string' },
    directory: { type: 'string', default: tmpdir() },
    markdown: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 }

if (values.help) console.log(help)
else {
  const problem = findProblem()
  if (problem === null) await run()
  else {
    console.error(`${problem} See scripts/soak --help.`)
    process.exitCode = 2
  }
}

function findProblem(): string | null {
  const numbers = ['kills', 'changes', 'rate', 'seed'] as const
  const bad = numbers.find((name) => !/^\d{1,9}$/.test(values[name] ?? '1'))
  if (bad !== undefined) return `--${bad} must be a whole number.`
  if (Number(values.kills) === 0 || Number(values.rate) === 0) {
    return '--kills and --rate must be at least 1.'
  }
  if (!['sqlite', 'postgres'].includes(values.engine)) return '--engine must be sqlite or postgres.'
  if (values.steady !== undefined && parseDuration(values.steady) === null) {
    return '--steady must be a time, such as 90s, 10m or 1h.'
  }
  const unknown = values.only.find((words) => !faults.some(({ name }) => name.includes(words)))
  return unknown === undefined ? null : `There is no fault whose name contains ${unknown}.`
}

function parseDuration(text: string): number | null {
  const [, count, unit = ''] = /^(\d{1,6})([smh])$/.exec(text) ?? []
  return count === undefined ? null : Number(count) * (units[unit] ?? 0)
}

async function run(): Promise<void> {
  const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000))
  const root = mkdtempSync(join(resolve(values.directory), 'licet-soak-'))
  console.log(`${describeMachine()}, ${values.engine}, seed ${seed}, in ${root}\n`)
  const onProgress = (text: string) => console.error(`${new Date().toISOString()} ${text}`)
  const engine = values.engine === 'postgres' ? 'postgres' : 'sqlite'
  await using scratch = engine === 'postgres' ? await createScratchSchema() : null
  const env = scratch === null ? {} : nodeEnvironment(scratch)
  const base = { root, env, random: createRandom(seed), onProgress }
  const durationMs = parseDuration(values.steady ?? '')
  let findings: readonly Finding[]
  let isFlat = true
  if (durationMs === null) {
    const [kills, changes] = [Number(values.kills), Number(values.changes)]
    const result = await runFaults({ ...base, engine, kills, changes, only: values.only })
    console.log(describeFaults(result, values.markdown))
    findings = result.world.findings
  } else {
    const requestsPerSecond = Number(values.rate)
    const result = await runSteady({ ...base, durationMs, requestsPerSecond })
    console.log(describeSteady(result, values.markdown))
    findings = result.findings
    isFlat = result.lines.every((line) => line.isFlat)
  }
  for (const { kind, text } of findings.slice(0, FINDINGS_SHOWN)) console.log(`${kind}: ${text}`)
  if (findings.length === 0) rmSync(root, { recursive: true })
  process.exitCode = findings.length === 0 && isFlat ? 0 : 1
}
