import type { Run } from '../run.ts'
import { buildBodies } from '../seed.ts'
import { startLicet } from '../servers.ts'
import { type SteadyLoad, startSteadyLoad } from '../steady-load.ts'
import { buildCalls } from './blocking-calls.ts'
import { webhookSettings } from './drain.ts'

const VALIDATED = 1000
const VALIDATIONS_PER_SECOND = 500
/** The longest wait of this time comes from the machine, not from a call. */
const IDLE_MS = 3000
const SETTLE_MS = 300
const WAIT_MAX_MS = 100

/** Measures how long each call holds up a steady stream of validations. */
export async function measureBlocking(run: Run): Promise<void> {
  using workspace = await run.openWorkspace(run.licenses)
  const { keys, directory, licetDirectory, logPath } = workspace
  const amounts = {
    owned: run.licenses / 10,
    endpoints: 50,
    due: run.licenses / 10,
    rows: run.manyLicenses,
  }
  await using licet = await startLicet(licetDirectory, logPath, webhookSettings)
  // None of these is among those that a call makes expire.
  const bodies = buildBodies(keys).slice(-VALIDATED)
  await using load = await startSteadyLoad(
    licet.port,
    VALIDATIONS_PER_SECOND,
    { bodies },
    directory,
  )
  // The first validations are slower.
  await Bun.sleep(IDLE_MS)
  await measureCall(run, load, 'nothing', () => Bun.sleep(IDLE_MS))
  for (const [name, { prepare, run: call }] of buildCalls(licet, workspace, amounts)) {
    await prepare?.()
    await measureCall(run, load, name, call)
  }
}

async function measureCall(
  { report }: Run,
  load: SteadyLoad,
  name: string,
  call: () => Promise<unknown>,
): Promise<void> {
  await Bun.sleep(SETTLE_MS)
  await load.takeWaits()
  const startedAtMs = performance.now()
  await call()
  const durationMs = performance.now() - startedAtMs
  await Bun.sleep(SETTLE_MS)
  const { longestMs } = await load.takeWaits()
  report.add({
    name: `longest wait: ${name} (${Math.round(durationMs)} ms)`,
    values: [longestMs],
    unit: 'ms',
    target: { atMost: WAIT_MAX_MS },
  })
}
