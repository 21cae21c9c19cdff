import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { LicetAdmin } from '../../src/admin.ts'
import { Licet, LicetProblem, NoAnswer, type Store } from '../../src/index.ts'
import { parseObject } from '../../src/json.ts'
import { createMemoryStore } from '../../src/store.ts'
import { assertMatches } from '../conformance/matches.ts'
import { readVectors } from '../conformance/vectors.ts'
import { type Fixture, readLog, type SeenRequest, startFixture } from './fixture.ts'

interface Step {
  readonly call: string
  readonly with?: { readonly fresh?: boolean; readonly features?: readonly string[] }
  readonly client?: 'restarted' | 'empty'
  readonly times?: number
  readonly withinMs?: number
  readonly expected: Readonly<Record<string, unknown>>
  readonly problem?: string
  readonly thenRequests?: number
}

interface Requests {
  readonly min: number
  readonly max: number
  readonly paths?: readonly string[]
  readonly gapsMs?: readonly number[]
  readonly has?: readonly string[]
  readonly hasNot?: readonly string[]
  readonly sameHeader?: string
  readonly distinctMember?: string
}

interface Scenario {
  readonly id: string
  readonly description: string
  readonly client: {
    readonly key: string
    readonly product: string
    readonly fingerprint: string
    readonly pinned: boolean
    readonly timeoutMs: number
  }
  readonly steps: readonly Step[]
  readonly requests: Requests
}

interface HttpVectors {
  readonly publicKeys: readonly string[]
  readonly scenarios: readonly Scenario[]
}

const { publicKeys, scenarios } = readVectors<HttpVectors>('http.json')
let fixture: Fixture

before(async () => {
  fixture = await startFixture()
})
after(() => fixture[Symbol.asyncDispose]())

/** No page may call the routes of vendors: their API key must not be part of an app. */
const forVendors = ({ steps }: Scenario) => steps.some(({ call }) => call.startsWith('admin.'))
const isPage = 'document' in globalThis

for (const scenario of scenarios.filter((each) => !(isPage && forVendors(each)))) {
  test(`http.json, ${scenario.id}: ${scenario.description}`, { timeout: 120_000 }, () =>
    play(scenario),
  )
}

async function play({ id, client, steps, requests }: Scenario): Promise<void> {
  const url = `${fixture.url}/s/${encodeURIComponent(id)}/${randomUUID()}`
  let store = createMemoryStore()
  let player = createPlayer(url, client, store)
  for (const step of steps) {
    if (step.client === 'empty') store = createMemoryStore()
    if (step.client !== undefined) player = createPlayer(url, client, store)
    await playStep(player, step)
    await waitForRequests(url, step.thenRequests ?? 0)
    await player.licet.whenIdle()
  }
  checkRequests(await readLog(url), requests)
}

interface Player {
  readonly licet: Licet
  readonly problems: unknown[]
  run(step: Step): Promise<unknown>
}

function createPlayer(url: string, client: Scenario['client'], store: Store): Player {
  const { key, product, fingerprint, pinned, timeoutMs } = client
  const problems: unknown[] = []
  const licet = new Licet({
    url,
    appId: 'com.example.conformance',
    key,
    product,
    store,
    timeoutMs,
    publicKeys: pinned ? publicKeys : [],
    onProblem: (problem) => problems.push(problem),
  })
  const seat = 'seat_01kf0000000000000000000003'
  const order = { plan: 'professional', customer_email: 'dev@example.com' }
  const calls: Readonly<Record<string, (step: Step) => Promise<unknown>>> = {
    check: async (step) => ({ state: await licet.check({ fingerprint, ...step.with }) }),
    validate: async () => ({ verdict: await licet.validate({ fingerprint }) }),
    activate: () => licet.activate({ fingerprint }),
    deactivate: () => licet.deactivate({ fingerprint }),
    'seats.acquire': () => licet.seats.acquire({ fingerprint }),
    'seats.renew': () => licet.seats.renew(seat),
    'seats.release': async () => {
      await licet.seats.release(seat)
      return { ok: true }
    },
    'admin.licenses.create': () => new LicetAdmin(url, 'licet_fake').licenses.create(order),
  }
  const run = async (step: Step) => {
    const call = calls[step.call]
    if (call === undefined) throw new Error(`The call ${step.call} is unknown.`)
    return call(step).catch(describeError)
  }
  return { licet, problems, run }
}

function describeError(error: unknown): unknown {
  if (error instanceof NoAnswer) return { throws: 'NoAnswer' }
  if (!(error instanceof LicetProblem)) throw error
  const { status, code, details } = error
  return { throws: 'ApiProblem', status, code, details }
}

async function playStep(player: Player, step: Step): Promise<void> {
  const startedMs = performance.now()
  const calls = Array.from({ length: step.times ?? 1 }, () => player.run(step))
  const results = await Promise.all(calls)
  const durationMs = performance.now() - startedMs
  for (const result of results) assertMatches(result, step.expected)
  if (step.withinMs !== undefined) assert.ok(durationMs <= step.withinMs, `${durationMs} ms`)
  if (step.problem !== undefined) {
    const codes = player.problems.map((each) => each instanceof LicetProblem && each.code)
    assert.ok(codes.includes(step.problem))
  }
}

async function waitForRequests(url: string, count: number): Promise<void> {
  while (count > 0 && (await readLog(url)).length < count) {
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

function checkRequests(log: readonly SeenRequest[], expected: Requests): void {
  const { min, max, paths, gapsMs = [], has = [], hasNot = [] } = expected
  assert.ok(log.length >= min && log.length <= max, `${log.length} requests`)
  if (paths !== undefined) {
    assert.deepEqual(
      log.map(({ path }) => path),
      paths,
    )
  }
  for (const [index, gapMs] of gapsMs.entries()) {
    const [first, second] = log.slice(index)
    assert.ok(first && second && second.atMs - first.atMs >= gapMs, `gap ${index}`)
  }
  const bodies = log.map(({ body }) => parseObject(body) ?? {})
  for (const body of bodies) {
    for (const name of has) assert.ok(name in body, name)
    for (const name of hasNot) assert.ok(!(name in body), name)
  }
  const { distinctMember, sameHeader } = expected
  if (distinctMember !== undefined) {
    assert.equal(new Set(bodies.map((body) => body[distinctMember])).size, log.length)
  }
  if (sameHeader !== undefined) {
    assert.equal(new Set(log.map(({ headers }) => headers[sameHeader])).size, 1)
  }
}
