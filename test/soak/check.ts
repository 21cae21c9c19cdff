import type { ServerProcess } from '../support/server.ts'
import { type Expected, expectedVerdict, soakPlan } from './expected.ts'
import type { Finding, Stored, World } from './world.ts'

const CONNECTIONS = 8
const PAGE = 100
/** Notices that depend on the time: of a limit once a day, and of a near end by an hourly job. */
const NOTICES = ['license.limit_reached', 'license.expiring']

type Find = (kind: Finding['kind'], text: string) => void

/** How much is asked about a license: `state` is two requests, `whole` also activations, seats and events. */
export type Depth = 'state' | 'whole'

/** Calls `run` with each item, several at once. */
export async function forEach<Item>(
  items: Iterable<Item>,
  run: (item: Item) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]()
  const work = async () => {
    for (let next = iterator.next(); next.done !== true; next = iterator.next()) {
      await run(next.value)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, work))
}

/** Compares a license with what was acknowledged about it. */
export async function checkLicense(
  server: ServerProcess,
  expected: Expected,
  depth: Depth,
  find: Find,
  onValid: () => void = () => undefined,
): Promise<void> {
  if (expected.isPending) return
  const { id, key } = expected
  const found = await server.send('POST', '/api/v1/licenses/lookup', { key })
  if (found.status === 404) return find('lost', `${id} is missing`)
  const compare = (name: string, actual: unknown, right: unknown) => {
    if (!Bun.deepEquals(actual, right)) {
      find('wrong', `${id}: ${name} is ${JSON.stringify(actual)}, not ${JSON.stringify(right)}`)
    }
  }
  const { body } = found
  compare('the response to a lookup', found.status, 200)
  if (found.status !== 200) return
  compare('the ID', body.id, id)
  compare('the status', body.status, expected.status)
  compare('the customer name', body.customer_name, expected.name)
  compare('the end', body.expires_at, expected.expiresAt)
  compare('the number of devices', body.devices, expected.devices.size)
  // A first validation would be a change.
  if (expected.status !== 'active' || expected.isActivated) {
    const { body: verdict } = await server.send('POST', '/api/v1/validate', { key })
    compare('the verdict', verdict.valid ? 'valid' : verdict.error, expectedVerdict(expected))
    if (verdict.valid) onValid()
  }
  if (depth === 'state') return
  const read = async (path: string) =>
    (await server.send('GET', `/api/v1/licenses/${id}/${path}?limit=${PAGE}`)).body.data
  const devices = (await read('activations')).map(({ value }: { value: string }) => value)
  compare('the devices', devices.toSorted(), [...expected.devices].toSorted())
  const seats = (await read('seats')).map(({ id }: { id: string }) => id)
  compare('the seats', seats.toSorted(), [...expected.seats.values()].toSorted())
  if (devices.length > soakPlan.max_devices || seats.length > soakPlan.max_seats) {
    find('wrong', `${id} has more devices or seats than its plan allows`)
  }
  const events = (await read('events')).toReversed()
  checkEvents(events, events.length < PAGE, expected, find)
}

interface EventView {
  readonly type: string
  readonly sequence: number
}

/** Each acknowledged event is there once, in order, and its sequence has no gap. `events` may be the latest ones. */
function checkEvents(
  events: readonly EventView[],
  areAll: boolean,
  { id, events: expected }: Expected,
  find: Find,
): void {
  const first = areAll ? 1 : events[0]?.sequence
  const gap = events.findIndex(({ sequence }, index) => sequence !== Number(first) + index)
  if (gap >= 0) find('wrong', `${id}: the sequence of its events has a gap after ${gap}`)
  const types = events.map(({ type }) => type).filter((type) => !NOTICES.includes(type))
  const right = areAll ? expected : expected.slice(expected.length - types.length)
  if (Bun.deepEquals(types, right)) return
  const kind = types.length < right.length ? 'lost' : 'wrong'
  find(kind, `${id}: the events ${types.join()} are not ${right.join()}`)
}

/** A request that is repeated gets the response of the first time. */
export async function checkStored(
  server: ServerProcess,
  { method, path, body, idempotencyKey, text }: Stored,
  find: Find,
): Promise<void> {
  const headers = { 'idempotency-key': idempotencyKey ?? '' }
  const replay = await server.send(method, `/api/v1/${path}`, body, headers)
  if (replay.headers.get('idempotency-replayed') !== 'true') {
    find('lost', `the response to ${idempotencyKey} (${path}): ${replay.status}`)
  } else if (replay.text !== text) find('wrong', `the response to ${idempotencyKey} (${path})`)
}

const SAMPLE = 20

/** Checks what changed since the last check, and a sample of everything else. */
export async function checkTouched(world: World): Promise<void> {
  const { life, licenses, touched, stored, random, find, usage } = world
  const server = life.server()
  const onValid = () => {
    usage.sent += 1
  }
  // A random slice of the licenses, which costs nothing however many there are.
  const chosen = [...touched].filter(() => random.below(touched.size) < SAMPLE)
  const whole = new Set([...chosen, ...sampleOf([...licenses.values()], world, SAMPLE)])
  await forEach(whole, (license) => checkLicense(server, license, 'whole', find, onValid))
  await forEach(touched, async (license) => {
    if (!whole.has(license) && licenses.has(license.id)) {
      await checkLicense(server, license, 'state', find, onValid)
    }
  })
  touched.clear()
  await forEach(stored.slice(-SAMPLE), (each) => checkStored(server, each, find))
}

export function sampleOf<Item>(items: readonly Item[], { random }: World, count: number): Item[] {
  if (items.length <= count) return [...items]
  return Array.from({ length: count }, () => random.pick(items)).filter(
    (item) => item !== undefined,
  )
}

/** Checks every license, every event and every stored response. Returns the IDs of all events. */
export async function checkEverything(world: World): Promise<readonly string[]> {
  const { life, licenses, stored, find, usage } = world
  const server = life.server()
  await forEach(licenses.values(), async (license) => {
    const hasParts = license.devices.size > 0 || license.seats.size > 0
    await checkLicense(server, license, hasParts ? 'whole' : 'state', find, () => {
      usage.sent += 1
    })
  })
  await forEach(stored, (each) => checkStored(server, each, find))
  const events = await listEvents(server)
  for (const license of licenses.values()) {
    checkEvents(events.byLicense.get(license.id) ?? [], true, license, find)
  }
  await checkCounts(world)
  return events.ids
}

interface Feed {
  readonly ids: readonly string[]
  readonly byLicense: ReadonlyMap<string, EventView[]>
}

async function listEvents(server: ServerProcess): Promise<Feed> {
  const ids: string[] = []
  const byLicense = new Map<string, EventView[]>()
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query: string = cursor === '' ? '' : `&cursor=${cursor}`
    const { body } = await server.send('GET', `/api/v1/events?limit=${PAGE}${query}`)
    for (const { id, type, sequence, license_id } of body.data) {
      ids.push(id)
      const events = byLicense.get(license_id) ?? []
      events.unshift({ type, sequence })
      byLicense.set(license_id, events)
    }
    cursor = body.next_cursor
  }
  return { ids, byLicense }
}

/** Kills lose at most the latest counts, and nothing is counted twice. */
async function checkCounts({ life, usage, find }: World): Promise<void> {
  const { body } = await life.server().send('GET', '/api/v1/usage/summary')
  if (body.valid < usage.kept) find('lost', `${body.valid} of ${usage.kept} validations`)
  if (body.valid > usage.sent) find('wrong', `${body.valid} validations, but ${usage.sent} sent`)
}
