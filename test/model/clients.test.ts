import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { openTestApp, type TestApp } from '../support/app.ts'
import {
  type Action,
  clientActions,
  hosts,
  type Terms,
  timeActions,
  vendorActions,
} from './actions.ts'
import { HttpSystem } from './http-system.ts'

const CLIENTS = 64
const RUNS = 3
/** Leaves room for a machine under load; it takes a few seconds otherwise. */
const TIMEOUT_MS = 180_000

interface ActivationView {
  readonly id: string
  readonly kind: 'domain' | 'device'
  readonly value: string
  readonly free: boolean
}

interface EventView {
  readonly type: string
  readonly sequence: number
  readonly data: { readonly activation?: ActivationView }
}

const limits = fc.record({
  maxDomains: fc.constantFrom(1, 2, 3),
  maxDevices: fc.constantFrom(0, 1, 3),
  maxSeats: fc.constantFrom(0, 1, 2),
  domainMatch: fc.constantFrom('exact', 'subdomains'),
  activation: fc.constant('automatic'),
  evictIdleDays: fc.constantFrom(null, 10),
  deactivationsMaxPer30Days: fc.constantFrom(null, 2),
  freeDomainsPerDomain: fc.constantFrom(1, 2, 3),
} as const)

const clientActionLists = fc.array(
  fc.array(fc.oneof(...clientActions, ...clientActions, ...vendorActions, ...timeActions), {
    minLength: 1,
    maxLength: 6,
  }),
  { minLength: CLIENTS, maxLength: CLIENTS, size: 'max' },
)

const expectedWords =
  /^(done|not_found|already_exists|invalid_transition|LICENSE_SUSPENDED|(DOMAIN|DEVICE|SEAT|DEACTIVATION)_LIMIT_REACHED|(DOMAIN|DEVICE)_NOT_ACTIVATED|SEAT_NOT_FOUND)$/

async function runClient(system: HttpSystem, actions: readonly Action[]): Promise<void> {
  for (const action of actions)
    expect(await action.run(system), action.toString()).toMatch(expectedWords)
}

/** Returns all pages of a list, newest first. */
async function listAll<Item>(app: TestApp, path: string): Promise<Item[]> {
  const items: Item[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const { body } = await app.send('GET', `${path}?limit=100${cursor && `&cursor=${cursor}`}`)
    items.push(...body.data)
    cursor = body.next_cursor
  }
  return items
}

/** Rebuilds the activations from the events, and checks the limits after every event. */
function replay(
  events: readonly EventView[],
  { maxDomains, maxDevices }: Terms,
): Map<string, ActivationView> {
  const active = new Map<string, ActivationView>()
  const countSlots = (kind: ActivationView['kind']) =>
    [...active.values()].filter((one) => one.kind === kind && !one.free).length
  for (const { type, data } of events) {
    const { activation } = data
    if (activation === undefined) continue
    if (type === 'activation.deleted') expect(active.delete(activation.id)).toBeTrue()
    else active.set(activation.id, activation)
    expect(countSlots('domain')).toBeLessThanOrEqual(maxDomains ?? 0)
    expect(countSlots('device')).toBeLessThanOrEqual(maxDevices ?? 0)
  }
  return active
}

async function expectConsistent(app: TestApp, system: HttpSystem, terms: Terms): Promise<void> {
  const path = `/api/v1/licenses/${system.id}`
  const events = (await listAll<EventView>(app, `${path}/events`)).reverse()
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1))
  const listed = await listAll<ActivationView>(app, `${path}/activations`)
  const active = replay(events, terms)
  expect(listed.map(({ id }) => id).sort()).toEqual([...active.keys()].sort())
  const observation = await system.observe()
  const slots = listed.filter(({ free }) => !free)
  const valuesOf = (kind: ActivationView['kind']) =>
    slots
      .filter((one) => one.kind === kind)
      .map(({ value }) => value)
      .sort()
  expect(observation.domains).toEqual(valuesOf('domain'))
  expect(observation.domainsUsed).toBe(observation.domains.length)
  expect(observation.devices).toEqual(valuesOf('device'))
  expect(observation.devicesUsed).toBe(observation.devices.length)
  expect(observation.seats.length).toBeLessThanOrEqual(terms.maxSeats ?? 0)
  const freeDomains = observation.freeDomains.filter((value) => value !== 'localhost')
  const freeDomainsMax = terms.freeDomainsPerDomain * (terms.maxDomains ?? 0)
  expect(freeDomains.length).toBeLessThanOrEqual(freeDomainsMax)
  const dependent = freeDomains.filter((value) => hostOf(value).free === 'beside')
  for (const value of dependent) expect(rootsOf(observation.domains)).toContain(rootOf(value))
}

const hostOf = (value: string) => hosts[value as keyof typeof hosts]
const rootOf = (value: string) => hostOf(value).root
const rootsOf = (values: readonly string[]) => values.map(rootOf)

test(
  `concurrency model: ${CLIENTS} concurrent clients never exceed a limit, and events match the state`,
  async () => {
    await using app = await openTestApp()
    const property = fc.asyncProperty(limits, clientActionLists, async (terms, clients) => {
      const system = await HttpSystem.open(app, terms)
      await Promise.all(clients.map((actions) => runClient(system, actions)))
      await expectConsistent(app, system, terms)
    })
    await fc.assert(property, { numRuns: RUNS, endOnFailure: true })
  },
  TIMEOUT_MS,
)
