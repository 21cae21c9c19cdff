import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LicetAdmin, LicetProblem, NoAnswer } from '../../src/admin.ts'
import { startServer } from './scripted-server.ts'

const license = { status: 201, json: { id: 'lic_1' } }
const busy = { status: 503, headers: { 'retry-after': '0' }, json: { code: 'unavailable' } }
const order = { plan: 'professional', customer_email: 'dev@example.com' }

test('a POST has the same Idempotency-Key on all attempts, and another one on the next call', async () => {
  await using server = await startServer(busy, 'cut', license, license)
  const admin = new LicetAdmin(server.url, 'licet_fake')
  assert.equal((await admin.licenses.create(order)).id, 'lic_1')
  await admin.licenses.create(order)
  const keys = server.received.map(({ headers }) => headers['idempotency-key'])
  assert.equal(keys.length, 4)
  assert.equal(keys[0], keys[1])
  assert.equal(keys[0], keys[2])
  assert.match(String(keys[0]), /^[0-9a-f-]{36}$/)
  assert.notEqual(keys[3], keys[0])
  assert.equal(server.received[2]?.body, JSON.stringify(order))
})

test('an Idempotency-Key of the caller is sent as it is, and no other method has one', async () => {
  await using server = await startServer(license, license, license)
  const admin = new LicetAdmin(server.url, 'licet_fake')
  await admin.licenses.create(order, { idempotencyKey: 'order-1001' })
  await admin.licenses.get('lic_1')
  await admin.licenses.update('lic_1', { customer_name: 'Ada' }, { ifMatch: 7 })
  const [first, second, third] = server.received.map(({ headers }) => headers)
  assert.equal(first?.['idempotency-key'], 'order-1001')
  assert.equal(second?.['idempotency-key'], undefined)
  assert.equal(third?.['idempotency-key'], undefined)
  assert.equal(third?.['if-match'], '"7"')
})

for (const status of [408, 425, 429, 500, 502, 503, 504]) {
  test(`status ${status} is retried twice and then thrown`, async () => {
    const answer = { ...busy, status }
    await using server = await startServer(answer, answer, answer, license)
    const admin = new LicetAdmin(server.url, 'licet_fake')
    await assert.rejects(admin.licenses.get('lic_1'), { name: 'LicetProblem', status })
    assert.equal(server.received.length, 3)
  })
}

for (const status of [400, 401, 403, 404, 409, 412, 413, 415, 422]) {
  test(`status ${status} is not retried`, async () => {
    await using server = await startServer({ status, json: { code: 'refused' } }, license)
    const admin = new LicetAdmin(server.url, 'licet_fake')
    await assert.rejects(admin.licenses.create(order), { name: 'LicetProblem', code: 'refused' })
    assert.equal(server.received.length, 1)
  })
}

test('a repetition that meets its own first attempt is retried until that has ended', async () => {
  const running = { status: 409, json: { code: 'idempotency_in_progress' } }
  await using server = await startServer('cut', running, license)
  const admin = new LicetAdmin(server.url, 'licet_fake')
  assert.equal((await admin.licenses.create(order)).id, 'lic_1')
})

test('a method that is not idempotent is not retried', async () => {
  await using server = await startServer(busy, license)
  const admin = new LicetAdmin(server.url, 'licet_fake')
  await assert.rejects(admin.request('patch', '/api/v1/anything', {}), LicetProblem)
  assert.deepEqual(
    server.received.map(({ method }) => method),
    ['PATCH'],
  )
})

test('retries can be turned off for all calls and for one call', async () => {
  await using server = await startServer(busy, busy, busy, license)
  const once = new LicetAdmin(server.url, 'licet_fake', { retries: 0 })
  await assert.rejects(once.licenses.get('lic_1'), LicetProblem)
  const admin = new LicetAdmin(server.url, 'licet_fake')
  await assert.rejects(admin.licenses.get('lic_1', { retries: 0 }), LicetProblem)
  assert.equal(server.received.length, 2)
  assert.equal((await once.licenses.get('lic_1', { retries: 1 })).id, 'lic_1')
})

test('a failed connection is retried and then thrown as NoAnswer', async () => {
  await using server = await startServer('cut', 'cut', 'cut', license)
  const admin = new LicetAdmin(server.url, 'licet_fake')
  await assert.rejects(admin.licenses.get('lic_1'), { name: 'NoAnswer', reason: 'network' })
  assert.equal(server.received.length, 3)
})

test('each attempt has its own time limit', async () => {
  await using server = await startServer('hang', license, license)
  const admin = new LicetAdmin(server.url, 'licet_fake', { timeoutMs: 1000 })
  assert.equal((await admin.licenses.get('lic_1')).id, 'lic_1')
  await using silent = await startServer('hang')
  const patient = new LicetAdmin(silent.url, 'licet_fake', { timeoutMs: 50, retries: 0 })
  await assert.rejects(patient.licenses.get('lic_1'), { name: 'NoAnswer', reason: 'timeout' })
})

test('a call that its caller ends rejects at once with the reason, without a retry', async () => {
  await using server = await startServer('hang', license)
  const controller = new AbortController()
  const admin = new LicetAdmin(server.url, 'licet_fake')
  const call = admin.licenses.get('lic_1', { signal: controller.signal })
  setTimeout(() => controller.abort(new Error('not needed anymore')), 50)
  await assert.rejects(call, { message: 'not needed anymore' })
  assert.equal(server.received.length, 1)
})

test('a server that asks for more than a minute is not waited for', async () => {
  await using server = await startServer({ ...busy, headers: { 'retry-after': '61' } }, license)
  const admin = new LicetAdmin(server.url, 'licet_fake')
  await assert.rejects(admin.licenses.get('lic_1'), { status: 503, retryAfterMs: 61_000 })
  assert.equal(server.received.length, 1)
})

test('NoAnswer keeps the cause', async () => {
  const cause = new TypeError('certificate has expired')
  const transport = () => Promise.reject(cause)
  const admin = new LicetAdmin('https://licenses.example.com', 'licet_fake', {
    transport,
    retries: 0,
  })
  await assert.rejects(
    admin.events.get('evt_1'),
    (error) => error instanceof NoAnswer && error.cause === cause,
  )
})
