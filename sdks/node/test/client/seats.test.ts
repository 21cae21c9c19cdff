import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Licet, type LicetOptions, LicetProblem, NoAnswer } from '../../src/index.ts'
import { createMemoryStore } from '../../src/store.ts'
import { type SigningServer, startSigningServer } from './signing-server.ts'

const DEVICE = { fingerprint: 'device-1' }

function createClient(server: SigningServer, options: Partial<LicetOptions> = {}): Licet {
  const { url, publicKeys } = server
  const store = createMemoryStore()
  const key = 'TO-04HM-ASW9-NF6Y-Y0CN'
  return new Licet({ url, appId: 'editor', key, publicKeys, store, timeoutMs: 10_000, ...options })
}

const listPaths = ({ requests }: SigningServer) =>
  requests.map(({ path }) => path.replace('/api/v1/seats/', ''))

/** Waits until a request with the path has arrived after the first `skip` requests. */
async function waitFor(server: SigningServer, path: string, skip = 0): Promise<void> {
  while (!listPaths(server).slice(skip).includes(path)) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

test('a held seat renews itself, and is released at the end of its block', async () => {
  await using server = await startSigningServer()
  {
    await using hold = await createClient(server).seats.hold(DEVICE)
    assert.equal(hold.seat.id, 'seat_1')
    await waitFor(server, 'renew')
    assert.equal(hold.signal.aborted, false)
  }
  assert.deepEqual([listPaths(server)[0], listPaths(server).at(-1)], ['acquire', 'release'])
})

test('a held seat survives a restart of the server', async () => {
  await using server = await startSigningServer()
  const problems: unknown[] = []
  const client = createClient(server, { onProblem: (problem) => problems.push(problem) })
  const hold = await client.seats.hold(DEVICE)
  await server.stop()
  while (problems.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  const before = server.requests.length
  await server.start()
  await waitFor(server, 'renew', before)
  assert.equal(hold.signal.aborted, false)
  await hold.release()
})

test('a held seat that the server no longer knows is acquired again', async () => {
  await using server = await startSigningServer()
  const hold = await createClient(server).seats.hold(DEVICE)
  const unknown = {
    status: 404,
    body: { code: 'SEAT_NOT_FOUND', detail: 'There is no such seat.' },
  }
  server.reply = ({ path }) => (path.endsWith('renew') ? unknown : null)
  await waitFor(server, 'acquire', 1)
  assert.equal(hold.signal.aborted, false)
  await hold.release()
})

test('a held seat that the server refuses is lost, and is not released', async () => {
  await using server = await startSigningServer()
  const hold = await createClient(server).seats.hold(DEVICE)
  const details = { limit: 2, used: 2 }
  const body = { code: 'SEAT_LIMIT_REACHED', detail: 'All 2 seats are in use.', details }
  server.reply = () => ({ status: 409, body })
  await new Promise((resolve) => hold.signal.addEventListener('abort', resolve))
  assert.ok(hold.signal.reason instanceof LicetProblem)
  assert.equal(hold.signal.reason.code, 'SEAT_LIMIT_REACHED')
  await hold.release()
  assert.equal(listPaths(server).includes('release'), false)
})

test('a false server does not prolong a held seat: an end that it has not signed counts as an outage', async () => {
  await using server = await startSigningServer()
  const problems: unknown[] = []
  const client = createClient(server, { onProblem: (problem) => problems.push(problem) })
  const hold = await client.seats.hold(DEVICE)
  const { expiresAt } = hold.seat
  const forged = { id: 'seat_1', expires_at: '2199-12-31T23:59:59Z' }
  server.reply = () => ({ status: 200, body: forged })
  while (problems.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
  for (const problem of problems) assert.ok(problem instanceof NoAnswer)
  assert.equal(hold.seat.expiresAt, expiresAt)
  assert.equal(hold.signal.aborted, false)
  server.reply = null
  while (hold.seat.expiresAt === expiresAt) await new Promise((resolve) => setTimeout(resolve, 5))
  await hold.release()
})

test('a release waits for a renewal, so that the seat is not acquired again', async () => {
  await using server = await startSigningServer()
  const hold = await createClient(server).seats.hold(DEVICE)
  await waitFor(server, 'renew')
  await Promise.all([hold.release(), hold.release()])
  assert.equal(listPaths(server).at(-1), 'release')
  assert.equal(listPaths(server).filter((path) => path === 'release').length, 1)
})

test('a release without a server is reported, and does not throw', async () => {
  await using server = await startSigningServer()
  const problems: unknown[] = []
  const client = createClient(server, { onProblem: (problem) => problems.push(problem) })
  const hold = await client.seats.hold(DEVICE)
  server.reply = () => ({ status: 422, body: { code: 'validation_failed' } })
  await hold.release()
  assert.equal(problems.length, 1)
})

test('only a borrowed seat brings a lease', async () => {
  await using server = await startSigningServer()
  const client = createClient(server)
  await client.seats.acquire(DEVICE)
  assert.equal(server.requests[0]?.body.lease, undefined)
  assert.equal((await client.check({ ...DEVICE, key: null })).allowed, false)
  await client.seats.acquire({ ...DEVICE, borrowDays: 3 })
  const { lease, borrow_days: days } = server.requests[1]?.body ?? {}
  assert.deepEqual([lease, days], [true, 3])
  await server.stop()
  assert.equal((await client.check(DEVICE)).source, 'lease')
})
