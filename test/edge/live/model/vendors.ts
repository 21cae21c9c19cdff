import { expect } from 'bun:test'
import type { TestResponse } from '../../../support/app.ts'
import type { Random } from '../../../support/random.ts'
import { callEdge, probe } from './clients.ts'
import type { FactChange, FactName } from './history.ts'
import { createLicense, facts, type ModelLicense, pickPlace, plans, type World } from './world.ts'

const PAUSE_MAX_MS = 150
/** Seconds that commands wait for the edges; most do not. */
const waits = [null, null, 1, 6] as const

interface Command {
  readonly method: string
  readonly path: string
  readonly body?: object
  /** The facts that it changes. */
  readonly makes: readonly (readonly [name: FactName, holds: boolean])[]
}

/** Changes the licenses of some slots until the run ends, one command after the other. */
export async function runVendor(
  world: World,
  random: Random,
  slots: readonly number[],
): Promise<void> {
  while (world.isRunning) {
    await world.gate.pass(async () => {
      const slot = random.pick(slots) ?? 0
      await changeOne(world, random, slot)
    })
    await Bun.sleep(random.below(PAUSE_MAX_MS))
  }
}

/** Runs one command on the license of a slot, or its plan. */
async function changeOne(world: World, random: Random, slot: number): Promise<void> {
  const license = world.licenses[slot]
  if (license === undefined) return
  const { history } = world
  // Most of the time, licenses are valid.
  if (history.holds(facts.status(license)) !== true) return changeStatus(world, random, license)
  const isOwnPlan = slot < plans.length
  if (isOwnPlan && history.holds(facts.feature(license.plan)) !== true) {
    return changePlan(world, random, license)
  }
  const choice = random.below(20)
  if (choice < 4) await changeStatus(world, random, license)
  else if (choice < 7 && isOwnPlan) await changePlan(world, random, license)
  else if (choice < 9) await rotateKey(world, random, slot)
  else if (choice < 11) await replace(world, random, slot)
  else if (license.plan === 'explicit') await changePlace(world, random, license)
}

async function changeStatus(world: World, random: Random, license: ModelLicense): Promise<void> {
  const status = facts.status(license)
  const holds = world.history.holds(status) === true
  await runCommand(world, random, {
    method: 'POST',
    path: `/api/v1/licenses/${license.id}/${holds ? 'suspend' : 'reinstate'}`,
    makes: [[status, !holds]],
  })
  probe(world, random, license)
}

async function changePlan(world: World, random: Random, license: ModelLicense): Promise<void> {
  const { plan } = license
  const feature = facts.feature(plan)
  const holds = world.history.holds(feature) === true
  await runCommand(world, random, {
    method: 'PUT',
    path: `/api/v1/plans/${plan}`,
    body: { features: { export: !holds } },
    makes: [[feature, !holds]],
  })
  probe(world, random, license)
}

async function rotateKey(world: World, random: Random, slot: number): Promise<void> {
  const license = world.licenses[slot]
  if (license === undefined) return
  const { body } = await runCommand(world, random, {
    method: 'POST',
    path: `/api/v1/licenses/${license.id}/rotate-key`,
    body: {},
    makes: [[facts.key(license.key), false]],
  })
  world.history.note(facts.key(body.key), true, performance.now())
  const formerKeys = [...license.formerKeys, license.key]
  world.licenses[slot] = { ...license, key: body.key, formerKeys }
  world.retired.push(license)
  probe(world, random, license)
}

/** Revokes a license, and creates another instead. */
async function replace(world: World, random: Random, slot: number): Promise<void> {
  const license = world.licenses[slot]
  if (license === undefined) return
  await runCommand(world, random, {
    method: 'POST',
    path: `/api/v1/licenses/${license.id}/revoke`,
    makes: [[facts.status(license), false]],
  })
  world.retired.push(license)
  probe(world, random, license)
  world.licenses[slot] = await createLicense(world, license.plan)
}

/** Activates a domain through an edge, or removes it. */
async function changePlace(world: World, random: Random, license: ModelLicense): Promise<void> {
  const { history, cluster, lostPlaces } = world
  const place = pickPlace(license.plan, random)
  const name = facts.place(license, place)
  if (lostPlaces.has(name)) return
  if (history.holds(name) !== true) {
    await activate(world, random, license, place)
    return
  }
  const path = `/api/v1/licenses/${license.id}/activations`
  if (random.chance(0.5)) return
  const { body } = await cluster.send('GET', path)
  const found = body.data.find(({ value }: { value: string }) => value === place.domain)
  expect(found, `${name} is listed`).toBeDefined()
  await runCommand(world, random, {
    method: 'DELETE',
    path: `${path}/${found.id}`,
    makes: [[name, false]],
  })
  probe(world, random, license)
}

async function activate(
  world: World,
  random: Random,
  license: ModelLicense,
  place: object & { readonly domain?: string },
): Promise<void> {
  const edge = random.pick(world.cluster.edges)
  if (edge === undefined || edge.url() === null) return
  const name = facts.place(license, { domain: place.domain ?? '' })
  const before = world.history.holds(name)
  const change = world.history.begin(name, performance.now())
  const response = await callEdge(edge, 'activate', { key: license.key, ...place }, random)
  const isKnown = response !== null && response !== 'down' && response.status !== 503
  // It may still arrive at a primary that is paused.
  if (!isKnown) world.lostPlaces.add(name)
  else settle(change, response.status === 200 || before, performance.now())
}

/** Runs a command, and notes from when on no edge may answer from what was before. */
async function runCommand(
  { cluster, history, figures, boundMs, hasEdges }: World,
  random: Random,
  { method, path, body, makes }: Command,
): Promise<TestResponse> {
  const wait = random.pick(waits) ?? null
  const changes = makes.map(
    ([name, holds]) => [history.begin(name, performance.now()), holds] as const,
  )
  const headers: Record<string, string> = wait === null ? {} : { prefer: `wait=${wait}` }
  const response = await cluster.send(method, path, body, headers)
  const nowMs = performance.now()
  expect(response.status, `${method} ${path}: ${response.text}`).toBeOneOf([200, 204])
  figures.commands += 1
  const isWaited = wait !== null && hasEdges
  const knownAtMs = isWaited ? readKnownAt(response, nowMs) : nowMs + boundMs
  if (isWaited) figures[knownAtMs === nowMs ? 'waited' : 'timedOut'] += 1
  for (const [change, holds] of changes) settle(change, holds, nowMs, knownAtMs)
  return response
}

function settle(change: FactChange, holds: boolean | null, nowMs: number, knownAtMs = nowMs): void {
  Object.assign(change, { holds, acknowledgedAtMs: nowMs, knownAtMs })
}

/** Returns when the last edge knows of a change: now, or at the time that the response states. */
function readKnownAt({ headers }: TestResponse, nowMs: number): number {
  const edges = headers.get('licet-edges')
  const [, done, all] = /^(\d+)\/(\d+)$/.exec(edges ?? '') ?? []
  expect(done, `Licet-Edges: ${edges}`).toBeDefined()
  if (done === all) return nowMs
  const until = headers.get('licet-edges-until')
  const untilMs = Date.parse(until ?? '')
  expect(untilMs, `Licet-Edges-Until: ${until}`).not.toBeNaN()
  // Exact to the millisecond, and never before now.
  return nowMs + Math.max(0, untilMs - Date.now()) + 1
}
