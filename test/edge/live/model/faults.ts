import type { Random } from '../../../support/random.ts'
import { probe } from './clients.ts'
import type { ClusterEdge } from './cluster.ts'
import { createLicense, facts, type World } from './world.ts'

const GAP_MAX_MS = 1500
/** Longer than a lease. */
const LONG_MS = 7000
const SHORT_MS = 1200
const PRIMARY_PAUSE_MAX_MS = 3500
const PROBED_MAX = 5
const slow = { delayMs: 150 }
const narrow = { bytesPerSecond: 20_000 }
const dead = { isDead: true }

type Fault = (edge: ClusterEdge) => void

/** A line that is slow loses nothing. */
const delays: readonly Fault[] = [
  ({ network }) => network.change({ toServer: slow, toClient: slow }),
  ({ network }) => network.change({ toServer: { delayMs: 20 }, toClient: { delayMs: 300 } }),
  ({ network }) => network.change({ toServer: narrow, toClient: narrow }),
]

const networkFaults: readonly Fault[] = [
  ...delays,
  ({ network }) => network.cut(),
  ({ network }) => {
    network.change({ isRefusing: true })
    network.cut()
  },
  ({ network }) => network.change({ toServer: dead, toClient: dead }),
  ({ network }) => network.change({ toServer: dead }),
  ({ network }) => network.change({ toClient: dead }),
]

/** Slows down the network of one edge again and again. */
export async function slowDown(world: World, random: Random, edge: ClusterEdge): Promise<void> {
  while (world.isRunning) {
    random.pick(delays)?.(edge)
    await pause(world, random.below(SHORT_MS))
    edge.network.change({})
  }
}

/** Disturbs the network of one edge again and again, and pauses its process. */
export async function disturbEdge(world: World, random: Random, edge: ClusterEdge): Promise<void> {
  while (world.isRunning) {
    await pause(world, random.below(GAP_MAX_MS))
    const lengthMs = random.chance(0.3) ? LONG_MS : random.below(SHORT_MS)
    if (random.chance(0.15)) {
      await stopFor(world, lengthMs, edge.name, edge.signal)
    } else {
      random.pick(networkFaults)?.(edge)
      await pause(world, lengthMs)
      edge.network.change({})
    }
  }
}

/** Kills edges with SIGKILL and starts them again. */
export async function killEdges(world: World, random: Random): Promise<void> {
  while (world.isRunning) {
    await pause(world, random.below(2 * GAP_MAX_MS))
    const edge = random.pick(world.cluster.edges)
    if (edge === undefined || !world.isRunning) return
    world.kills.push({ edge: edge.name, atMs: performance.now() })
    await edge.kill()
    await pause(world, random.below(SHORT_MS))
    await edge.start()
  }
}

/** Pauses the primary, or kills it and starts it again, sometimes from an older backup. */
export async function disturbPrimary(world: World, random: Random): Promise<void> {
  const { cluster, gate, history } = world
  for (let round = 0; world.isRunning; round += 1) {
    await pause(world, random.below(2 * GAP_MAX_MS))
    const name = `backup-${round}.sqlite`
    const backup = await gate.close(async () => {
      const startedAtMs = performance.now()
      await cluster.backUp(name)
      return { startedAtMs, endedAtMs: performance.now() }
    })
    await pause(world, random.below(2 * GAP_MAX_MS))
    if (random.chance(0.3)) await pausePrimary(world, random)
    const restores = random.chance(0.6)
    await gate.close(async () => {
      const stoppedAtMs = performance.now()
      world.kills.push({ edge: null, atMs: stoppedAtMs })
      await cluster.killPrimary()
      if (restores) await cluster.restore(name)
      await cluster.startPrimary()
      const startedAtMs = performance.now()
      if (!restores) return
      world.hasRestored = true
      world.epochStartsAtMs = startedAtMs + world.boundMs
      world.taken.clear()
      const outage = { stoppedAtMs, startedAtMs, knownAtMs: world.epochStartsAtMs }
      history.restore(backup, outage, (fact) => (isSlotOfAnyone(world, fact) ? null : false))
      await goBack(world, random)
    })
  }
}

async function pausePrimary(world: World, random: Random): Promise<void> {
  const lengthMs = random.below(PRIMARY_PAUSE_MAX_MS)
  await stopFor(world, lengthMs, null, world.cluster.signalPrimary)
}

async function stopFor(
  world: World,
  lengthMs: number,
  edge: string | null,
  signal: (name: 'SIGSTOP' | 'SIGCONT') => void,
): Promise<void> {
  const stop = { edge, fromMs: performance.now(), untilMs: Number.POSITIVE_INFINITY }
  world.stops.push(stop)
  signal('SIGSTOP')
  await pause(world, lengthMs)
  signal('SIGCONT')
  stop.untilMs = performance.now()
}

/** Whether a fact is a place of an automatic license, which any validation may take again. */
function isSlotOfAnyone({ licenses }: World, fact: string): boolean {
  const [kind, id] = fact.split(' ')
  return kind === 'place' && licenses.some((each) => each.plan === 'automatic' && each.id === id)
}

/**
 * Goes on with the keys that the backup has, and replaces licenses that it does not have. Edges may still
 * know the others, so clients go on asking for them.
 */
async function goBack(world: World, random: Random): Promise<void> {
  const { history, licenses, retired } = world
  retired.length = 0
  for (const [slot, license] of licenses.entries()) {
    const keys = [...license.formerKeys, license.key]
    const holds = (key: string) => history.holds(facts.key(key)) === true
    const key = keys.find(holds)
    for (const gone of keys.filter((each) => !holds(each))) retired.push({ ...license, key: gone })
    licenses[slot] =
      key === undefined
        ? await createLicense(world, license.plan)
        : { ...license, key, formerKeys: keys.filter((each) => each !== key) }
  }
  for (const license of [...licenses, ...retired.slice(-PROBED_MAX)]) probe(world, random, license)
}

/** Waits, but not beyond the end of the run. */
async function pause(world: World, durationMs: number): Promise<void> {
  const endsAtMs = performance.now() + durationMs
  while (world.isRunning && performance.now() < endsAtMs) {
    await Bun.sleep(Math.max(0, Math.min(50, endsAtMs - performance.now())))
  }
}
