import { afterAll, beforeAll, beforeEach, expect, setDefaultTimeout, test } from 'bun:test'
import { type EdgeSystem, openEdgeSystem, until } from './system.ts'

const domain = 'example.com'
const fingerprint = 'a-device'
const LONG = 5000

setDefaultTimeout(30_000)
let system: EdgeSystem
beforeAll(async () => {
  system = await openEdgeSystem()
})
// A reset also ends polls, after two of which an edge waits for the next.
beforeEach(() => until(() => system.edge.primary.getOutage() === null))
afterAll(() => system[Symbol.asyncDispose]())

const readLicense = async (id: string) =>
  (await system.primary.send('GET', `/api/v1/licenses/${id}`)).body

const countActivations = async (id: string) =>
  (await system.primary.send('GET', `/api/v1/licenses/${id}/activations`)).body.data.length

/** Sends a request, and resets its connection once it has arrived, but its response has not. */
async function sendThenReset(path: string, body: object, hasArrived: () => Promise<boolean>) {
  await until(() => system.edge.primary.getOutage() === null)
  system.network.change({ toClient: { isDead: true } })
  const sending = system.send('POST', path, body)
  while (!(await hasArrived())) await Bun.sleep(5)
  system.network.change({})
  return sending
}

test('edge forward: a validation whose connection is reset gets its response, and counts once', async () => {
  const { key, id } = await system.primary.createLicense()
  for (const count of [1, 2, 3]) {
    const hasArrived = async () => (await readLicense(id)).validation_count === count
    const body = { key, domain, nonce: 'a-nonce-of-22-characters' }
    const { status, body: verdict } = await sendThenReset('/api/v1/validate', body, hasArrived)
    expect([status, verdict.valid, typeof verdict.signed]).toEqual([200, true, 'string'])
  }
  expect((await readLicense(id)).validation_count).toBe(3)
})

test('edge forward: a request whose connection is reset before it arrives is sent again', async () => {
  const { key, id } = await system.primary.createLicense()
  const { network } = system
  network.change({ toServer: { isDead: true } })
  const lostBytes = network.lostBytesCount()
  const validating = system.validate({ key, domain, version: 'v'.repeat(LONG) })
  // Polls are shorter.
  while (network.lostBytesCount() < lostBytes + LONG) await Bun.sleep(5)
  network.change({})
  expect((await validating).body).toMatchObject({ valid: true })
  expect((await readLicense(id)).validation_count).toBe(1)
})

test('edge forward: activating and deactivating get their response although a connection is reset', async () => {
  const { key, id } = await system.primary.createLicense()
  const body = { key, fingerprint }
  const isActive = async () => (await countActivations(id)) === 1
  const activated = await sendThenReset('/api/v1/activate', body, isActive)
  expect(activated).toMatchObject({ status: 200, body: { value: fingerprint } })
  const isInactive = async () => (await countActivations(id)) === 0
  const deactivated = await sendThenReset('/api/v1/deactivate', body, isInactive)
  expect(deactivated).toMatchObject({ status: 200, body: { id: activated.body.id } })
  expect(await system.primary.eventTypesOf(id)).toEqual(
    expect.arrayContaining(['activation.created', 'activation.deleted']),
  )
})

test('edge forward: an app that repeats a request itself, with the same ID, counts twice', async () => {
  const { key, id } = await system.primary.createLicense()
  const headers = { 'x-request-id': 'an-id-that-an-app-has-chosen' }
  const other = await system.primary.createLicense({ plan: 'starter' })
  await system.validate({ key, nonce: 'a-nonce-of-22-characters' }, headers)
  await system.validate({ key, nonce: 'a-nonce-of-22-characters' }, headers)
  const { body } = await system.validate({ key: other.key, domain }, headers)
  expect(body).toMatchObject({ license: { plan: 'starter' } })
  expect((await readLicense(id)).validation_count).toBe(2)
})

test('edge forward: the Date header is the time of the primary, in each kind of response', async () => {
  const { key } = await system.primary.createLicense()
  const dateOf = ({ headers }: { readonly headers: Headers }) =>
    Date.parse(headers.get('date') ?? '')
  // In this test, the primary stamps its responses by another clock than the one that it judges by.
  for (const relayed of [
    await system.validate({ key, domain: 'example.org', nonce: 'a'.repeat(22) }),
    await system.send('POST', '/api/v1/activate', { key, domain: 'example.org' }),
    await system.send('GET', '/.well-known/licet/jwks.json'),
  ]) {
    expect(Math.abs(dateOf(relayed) - Date.now())).toBeLessThan(10_000)
  }
  await system.warm({ key, domain })
  const { confirmed } = { ...system.edge.figures }
  const own = [
    await system.validate({ key, domain }),
    await system.validate({}),
    await system.send('GET', '/api/v1/licenses'),
    await system.send('GET', '/livez'),
  ]
  expect(system.edge.figures.confirmed).toBe(confirmed + 1)
  for (const response of own) {
    expect(Math.abs(dateOf(response) - system.primary.clock.nowMs())).toBeLessThan(10_000)
  }
})
