import { expect, test } from 'bun:test'
import { DAY_MS } from '~/domain/times.ts'
import { openTestApp, type TestApp } from '../../support/app.ts'
import { openMailApp, smtpUrlOf, startMailServer } from '../../support/mail-server.ts'
import { expectProblem } from '../../support/problems.ts'
import { openSecondApp } from '../../support/second-app.ts'

const path = '/api/v1/licenses'
const order = { plan: 'professional', customer_email: 'dev@example.com' }

const post = (app: Pick<TestApp, 'send'>, key: string, body: unknown, at = path) =>
  app.send('POST', at, body, { 'idempotency-key': key })

test('idempotency: the same key and body returns the first response without a second effect', async () => {
  await using app = await openTestApp()
  const first = await post(app, 'order-1', order)
  expect(first.headers.get('idempotency-replayed')).toBeNull()
  app.clock.advanceMs(60_000)
  await app.send('PUT', `${path}/${first.body.id}`, { customer_name: 'Ann' })
  const again = await post(app, 'order-1', order)
  expect(again.status).toBe(201)
  expect(again.body).toEqual(first.body)
  expect(again.headers.get('idempotency-replayed')).toBe('true')
  expect(await app.database.readEventTypes()).toEqual(['license.created', 'license.updated'])
})

test('idempotency: a replay does not depend on the current plan or imported key', async () => {
  await using app = await openTestApp()
  const body = { ...order, plan: 'starter', key: 'an-imported-key-of-ours' }
  const first = await post(app, 'order-1', body)
  await app.send('PUT', `${path}/${first.body.id}`, { plan: 'enterprise' })
  await app.send('DELETE', '/api/v1/plans/starter')
  expect((await post(app, 'order-1', body)).body).toEqual(first.body)
})

test('idempotency: the same key with another body gets 422 and has no effect', async () => {
  await using app = await openTestApp()
  await post(app, 'order-1', order)
  for (const body of [
    { ...order, plan: 'starter' },
    { ...order, quantity: 1 },
  ]) {
    expectProblem(await post(app, 'order-1', body), 422, 'idempotency_mismatch')
  }
  expect(await app.database.readEventTypes()).toEqual(['license.created'])
})

test('idempotency: bodies are compared as JSON values, whatever the order of their members', async () => {
  await using app = await openTestApp()
  const first = await post(app, 'order-1', { ...order, metadata: { a: 1, b: 'é' } })
  const text =
    ' {"metadata":{"b":"\\u00e9","a":1.0}, "customer_email":"dev@example.com", "plan":"professional"}'
  const again = await post(app, 'order-1', text)
  expect(again.body).toEqual(first.body)
  expect(again.headers.get('idempotency-replayed')).toBe('true')
  const other = { ...order, metadata: { a: 'é', b: 1 } }
  expectProblem(await post(app, 'order-1', other), 422, 'idempotency_mismatch')
  expect(await app.database.readEventTypes()).toEqual(['license.created'])
})

test('idempotency: a repeat while the first request is running gets 409', async () => {
  await using app = await openTestApp()
  const responses = await Promise.all([post(app, 'order-1', order), post(app, 'order-1', order)])
  const [done, waiting] = responses.toSorted((one, other) => one.status - other.status)
  expect(done?.status).toBe(201)
  if (waiting) expectProblem(waiting, 409, 'idempotency_in_progress')
  expect(waiting?.headers.get('retry-after')).toBe('1')
  expect((await post(app, 'order-1', order)).body).toEqual(done?.body)
  expect(await app.database.readEventTypes()).toEqual(['license.created'])
})

test('idempotency: a key is scoped to one API key and one path', async () => {
  await using app = await openTestApp()
  const { body: mine } = await post(app, 'order-1', order)
  const authorization = `Bearer ${await app.tokenWith('*')}`
  const headers = { authorization, 'idempotency-key': 'order-1' }
  const theirs = await app.send('POST', path, order, headers)
  expect(theirs.headers.get('idempotency-replayed')).toBeNull()
  expect(theirs.body.id).not.toBe(mine.id)
  const elsewhere = await post(app, 'order-1', { reason: 'x' }, `${path}/${mine.id}/suspend`)
  expect(elsewhere.body.status).toBe('suspended')
  const license = await app.createLicense()
  const otherLicense = await post(app, 'order-1', { reason: 'x' }, `${path}/${license.id}/suspend`)
  expect(otherLicense.headers.get('idempotency-replayed')).toBeNull()
})

test('idempotency: only success is stored, so a key can be reused after an error', async () => {
  await using app = await openTestApp()
  const refused: [body: unknown, status: number][] = [
    ['{broken', 400],
    [{ ...order, plan: 'nope' }, 422],
    [{ ...order, nope: 1 }, 422],
  ]
  for (const [body, status] of refused) {
    expect((await post(app, 'order-1', body)).status).toBe(status)
  }
  const { id } = (await post(app, 'order-1', order)).body
  const renew = `${path}/${id}/renew`
  expectProblem(await post(app, 'renew-1', {}, renew), 409, 'perpetual')
  await app.send('PUT', `${path}/${id}`, { expires_at: '2027-01-01T00:00:00Z' })
  expect((await post(app, 'renew-1', { days: 1 }, renew)).status).toBe(200)
})

