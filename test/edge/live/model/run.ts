import { expect } from 'bun:test'
import { createRandom, type Random } from '../../../support/random.ts'
import { callEdge, runClient } from './clients.ts'
import { type ClusterEdge, type EdgePlan, type OpenEdge, startCluster } from './cluster.ts'
import { disturbEdge, disturbPrimary, killEdges, slowDown } from './faults.ts'
import { expectExactUsage } from './usage.ts'
import { runVendor } from './vendors.ts'
import { createWorld, facts, type World } from './world.ts'

const CLIENTS = 20
const VENDORS = 3
const LICENSES = 9
/** Seconds are enough, but not for a machine that runs many tests at once. */
const HEAL_MAX_MS = 90_000

const edgePlans: readonly EdgePlan[] = [
  { name: 'strict-1', staleSeconds: 0 },
  { name: 'strict-2', staleSeconds: 0 },
  { name: 'stale', staleSeconds: 3 },
]

export interface ModelOptions {
  readonly seed: number
  readonly seconds: number
  /** Slow lines only, all that a network can do, and killed edges, or also a killed primary. */
  readonly faults: 'slow lines' | 'network' | 'edges' | 'all'
  /** Starts the edges, or substitutes for them. */
  readonly open?: OpenEdge
}

/** Runs clients, vendors and faults against one primary and three edges. Throws what contradicts. */
export async function runModel(options: ModelOptions): Promise<World['figures']> {
  const { seed, seconds, faults, open } = options
  const withEdges = open === undefined
  await using cluster = await startCluster(edgePlans, open)
  const world = await createWorld(cluster, LICENSES, withEdges)
  const random = createRandom(seed)
  const disturb = faults === 'slow lines' ? slowDown : disturbEdge
  const actors = [
    ...Array.from({ length: CLIENTS }, (_, at) => runClient(world, random.fork(`client ${at}`))),
    ...Array.from({ length: VENDORS }, (_, at) =>
      runVendor(world, random.fork(`vendor ${at}`), listSlots(at)),
    ),
    ...cluster.edges.map((edge) => disturb(world, random.fork(edge.name), edge)),
    ...(faults === 'edges' || faults === 'all' ? [killEdges(world, random.fork('kills'))] : []),
    ...(faults === 'all' ? [disturbPrimary(world, random.fork('primary'))] : []),
  ]
  const endsAtMs = performance.now() + seconds * 1000
  const all = Promise.all(actors).finally(() => {
    world.isRunning = false
  })
  while (world.isRunning && performance.now() < endsAtMs && world.contradictions.length === 0) {
    await Promise.race([all, Bun.sleep(20)])
  }
  world.isRunning = false
  await all
  await Promise.all(world.probes)
  const [contradiction] = world.contradictions
  if (contradiction !== undefined) throw new Error(`With the seed ${seed}: ${contradiction}`)
  await waitUntilHealed(world)
  await expectLimits(world)
  await expectExactUsage(world)
  for (const edge of cluster.edges) await expectAgreement(world, edge, random)
  return world.figures
}

const listSlots = (vendor: number) =>
  Array.from({ length: LICENSES }, (_, slot) => slot).filter((slot) => slot % VENDORS === vendor)

/** Waits until every edge is connected and has delivered what it has counted. */
async function waitUntilHealed({ cluster }: World): Promise<void> {
  const endsAtMs = performance.now() + HEAL_MAX_MS
  for (const edge of cluster.edges) {
    for (let waiting = await edge.countWaiting(); waiting !== 0; ) {
      expect(performance.now(), `${edge.name} heals: ${waiting} wait`).toBeLessThan(endsAtMs)
      await Bun.sleep(50)
      waiting = await edge.countWaiting()
    }
  }
}

/** Checks that no license has more activations than slots. */
async function expectLimits({ cluster, licenses }: World): Promise<void> {
  for (const { id } of licenses) {
    const { body: license } = await cluster.send('GET', `/api/v1/licenses/${id}`)
    const { body } = await cluster.send('GET', `/api/v1/licenses/${id}/activations`)
    for (const [kind, used] of [
      ['domain', license.domains_count],
      ['device', license.devices],
    ]) {
      const listed = body.data.filter((each: { kind: string }) => each.kind === kind)
      expect(listed.length, `${kind} slots of ${id}`).toBeLessThanOrEqual(2)
      expect(used, `${kind} slots of ${id}`).toBe(listed.length)
    }
  }
}

/** Repeats what the edge cannot answer, because a busy machine may take longer than it waits for the primary. */
async function validate(edge: ClusterEdge, key: string, random: Random): Promise<boolean | null> {
  for (;;) {
    const response = await callEdge(edge, 'validate', { key }, random)
    if (response === null || response === 'down') return null
    if (response.status !== 503) return response.body.valid
    await Bun.sleep(50)
  }
}

/** Checks that an edge follows two commands that waited for it, right after them. */
async function expectAgreement(world: World, edge: ClusterEdge, random: Random): Promise<void> {
  const { cluster, history, licenses, hasEdges } = world
  const license = licenses.find(
    (each) => each.plan === 'automatic' && history.holds(facts.key(each.key)) === true,
  )
  if (license === undefined) return
  const count = hasEdges ? cluster.edges.length : 0
  const all = `${count}/${count}`
  const prefer = { prefer: 'wait=10' }
  const change = async (action: string) => {
    const path = `/api/v1/licenses/${license.id}/${action}`
    const { headers } = await cluster.send('POST', path, undefined, prefer)
    if (headers.has('licet-edges')) expect(headers.get('licet-edges')).toBe(all)
    return validate(edge, license.key, random)
  }
  await change('reinstate')
  for (const [action, isValid] of [
    ['suspend', false],
    ['reinstate', true],
    ['suspend', false],
  ] as const) {
    expect(await change(action), `${edge.name} after ${action}`).toBe(isValid)
  }
}
