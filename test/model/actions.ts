import fc from 'fast-check'

/**
 * The hosts of the models with their expected roots, and how the patterns free them, written out
 * rather than parsed by our code.
 */
export const hosts = {
  'a.io': { root: 'a.io', free: null },
  'www.a.io': { root: 'a.io', free: null },
  'app.a.io': { root: 'a.io', free: null },
  'staging.a.io': { root: 'a.io', free: 'beside' },
  'dev.a.io': { root: 'a.io', free: 'beside' },
  'b.io': { root: 'b.io', free: null },
  'staging.b.io': { root: 'b.io', free: 'beside' },
  'data.io': { root: 'data.io', free: null },
  'one.wpengine.com': { root: 'wpengine.com', free: 'always' },
  'two.wpengine.com': { root: 'wpengine.com', free: 'always' },
  '192.0.2.1': { root: null, free: null },
  localhost: { root: null, free: null },
} as const
export const FREE_DOMAIN_PATTERNS = ['staging.*', 'dev.*', '*.wpengine.com']
export type Host = keyof typeof hosts

/** A domain or a device to activate. */
export type Thing =
  | { readonly domain: Host; readonly fingerprint?: never }
  | { readonly fingerprint: string; readonly domain?: never }

/** The plan terms that the models vary. Every plan also has the patterns above. */
export interface Terms {
  readonly maxDomains: number | null
  readonly maxDevices: number | null
  readonly maxSeats: number | null
  readonly domainMatch: 'exact' | 'subdomains'
  readonly activation: 'automatic' | 'explicit'
  readonly evictIdleDays: number | null
  readonly deactivationsMaxPer30Days: number | null
  readonly freeDomainsPerDomain: number
}

/** The time before each action: last-seen times are exact to the hour, and must differ. */
export const STEP_MS = 3_600_000
export const LEASE_SECONDS = 36_000

/** The actions on a license. Model and system return the same word: `done` or an error code. */
export interface Actions<Outcome> {
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

/** The observable state of a license. Lists are sorted. */
export interface Observation {
  readonly domains: readonly string[]
  readonly freeDomains: readonly string[]
  readonly devices: readonly string[]
  readonly seats: readonly string[]
  readonly domainsUsed: number
  readonly devicesUsed: number
}

export interface Action {
  readonly run: <Outcome>(on: Actions<Outcome>) => Outcome
  /** The name of the action in a failure report. */
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
  freeDomainsPerDomain: fc.constantFrom(0, 1, 2, 3),
} as const
export const someTerms: fc.Arbitrary<Terms> = fc.record(terms)

const DAY_MS = 86_400_000
/** With the time of one step, these end just before a lease does and exactly when it does. */
const leaseWaits = [LEASE_SECONDS * 1000 - STEP_MS - 1, LEASE_SECONDS * 1000 - STEP_MS] as const
const durations = fc.constantFrom(1, ...leaseWaits, 10 * DAY_MS)

const action = (label: string, run: Action['run']): Action => ({ run, toString: () => label })
const nameOf = (thing: Thing) => thing.domain ?? thing.fingerprint

/** Client calls. */
export const clientActions: readonly fc.Arbitrary<Action>[] = [
  thing.map((thing) => action(`activate ${nameOf(thing)}`, (on) => on.activate(thing))),
  thing.map((thing) => action(`deactivate ${nameOf(thing)}`, (on) => on.deactivate(thing))),
  fc
    .tuple(optional(host), optional(device))
    .map(([domain, fingerprint]) =>
      action(`validate ${domain} ${fingerprint}`, (on) => on.validate(domain, fingerprint)),
    ),
  user.map((user) => action(`acquire ${user}`, (on) => on.acquire(user))),
  user.map((user) => action(`renew ${user}`, (on) => on.renew(user))),
  user.map((user) => action(`release ${user}`, (on) => on.release(user))),
]

/** Management calls. */
export const vendorActions: readonly fc.Arbitrary<Action>[] = [
  fc
    .oneof(fc.tuple(host, host), fc.tuple(device, device))
    .map(([from, to]) => action(`move ${from} to ${to}`, (on) => on.move(from, to))),
  thing.map((thing) => action(`remove ${nameOf(thing)}`, (on) => on.remove(nameOf(thing)))),
  fc.constantFrom(
    action('suspend', (on) => on.suspend()),
    action('reinstate', (on) => on.reinstate()),
    action('reinstate', (on) => on.reinstate()),
  ),
]

export const timeActions: readonly fc.Arbitrary<Action>[] = [
  durations.map((durationMs) => action(`wait ${durationMs} ms`, (on) => on.wait(durationMs))),
]

export const planActions: readonly fc.Arbitrary<Action>[] = [
  fc
    .record(terms, { requiredKeys: [] })
    .map((change) => action(`plan ${JSON.stringify(change)}`, (on) => on.changePlan(change))),
]

export const allActions = [...clientActions, ...vendorActions, ...timeActions, ...planActions]