test('idempotency: a response is stored for 24 hours', async () => {
  await using app = await openTestApp()
  const { body: first } = await post(app, 'order-1', order)
  app.clock.advanceMs(DAY_MS - 1)
  expect((await post(app, 'order-1', order)).body).toEqual(first)
  app.clock.advanceMs(1)
  const next = await post(app, 'order-1', { ...order, plan: 'starter' })
  expect(next.status).toBe(201)
  expect(next.body.id).not.toBe(first.id)
  expect((await post(app, 'order-1', { ...order, plan: 'starter' })).body).toEqual(next.body)
})

test('idempotency: a replay redacts tokens but not license keys, and both are encrypted at rest', async () => {
  await using app = await openTestApp()
  const apiKey = { name: 'x', scopes: ['*'] }
  const first = await post(app, 'key-1', apiKey, '/api/v1/keys')
  const again = await post(app, 'key-1', apiKey, '/api/v1/keys')
  expect(again.body).toEqual({ ...first.body, token: null })

  const license = await post(app, 'order-1', order)
  const rotate = `${path}/${license.body.id}/rotate-key`
  const rotated = await post(app, 'rotate-1', {}, rotate)
  expect((await post(app, 'rotate-1', {}, rotate)).body).toEqual(rotated.body)
  const rows = JSON.stringify(await app.database.readRows())
  for (const secret of [first.body.token, license.body.key, rotated.body.key]) {
    expect(rows).not.toContain(secret)
  }
})

test('idempotency: every management POST that writes can be replayed', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense({ expires_at: '2027-01-01T00:00:00Z' })
  const posts: [path: string, body: object | undefined][] = [
    [path, { ...order, quantity: 2 }],
    [`${path}/batch`, { ...order, quantity: 2 }],
    ['/api/v1/products', { slug: 'editor', name: 'Editor', key_prefix: 'ED' }],
    ['/api/v1/plans', { slug: 'team', product: 'default', name: 'Team' }],
    [`${path}/${id}/suspend`, undefined],
    [`${path}/${id}/reinstate`, undefined],
    [`${path}/${id}/renew`, { days: 30 }],
    [`${path}/${id}/rotate-key`, { overlap_hours: 1 }],
    [`${path}/bulk`, { action: 'suspend', ids: [id] }],
    [`${path}/${id}/revoke`, { reason: 'x' }],
  ]
  for (const [at, body] of posts) {
    const first = await post(app, 'same-key', body, at)
    await app.deps.store.flush()
    const before = await app.database.readRows()
    const again = await post(app, 'same-key', body, at)
    expect({ at, status: again.status, body: again.body }).toEqual({
      at,
      status: first.status,
      body: first.body,
    })
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect(again.headers.get('etag')).toBe(first.headers.get('etag'))
    expect(await app.database.readRows()).toEqual(before)
  }
})

test('idempotency: a key has 1–255 printable characters', async () => {
  await using app = await openTestApp()
  for (const key of ['', 'x'.repeat(256), 'ä', 'a\tb']) {
    expectProblem(await post(app, key, order), 400, 'invalid_request')
  }
  for (const key of ['1', 'x'.repeat(255), 'with spaces & signs!']) {
    expect((await post(app, key, order)).status).toBe(201)
  }
})

test('idempotency: two servers that get the same request at the same time run it once', async () => {
  await using app = await openTestApp()
  await using other = await openSecondApp(app)
  for (let round = 0; round < 5; round += 1) {
    const key = `order-${round}`
    const [one, two] = await Promise.all([post(app, key, order), post(other, key, order)])
    expect([one.status, two.status, two.body]).toEqual([201, 201, one.body])
    const replays = [one, two].map(({ headers }) => headers.get('idempotency-replayed'))
    expect(replays.toSorted()).toEqual([null, 'true'].toSorted())
  }
  expect(await app.database.readEventTypes()).toEqual(Array(5).fill('license.created'))
})

test('idempotency: another body that another server gets at the same time gets 422', async () => {
  await using app = await openTestApp()
  await using other = await openSecondApp(app)
  const responses = await Promise.all([
    post(app, 'order-1', order),
    post(other, 'order-1', { ...order, plan: 'starter' }),
  ])
  const [done, refused] = responses.toSorted((one, two) => one.status - two.status)
  expect(done?.status).toBe(201)
  if (refused) expectProblem(refused, 422, 'idempotency_mismatch')
  expect(await app.database.readEventTypes()).toEqual(['license.created'])
})

test('idempotency: of servers that share a database, one sends a test email that both are asked for', async () => {
  await using mailServer = await startMailServer()
  await using app = await openMailApp(smtpUrlOf(mailServer))
  await using one = await openSecondApp(app, { isShared: true, instanceId: 'one' })
  await using two = await openSecondApp(app, { isShared: true, instanceId: 'two' })
  const send = (server: Pick<TestApp, 'send'>) =>
    post(server, 'click', { to: 'ops@example.com' }, '/api/v1/mails/test')
  const responses = await Promise.all([send(one), send(two)])
  const [done, waiting] = responses.toSorted((first, second) => first.status - second.status)
  expect(done?.status).toBe(200)
  if (waiting) expectProblem(waiting, 409, 'idempotency_in_progress')
  for (const server of [one, two]) expect((await send(server)).body).toEqual(done?.body)
  expect(mailServer.mails).toHaveLength(1)
})
