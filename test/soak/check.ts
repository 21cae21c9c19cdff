import type { ServerProcess } from '../support/server.ts'
import { type Expected, expectedActions, expectedVerdict, soakPlan } from './expected.ts'
import type { Finding, Stored, World } from './world.ts'

const CONNECTIONS = 8
const PAGE = 100
/** At most once a day and license, so that it depends on the time of a refusal. */
const UNCERTAIN = 'license.limit_reached'
const DAY_MS = 86_400_000
/** More than a clock jumps in a fault. */
const COUNTED_DAYS = 200
/** The server writes counts every second. */
const COUNTS_TIMEOUT_MS = 10_000
const POLL_MS = 100

type Find = (kind: Finding['kind'], text: string) => void

/** How much is asked about a license: `state` is two requests, `whole` also activations, seats, events and audit. */
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
  const audit = await server.send('GET', `/api/v1/audit?subject_id=${id}&limit=${PAGE}`)
  const actions = audit.body.data.map(({ action }: { action: string }) => action).toReversed()
  checkActions(actions, actions.length < PAGE, expected, find)
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
  const types = events.map(({ type }) => type).filter((type) => type !== UNCERTAIN)
  const right = areAll ? expected : expected.slice(expected.length - types.length)
  if (Bun.deepEquals(types, right)) return
  const kind = types.length < right.length ? 'lost' : 'wrong'
  find(kind, `${id}: the events ${types.join()} are not ${right.join()}`)
}

/** The audit log has each acknowledged change once, in order. `actions` may be the latest ones. */
function checkActions(
  actions: readonly string[],
  areAll: boolean,
  license: Expected,
  find: Find,
): void {
  const all = expectedActions(license)
  const right = areAll ? all : all.slice(all.length - actions.length)
  if (Bun.deepEquals(actions, right)) return
  const kind = actions.length < right.length ? 'lost' : 'wrong'
  find(kind, `${license.id}: the audit log has ${actions.join()}, not ${right.join()}`)
}

/** A request that is repeated gets the response of the first time. */
async function checkStored(
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

function sampleOf<Item>(items: readonly Item[], { random }: World, count: number): Item[] {
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
  const actions = await listActions(server, find)
  for (const license of licenses.values()) {
    checkEvents(events.byLicense.get(license.id) ?? [], true, license, find)
    checkActions(actions.get(license.id) ?? [], true, license, find)
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
  for await (const { id, type, sequence, license_id } of list(server, 'events')) {
    ids.push(id)
    add(byLicense, license_id, { type, sequence })
  }
  return { ids, byLicense }
}

/** Returns the actions in the audit log by license. Its numbers have no gap. */
async function listActions(server: ServerProcess, find: Find) {
  const bySubject = new Map<string, string[]>()
  let last: number | null = null
  for await (const { number, action, subject_id } of list(server, 'audit')) {
    if (last !== null && number !== last - 1) find('lost', `audit entries ${number} to ${last}`)
    last = number
    add(bySubject, subject_id, action)
  }
  return bySubject
}

// biome-ignore lint/suspicious/noExplicitAny: responses are compared, whatever they are.
async function* list(server: ServerProcess, path: string): AsyncGenerator<any> {
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query: string = cursor === '' ? '' : `&cursor=${cursor}`
    const { body } = await server.send('GET', `/api/v1/${path}?limit=${PAGE}${query}`)
    yield* body.data
    cursor = body.next_cursor
  }
}

/** Adds an item of a list that is newest first. */
function add<Item>(groups: Map<string, Item[]>, key: string, item: Item): void {
  const group = groups.get(key) ?? []
  group.unshift(item)
  groups.set(key, group)
}

/** Kills lose at most the latest counts, nothing is counted twice, and the history agrees. */
async function checkCounts({ life, usage, find }: World): Promise<void> {
  const server = life.server()
  const deadlineMs = performance.now() + COUNTS_TIMEOUT_MS
  let [counted, inHistory] = await readCounts(server)
  while (counted !== inHistory && performance.now() < deadlineMs) {
    await Bun.sleep(POLL_MS)
    ;[counted, inHistory] = await readCounts(server)
  }
  if (counted < usage.kept) find('lost', `${counted} of ${usage.kept} validations`)
  if (counted > usage.sent) find('wrong', `${counted} validations, but ${usage.sent} sent`)
  if (counted !== inHistory) {
    find(
      'wrong',
      `the history has ${inHistory} valid validations, and the counters have ${counted}`,
    )
  }
}

/** Returns the number of valid validations according to the counters, and to the history. */
async function readCounts(server: ServerProcess): Promise<readonly [number, number]> {
  const at = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString()
  const range = `from=${at(-COUNTED_DAYS)}&to=${at(COUNTED_DAYS)}`
  const summary = await server.send('GET', `/api/v1/usage/summary?${range}`)
  const history = await server.send('GET', `/api/v1/usage/export?format=ndjson&${range}`)
  let inHistory = 0
  for (const line of history.text.split('\n')) {
    if (line.includes('"valid":true')) inHistory += JSON.parse(line).count
  }
  return [summary.body.valid, inHistory]
}
