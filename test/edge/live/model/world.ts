import { expect } from 'bun:test'
import type { Random } from '../../../support/random.ts'
import type { Cluster } from './cluster.ts'
import { type FactName, History } from './history.ts'

/** How long an edge may answer from what it knew, without asking: the lease. */
const LEASE_MS = 5000
const DOMAINS_MAX = 2
const DEVICES_MAX = 2

/** The two plans: one gives a slot to the first validation, the other only to an activation. */
export const plans = ['automatic', 'explicit'] as const
export type PlanSlug = (typeof plans)[number]

/** Where a license is used. */
export type Place =
  | { readonly domain: string; readonly fingerprint?: never }
  | { readonly fingerprint: string; readonly domain?: never }

/** A validation, without the key. */
export interface Question {
  readonly place: Place
  readonly asksFeature: boolean
}

export interface ModelLicense {
  readonly id: string
  readonly plan: PlanSlug
  readonly key: string
  readonly formerKeys: readonly string[]
}

/** A validation as its client saw it. */
export interface Validated {
  readonly licenseId: string
  readonly edge: string
  readonly atMs: number
  /** Null: there was no verdict, but the primary may have counted one. */
  readonly isValid: boolean | null
  /** Whether the primary may have counted it as well: a forwarded request was given up. */
  readonly isUnsure: boolean
}

/** The state that all actors of a run share. */
export interface World {
  readonly cluster: Cluster
  readonly history: History
  readonly gate: Gate
  readonly validated: Validated[]
  /** By SIGKILL, of an edge or the primary. */
  readonly kills: { readonly edge: string | null; readonly atMs: number }[]
  /** By SIGSTOP, until SIGCONT: of an edge, or null for the primary. */
  readonly stops: { readonly edge: string | null; readonly fromMs: number; untilMs: number }[]
  hasRestored: boolean
  /** One per slot of the model. A license that was revoked is replaced. */
  readonly licenses: ModelLicense[]
  /** Licenses that were revoked, or whose key was rotated, with that key. Clients still ask for them. */
  readonly retired: ModelLicense[]
  /** The last valid question, by edge and license: the edge probably knows the answer. */
  readonly lastValid: Map<string, Question>
  /** Validations that are sent right after a command. */
  readonly probes: Set<Promise<void>>
  /** The places that validations have taken, by license, since the start or the last restored backup. */
  readonly taken: Map<string, Set<string>>
  /** Places whose state nobody knows, because an activation was lost. */
  readonly lostPlaces: Set<FactName>
  /** An answer to a request before this time may be from before the last restored backup. */
  epochStartsAtMs: number
  readonly contradictions: string[]
  readonly figures: Record<Figure, number>
  readonly hasEdges: boolean
  /** The latest that an edge may answer from older facts, counted from a commit. */
  readonly boundMs: number
  isRunning: boolean
}

export type Figure =
  | 'valid'
  | 'stale'
  | 'refused'
  | 'unavailable'
  | 'lost'
  | 'commands'
  | 'waited'
  | 'timedOut'

export const facts = {
  key: (key: string): FactName => `key ${key}`,
  status: (license: ModelLicense): FactName => `status ${license.id}`,
  feature: (plan: PlanSlug): FactName => `feature ${plan}`,
  place: (license: ModelLicense, place: Place): FactName =>
    `place ${license.id} ${place.domain ?? place.fingerprint}`,
}

/** One more than there are slots. */
const domains = ['one.example.com', 'two.example.com', 'three.example.com']
const devices = ['device-1', 'device-2', 'device-3']

/** Picks a place where a license of a plan is used. */
export function pickPlace(plan: PlanSlug, random: Random): Place {
  return plan === 'explicit' || random.chance(0.5)
    ? { domain: random.pick(domains) ?? '' }
    : { fingerprint: random.pick(devices) ?? '' }
}

/** Creates the plans and licenses of a model. */
export async function createWorld(
  cluster: Cluster,
  licenseCount: number,
  hasEdges: boolean,
): Promise<World> {
  const history = new History()
  const staleMs = Math.max(...cluster.edges.map(({ staleSeconds }) => staleSeconds * 1000))
  const world: World = {
    cluster,
    history,
    gate: new Gate(),
    validated: [],
    kills: [],
    stops: [],
    hasRestored: false,
    licenses: [],
    retired: [],
    lastValid: new Map(),
    probes: new Set(),
    taken: new Map(),
    lostPlaces: new Set(),
    epochStartsAtMs: 0,
    contradictions: [],
    figures: {
      valid: 0,
      stale: 0,
      refused: 0,
      unavailable: 0,
      lost: 0,
      commands: 0,
      waited: 0,
      timedOut: 0,
    },
    hasEdges,
    boundMs: hasEdges ? LEASE_MS + staleMs : 0,
    isRunning: true,
  }
  for (const slug of plans) {
    const terms = { max_domains: DOMAINS_MAX, max_devices: DEVICES_MAX, features: { export: true } }
    const plan = { slug, product: 'default', name: slug, activation: slug, ...terms }
    const { status } = await cluster.send('POST', '/api/v1/plans', plan)
    expect(status).toBe(201)
    history.note(facts.feature(slug), true, performance.now())
  }
  for (let index = 0; index < licenseCount; index += 1) {
    const slug = index % 2 === 0 ? 'automatic' : 'explicit'
    world.licenses.push(await createLicense(world, slug))
  }
  return world
}

/** Creates a license, about which all facts are known. */
export async function createLicense(
  { cluster, history }: World,
  plan: PlanSlug,
): Promise<ModelLicense> {
  const order = { plan, customer_email: 'ada@example.com' }
  const { status, body } = await cluster.send('POST', '/api/v1/licenses', order)
  expect(status).toBe(201)
  const license = { id: body.id, plan, key: body.key, formerKeys: [] }
  const nowMs = performance.now()
  history.note(facts.key(license.key), true, nowMs)
  history.note(facts.status(license), true, nowMs)
  if (plan === 'explicit') {
    for (const domain of domains) history.note(facts.place(license, { domain }), false, nowMs)
  }
  return license
}

/** Notes that a validation has taken a slot, and checks that not more are taken than there are. */
export function noteTaken(world: World, { id, plan }: ModelLicense, place: Place): void {
  if (plan === 'explicit') return
  const kind = place.domain === undefined ? 'device' : 'domain'
  const name = `${id} ${kind}`
  const taken = world.taken.get(name) ?? new Set()
  world.taken.set(name, taken.add(place.domain ?? place.fingerprint))
  const max = kind === 'domain' ? DOMAINS_MAX : DEVICES_MAX
  if (taken.size > max) {
    world.contradictions.push(`${name}: ${[...taken]} were all valid, but there are ${max} slots.`)
  }
}

/** Lets actors act at the same time, or one act while all others wait. */
export class Gate {
  #inside = 0
  #closed: Promise<void> | null = null
  #notify: () => void = () => undefined

  /** Runs an action that may overlap with others. */
  async pass<Result>(action: () => Promise<Result>): Promise<Result> {
    while (this.#closed !== null) await this.#closed
    this.#inside += 1
    try {
      return await action()
    } finally {
      this.#inside -= 1
      this.#notify()
    }
  }

  /** Runs an action while no other one does. */
  async close<Result>(action: () => Promise<Result>): Promise<Result> {
    while (this.#closed !== null) await this.#closed
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#closed = promise
    try {
      while (this.#inside > 0) {
        const left = Promise.withResolvers<void>()
        this.#notify = left.resolve
        await left.promise
      }
      return await action()
    } finally {
      this.#closed = null
      resolve()
    }
  }
}
