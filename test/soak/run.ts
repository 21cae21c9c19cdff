import type { Random } from '../support/random.ts'
import { checkEverything } from './check.ts'
import {
  type Fault,
  type Outcome,
  requireSuccess,
  restart,
  type Soak,
  waitForChanges,
} from './fault.ts'
import { copyFaults } from './faults/copies.ts'
import { damageFaults } from './faults/damage.ts'
import { diskFaults } from './faults/disks.ts'
import { killFaults } from './faults/kills.ts'
import { seatFaults } from './faults/seats.ts'
import { secretFaults } from './faults/secrets.ts'
import { sweepFaults } from './faults/sweeps.ts'
import { timeFaults } from './faults/times.ts'
import { runClient } from './operations.ts'
import { startReceivers } from './receivers.ts'
import { openWorld, type World } from './world.ts'

const CLIENTS = 12
/** The shares of the changes after which the next fault comes. */
const CHANGES_SPREAD = [0.2, 1.8] as const
const FAULTS_PER_KILL_MAX = 2

export const faults: readonly Fault[] = [
  ...killFaults,
  ...sweepFaults,
  ...seatFaults,
  ...copyFaults,
  ...secretFaults,
  ...diskFaults,
  ...damageFaults,
  ...timeFaults,
]

export interface FaultsRun {
  readonly root: string
  readonly engine: 'sqlite' | 'postgres'
  readonly env: Readonly<Record<string, string>>
  readonly random: Random
  readonly kills: number
  readonly changes: number
  /** Only these faults, if there are any. */
  readonly only: readonly string[]
  readonly onProgress: (text: string) => void
}

export interface FaultsResult {
  readonly outcomes: ReadonlyMap<string, Outcome>
  readonly notPossible: readonly string[]
  readonly world: World
  readonly events: number
  readonly deliveries: number
  readonly hangingAttempts: number
  /** How long the good receiver took to get everything after the load, beside one that hangs. */
  readonly drainMs: number | null
  readonly seconds: number
}

/** Makes faults under load until there were enough kills and changes, then checks everything. */
export async function runFaults(run: FaultsRun): Promise<FaultsResult> {
  const startedAtMs = performance.now()
  await using receivers = await startReceivers()
  await using world = await openWorld({ ...run, name: 'data', random: run.random.fork('world') })
  await receivers.subscribe(world)
  world.life.open()
  let isOver = false
  const clients = Array.from({ length: CLIENTS }, (_, index) =>
    runClient(world, `client-${index}`, 'faults', () => isOver),
  )
  const load = Promise.all(clients)
  const { outcomes, notPossible } = await Promise.race([
    makeFaults(run, world),
    load.then(() => Promise.reject(new Error('The load has ended.'))),
  ])
  isOver = true
  await load
  // The last server ends by itself, and must write everything.
  run.onProgress('checking everything')
  await world.life.stop()
  if (run.engine === 'sqlite') await requireSuccess(run, world, 'in the end', ['check'])
  const soak = { world, outcome: createOutcome() } as Soak
  await restart(soak, world)
  const ids = await checkEverything(world)
  run.onProgress(`waiting for ${ids.length} deliveries`)
  const drainMs = await receivers.waitFor(ids)
  if (drainMs === null) {
    const missing = ids.filter((id) => !receivers.arrivedIds.has(id)).length
    world.find('lost', `${missing} of ${ids.length} deliveries`)
  }
  return {
    outcomes,
    notPossible,
    world,
    events: ids.length,
    deliveries: receivers.deliveries(),
    hangingAttempts: receivers.hanging.requests.length,
    drainMs,
    seconds: (performance.now() - startedAtMs) / 1000,
  }
}

const createOutcome = (): Outcome => ({
  times: 0,
  kills: 0,
  refused: 0,
  lost: 0,
  wrong: 0,
  recoveredMs: [],
})

async function makeFaults(run: FaultsRun, world: World) {
  const random = run.random.fork('faults')
  const chosen = faults.filter(
    ({ name, engines }) =>
      engines.includes(run.engine) &&
      (run.only.length === 0 || run.only.some((word) => name.includes(word))),
  )
  const possible = chosen.filter(({ isPossible }) => isPossible?.() !== false)
  const outcomes = new Map(possible.map(({ name }) => [name, createOutcome()]))
  const names = createNames()
  let kills = 0
  // Some faults kill nothing, so a run of them alone ends too.
  const isOver = (index: number) =>
    index >= possible.length &&
    (kills >= run.kills || index >= run.kills * FAULTS_PER_KILL_MAX) &&
    world.ledger.count() >= run.changes
  for (let index = 0; !isOver(index); index += 1) {
    const fault = pickFault(possible, index, random)
    const outcome = outcomes.get(fault.name) ?? createOutcome()
    await waitForChanges(world, pickChanges(run, random))
    const [found, before] = [world.findings.length, outcome.kills]
    if (fault.isApart === true) world.life.close()
    await fault.run({ world, root: run.root, random, outcome, nextName: names }).catch((error) => {
      // The other world still runs, and its results count.
      if (fault.isApart !== true) throw error
      world.find('wrong', `the fault could not be completed: ${error}`)
    })
    world.life.open()
    outcome.times += 1
    kills += outcome.kills - before
    for (const finding of world.findings.slice(found)) {
      outcome[finding.kind] += 1
      run.onProgress(`${fault.name}: ${finding.kind}: ${finding.text}`)
    }
    if (index % 25 === 24) run.onProgress(`${kills} kills, ${world.ledger.count()} changes`)
  }
  const notPossible = chosen.filter((fault) => !possible.includes(fault)).map(({ name }) => name)
  return { outcomes, notPossible }
}

function createNames(): () => string {
  let count = 0
  return () => `side-${++count}`
}

/** Each fault comes once at first, then according to its share. */
function pickFault(possible: readonly Fault[], index: number, random: Random): Fault {
  const first = possible[index]
  const weighted = possible.flatMap((fault) => Array<Fault>(fault.share).fill(fault))
  const fault = first ?? random.pick(weighted)
  if (fault === undefined) throw new Error('There is no such fault.')
  return fault
}

function pickChanges({ kills, changes }: FaultsRun, random: Random): number {
  const [least, most] = CHANGES_SPREAD
  const average = changes / kills
  return Math.max(1, Math.floor(average * (least + (random.below(1000) / 1000) * (most - least))))
}
