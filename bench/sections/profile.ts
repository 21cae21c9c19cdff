import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { buildRequests, pickEachOnce, pickRandomFor, runLoad } from '../load.ts'
import type { Run } from '../run.ts'
import { buildBodies } from '../seed.ts'
import { source, startLicet } from '../servers.ts'

const SECONDS = 10
const SAMPLE_MICROS = 200
const LINES_MAX = 25
/** Where the thread waits for requests. */
const IDLE = /^\((?:idle|program|root)\)$/

/** The parts of a `.cpuprofile` that are used here. */
interface Profile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string }
  }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

/** Adds up where the thread that answers requests spends its time, function by function. */
export async function measureProfile(run: Run): Promise<void> {
  using workspace = await run.openWorkspace(run.licenses)
  const { keys, directory, licetDirectory, logPath } = workspace
  const [bun = '', ...script] = source
  const options = ['--cpu-prof', `--cpu-prof-dir=${directory}`]
  const command = [bun, ...options, `--cpu-prof-interval=${SAMPLE_MICROS}`, ...script]
  const requests = buildRequests(buildBodies(keys))
  {
    await using server = await startLicet(licetDirectory, logPath, {}, command)
    const plan = { port: server.port, connections: 32, requests }
    await runLoad({ ...plan, next: pickEachOnce(requests) })
    await runLoad({ ...plan, next: pickRandomFor(SECONDS, requests) })
  }
  const names = readdirSync(directory).filter((name) => name.endsWith('.cpuprofile'))
  const profile: Profile = await Bun.file(join(directory, names[0] ?? '')).json()
  const shares = addUp(profile)
  for (const [name, share] of shares.slice(0, LINES_MAX)) {
    run.report.add({ name, values: [share * 100], unit: '%' })
  }
}

/** Returns the share of each function in the time that is not idle, largest first. */
function addUp({ nodes, samples, timeDeltas }: Profile): [name: string, share: number][] {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, formatName(callFrame)]))
  const micros = new Map<string, number>()
  let total = 0
  for (const [index, id] of samples.entries()) {
    const name = names.get(id) ?? ''
    if (IDLE.test(name)) continue
    const delta = timeDeltas[index] ?? 0
    total += delta
    micros.set(name, (micros.get(name) ?? 0) + delta)
  }
  return [...micros]
    .map(([name, each]): [string, number] => [name, each / total])
    .toSorted(([, first], [, second]) => second - first)
}

/** Formats a function with its file. Functions of the runtime have no file. */
function formatName({ functionName, url }: Profile['nodes'][number]['callFrame']): string {
  const file = url.replace(/^.*\/(?:src|node_modules)\//, '') || 'Bun'
  return IDLE.test(functionName) ? functionName : `${functionName || 'anonymous'} (${file})`
}
