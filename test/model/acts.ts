import fc from 'fast-check'

/** What the models know of the hosts that they play with, told without our own reading of names. */
export const hosts = {
  'a.io': { root: 'a.io', isFree: false },
  'www.a.io': { root: 'a.io', isFree: false },
  'app.a.io': { root: 'a.io', isFree: false },
  'staging.a.io': { root: 'a.io', isFree: true },
  'b.io': { root: 'b.io', isFree: false },
  'staging.b.io': { root: 'b.io', isFree: true },
  'data.io': { root: 'data.io', isFree: false },
  '192.0.2.1': { root: null, isFree: false },
  localhost: { root: null, isFree: false },
} as const
export type Host = keyof typeof hosts

export type Thing =
  | { readonly domain: Host; readonly fingerprint?: never }
  | { readonly fingerprint: string; readonly domain?: never }

/** The terms of the plan that the models change. Every plan has `staging.*` free. */
export interface Terms {
  readonly maxDomains: number | null
  readonly maxDevices: number | null
  readonly maxSeats: number | null
  readonly domainMatch: 'exact' | 'subdomains'
  readonly activation: 'automatic' | 'explicit'
  readonly evictIdleDays: number | null
  readonly deactivationsMaxPer30Days: number | null
}

export const LEASE_SECONDS = 60

/** What can be done to a license, and what it is answered: a word, the same by model and system. */
export interface Acts<Outcome> {
  activate(thing: Thing): Outcome
  deactivate(thing: Thing): Outcome
  validate(domain: Host | undefined, fingerprint: string | undefined): Outcome
  move(from: string, to: string): Outcome
  remove(value: string): Outcome
  acquire(fingerprint: string): Outcome
  renew(fingerprint: string): Outcome
  release(fingerprint: string): Outcome
  suspend(): Outcome
  reinstate(): Outcome
  changePlan(terms: Partial<Terms>): Outcome
  wait(durationMs: number): Outcome
}

/** What anybody can see of a license. Lists are sorted. */
export interface Sight {
  readonly domains: readonly string[]
  readonly freeDomains: readonly string[]
  readonly devices: readonly string[]
  readonly seats: readonly string[]
  readonly domainsUsed: number
  readonly devicesUsed: number
}

export interface Act {
  readonly run: <Outcome>(on: Acts<Outcome>) => Outcome
  /** How a failure names it. */
  readonly toString: () => string
}

const host = fc.constantFrom(...(Object.keys(hosts) as Host[]))
const device = fc.constantFrom('d1', 'd2', 'd3', 'd4')
const user = fc.constantFrom('s1', 's2', 's3')
const thing: fc.Arbitrary<Thing> = fc.oneof(
  host.map((domain) => ({ domain })),
  device.map((fingerprint) => ({ fingerprint })),
)
const limit = fc.constantFrom(0, 1, 2, 3, null)
const optional = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined })

const terms = {
  maxDomains: limit,
  maxDevices: limit,
  maxSeats: limit,
  domainMatch: fc.constantFrom('exact', 'subdomains'),
  activation: fc.constantFrom('automatic', 'explicit'),
  evictIdleDays: fc.constantFrom(null, 10),
  deactivationsMaxPer30Days: fc.constantFrom(null, 0, 2),
} as const
export const someTerms: fc.Arbitrary<Terms> = fc.record(terms)

const DAY_MS = 86_400_000
const stretch = fc.constantFrom(1, LEASE_SECONDS * 1000 - 1, LEASE_SECONDS * 1000, 10 * DAY_MS)

const act = (label: string, run: Act['run']): Act => ({ run, toString: () => label })
const told = (thing: Thing) => thing.domain ?? thing.fingerprint

/** Whatever clients and customers do, without the vendor. */
export const clientActs: readonly fc.Arbitrary<Act>[] = [
  thing.map((thing) => act(`activate ${told(thing)}`, (on) => on.activate(thing))),
  thing.map((thing) => act(`deactivate ${told(thing)}`, (on) => on.deactivate(thing))),
  fc
    .tuple(optional(host), optional(device))
    .map(([domain, fingerprint]) =>
      act(`validate ${domain} ${fingerprint}`, (on) => on.validate(domain, fingerprint)),
    ),
  user.map((user) => act(`acquire ${user}`, (on) => on.acquire(user))),
  user.map((user) => act(`renew ${user}`, (on) => on.renew(user))),
  user.map((user) => act(`release ${user}`, (on) => on.release(user))),
]

export const vendorActs: readonly fc.Arbitrary<Act>[] = [
  fc
    .oneof(fc.tuple(host, host), fc.tuple(device, device))
    .map(([from, to]) => act(`move ${from} to ${to}`, (on) => on.move(from, to))),
  thing.map((thing) => act(`remove ${told(thing)}`, (on) => on.remove(told(thing)))),
  fc.constantFrom(
    act('suspend', (on) => on.suspend()),
    act('reinstate', (on) => on.reinstate()),
    act('reinstate', (on) => on.reinstate()),
  ),
]

export const timeActs: readonly fc.Arbitrary<Act>[] = [
  stretch.map((durationMs) => act(`wait ${durationMs} ms`, (on) => on.wait(durationMs))),
]

export const planActs: readonly fc.Arbitrary<Act>[] = [
  fc
    .record(terms, { requiredKeys: [] })
    .map((change) => act(`plan ${JSON.stringify(change)}`, (on) => on.changePlan(change))),
]

export const allActs = [...clientActs, ...vendorActs, ...timeActs, ...planActs]
