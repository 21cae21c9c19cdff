import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Licet, type LicetOptions } from '../../src/index.ts'
import { createMemoryStore } from '../../src/store.ts'
import { type SigningServer, startSigningServer } from './signing-server.ts'

const DAY_MS = 86_400_000
const KEY = 'TO-04HM-ASW9-NF6Y-Y0CN'

function createClient(server: SigningServer, options: Partial<LicetOptions> = {}): Licet {
  const { url, publicKeys } = server
  const store = createMemoryStore()
  return new Licet({ url, appId: 'com.example.editor', key: KEY, publicKeys, store, ...options })
}

test('an app that restarts during an outage stays licensed', async () => {
  await using server = await startSigningServer()
  const store = createMemoryStore()
  const fingerprint = 'device-1'
  await createClient(server, { store }).check({ fingerprint })
  await server.stop()
  const restarted = createClient(server, { store })
  const state = await restarted.check({ fingerprint })
  assert.deepEqual([state.status, state.source], ['licensed', 'lease'])
  assert.equal((await restarted.check({ fingerprint, fresh: true })).status, 'licensed')
})

test('a revoked license stays refused through an outage and a restart', async () => {
  await using server = await startSigningServer()
  const store = createMemoryStore()
  const options = { store, publicKeys: [] }
  await createClient(server, options).check()
  const refusal = { valid: false, error: 'LICENSE_REVOKED', message: 'It has been revoked.' }
  server.reply = () => ({ status: 200, body: refusal })
  assert.equal((await createClient(server, options).check({ fresh: true })).status, 'refused')
  await server.stop()
  const state = await createClient(server, options).check()
  assert.deepEqual([state.status, state.code], ['refused', 'LICENSE_REVOKED'])
})

test('a fake server that says valid fools no app with pinned keys', async () => {
  await using server = await startSigningServer()
  await using fake = await startSigningServer()
  const problems: unknown[] = []
  const onProblem = (problem: unknown) => problems.push(problem)
  const client = createClient(server, { url: fake.url, onProblem })
  const state = await client.check()
  assert.deepEqual([state.status, state.code], ['unknown', 'NO_ANSWER'])
  assert.match(String(problems[0]), /not pinned/)
  await assert.rejects(client.activate(), { name: 'NoAnswer', reason: 'signature' })
  await assert.rejects(client.seats.hold(), { name: 'NoAnswer', reason: 'signature' })
})

test('a lease that was copied to another device does not license it', async () => {
  await using server = await startSigningServer()
  let record: string | null = null
  // The record of one device is found under the name of the other.
  const store = {
    get: () => record,
    put: (_name: string, text: string) => {
      record = text
    },
    delete: () => {},
  }
  await createClient(server, { store }).check({ fingerprint: 'device-1' })
  await server.stop()
  const client = createClient(server, { store, key: null })
  const state = await client.check({ fingerprint: 'device-2' })
  assert.deepEqual([state.allowed, state.code], [false, 'FINGERPRINT_MISMATCH'])
})

test('a clock that was set back gains no time beyond the lease', async () => {
  await using server = await startSigningServer()
  const store = createMemoryStore()
  let now = Date.now()
  const options = { store, clock: () => now }
  await createClient(server, options).check()
  await server.stop()
  now += 29 * DAY_MS
  assert.equal((await createClient(server, options).check()).status, 'grace')
  now -= 28 * DAY_MS
  const state = await createClient(server, options).check()
  assert.deepEqual([state.status, state.warnings], ['grace', ['CLOCK_BEHIND']])
  now += 30 * DAY_MS
  assert.equal((await createClient(server, options).check()).code, 'LEASE_EXPIRED')
})

test('a clock that was ahead once is healed by the next answer of the server', async () => {
  await using server = await startSigningServer()
  const store = createMemoryStore()
  let now = Date.now() + 4000 * DAY_MS
  const options = { store, clock: () => now }
  await createClient(server, options).check()
  now = Date.now()
  await createClient(server, options).check({ fresh: true })
  await server.stop()
  const state = await createClient(server, options).check()
  assert.deepEqual([state.status, state.warnings], ['licensed', []])
})

test('checks at the same time with different features make one request', async () => {
  await using server = await startSigningServer()
  const client = createClient(server)
  const features = [['sso'], ['audit'], []]
  const states = await Promise.all(features.map((names) => client.check({ features: names })))
  assert.deepEqual(
    states.map(({ status }) => status),
    ['licensed', 'refused', 'licensed'],
  )
  assert.equal(server.requests.length, 1)
})

test('a check without a key asks nothing, is unknown, and says that there is no key', async () => {
  await using server = await startSigningServer()
  const state = await createClient(server, { key: '  ' }).check()
  assert.equal(state.code, 'NO_ANSWER')
  assert.equal(state.message, 'There is no license key yet.')
  assert.equal(server.requests.length, 0)
})

test('a refresh that is due is made in the background, once, and the check does not wait', async () => {
  await using server = await startSigningServer()
  const store = createMemoryStore()
  let now = Date.now()
  const options = { store, clock: () => now }
  const first = createClient(server, options)
  await first.check()
  now += 1.5 * DAY_MS
  const client = createClient(server, options)
  const states = [await client.check(), await client.check()]
  assert.deepEqual(
    states.map(({ source }) => source),
    ['lease', 'lease'],
  )
  await client.whenIdle()
  // The clock is still ahead, so another refresh is due, but it waits for a minute.
  await client.check()
  await client.whenIdle()
  assert.equal(server.requests.length, 2)
})

test('a background refresh that fails is reported, and changes nothing', async () => {
  await using server = await startSigningServer()
  const problems: unknown[] = []
  const onProblem = (problem: unknown) => problems.push(problem)
  let now = Date.now()
  const client = createClient(server, { onProblem, clock: () => now })
  await client.check()
  await server.stop()
  now += 2 * DAY_MS
  const restarted = await client.check({ fresh: true })
  assert.deepEqual([restarted.status, restarted.source], ['licensed', 'lease'])
  assert.equal((await client.check()).status, 'licensed')
  await client.whenIdle()
  assert.match(String(problems), /cannot be reached/)
})

test('no app of many asks before nine tenths of the time until its refresh have passed', async () => {
  await using server = await startSigningServer()
  let now = Date.now()
  const clients = Array.from({ length: 20 }, () => createClient(server, { clock: () => now }))
  await Promise.all(clients.map((client) => client.check()))
  const asked = async (share: number) => {
    const before = server.requests.length
    now = Math.floor(Date.now() / 1000) * 1000 + share * DAY_MS
    await Promise.all(clients.map((client) => client.check()))
    await Promise.all(clients.map((client) => client.whenIdle()))
    return server.requests.length - before
  }
  assert.equal(await asked(0.89), 0)
})
