import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { openTestApp, type TestApp } from '../support/app.ts'
import { type Act, clientActs, hosts, type Terms, timeActs, vendorActs } from './acts.ts'
import { HttpSystem } from './http-system.ts'

const CLIENTS = 64
const RUNS = 3
/** For machines under load; it takes a few seconds at most on others. */
const TIMEOUT_MS = 30_000

interface Shown {
  readonly id: string
  readonly kind: 'domain' | 'device'
  readonly value: string
  readonly free: boolean
}

interface Told {
  readonly type: string
  readonly sequence: number
  readonly data: { readonly activation?: Shown }
}

const limits = fc.record({
  maxDomains: fc.constantFrom(1, 2, 3),
  maxDevices: fc.constantFrom(0, 1, 3),
  maxSeats: fc.constantFrom(0, 1, 2),
  domainMatch: fc.constantFrom('exact', 'subdomains'),
  activation: fc.constant('automatic'),
  evictIdleDays: fc.constantFrom(null, 10),
  deactivationsMaxPer30Days: fc.constantFrom(null, 2),
} as const)

const crowd = fc.array(
  fc.array(fc.oneof(...clientActs, ...clientActs, ...vendorActs, ...timeActs), {
    minLength: 1,
    maxLength: 6,
  }),
  { minLength: CLIENTS, maxLength: CLIENTS, size: 'max' },
)

const words =
  /^(done|not_found|already_exists|invalid_transition|LICENSE_SUSPENDED|(DOMAIN|DEVICE|SEAT|DEACTIVATION)_LIMIT_REACHED|(DOMAIN|DEVICE)_NOT_ACTIVATED|SEAT_NOT_FOUND)$/

async function runClient(system: HttpSystem, acts: readonly Act[]): Promise<void> {
  for (const act of acts) expect(await act.run(system), act.toString()).toMatch(words)
}

/** Goes through all pages of a list, newest first. */
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

/** What holds slots by the events alone, and that it was within the limits at every moment. */
function replay(events: readonly Told[], { maxDomains, maxDevices }: Terms): Map<string, Shown> {
  const standing = new Map<string, Shown>()
  const held = (kind: Shown['kind']) =>
    [...standing.values()].filter((one) => one.kind === kind && !one.free).length
  for (const { type, data } of events) {
    const { activation } = data
    if (activation === undefined) continue
    if (type === 'activation.deleted') expect(standing.delete(activation.id)).toBeTrue()
    else standing.set(activation.id, activation)
    expect(held('domain')).toBeLessThanOrEqual(maxDomains ?? 0)
    expect(held('device')).toBeLessThanOrEqual(maxDevices ?? 0)
  }
  return standing
}

async function expectSound(app: TestApp, system: HttpSystem, terms: Terms): Promise<void> {
  const path = `/api/v1/licenses/${system.id}`
  const events = (await listAll<Told>(app, `${path}/events`)).reverse()
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1))
  const listed = await listAll<Shown>(app, `${path}/activations`)
  const standing = replay(events, terms)
  expect(listed.map(({ id }) => id).sort()).toEqual([...standing.keys()].sort())
  const sight = await system.look()
  const slots = listed.filter(({ free }) => !free)
  const valuesOf = (kind: Shown['kind']) =>
    slots
      .filter((one) => one.kind === kind)
      .map(({ value }) => value)
      .sort()
  expect(sight.domains).toEqual(valuesOf('domain'))
  expect(sight.domainsUsed).toBe(sight.domains.length)
  expect(sight.devices).toEqual(valuesOf('device'))
  expect(sight.devicesUsed).toBe(sight.devices.length)
  expect(sight.seats.length).toBeLessThanOrEqual(terms.maxSeats ?? 0)
  const beside = sight.freeDomains.filter((value) => value !== 'localhost')
  expect(beside.length).toBeLessThanOrEqual(terms.maxDomains ?? 0)
  for (const value of beside) expect(rootsOf(sight.domains)).toContain(rootOf(value))
}

const rootOf = (value: string) => hosts[value as keyof typeof hosts].root
const rootsOf = (values: readonly string[]) => values.map(rootOf)

test(
  `of ${CLIENTS} clients at once none gets a slot too much, and the events tell the whole story`,
  async () => {
    await using app = await openTestApp()
    const property = fc.asyncProperty(limits, crowd, async (terms, clients) => {
      const system = await HttpSystem.open(app, terms)
      await Promise.all(clients.map((acts) => runClient(system, acts)))
      await expectSound(app, system, terms)
    })
    await fc.assert(property, { numRuns: RUNS, endOnFailure: true })
  },
  TIMEOUT_MS,
)
