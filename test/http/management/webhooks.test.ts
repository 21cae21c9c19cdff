import { expect, test } from 'bun:test'
import { openTestApp } from '../../support/app.ts'
import { createWebhook, deliver } from '../../support/jobs.ts'
import { expectProblem } from '../../support/problems.ts'
import { respond, startReceiver } from '../../support/receiver.ts'

const path = '/api/v1/webhooks'
const url = 'https://hooks.example.com/licet'
const unknownPath = `${path}/whk_01jg3m8v5mf1x8yq1r5c2w7h3k`

test('webhooks: an endpoint is created with defaults, returned, listed and deleted', async () => {
  await using app = await openTestApp()
  const created = await app.send('POST', path, { url })
  expect(created.body).toEqual({
    id: expect.stringMatching(/^whk_/),
    url,
    events: ['*'],
    description: null,
    enabled: true,
    disabled_reason: null,
    failing_since: null,
    created_at: '2026-03-06T00:00:00Z',
    secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
  })
  expect(created.status).toBe(201)
  const { secret: _once, ...webhook } = created.body
  const second = await createWebhook(app, { url }, { enabled: false, description: 'CRM' })
  expect(second).toMatchObject({ enabled: false, description: 'CRM', disabled_reason: null })

  const shown = await app.send('GET', `${path}/${webhook.id}`)
  expect([shown.status, shown.body]).toEqual([200, webhook])
  const first = await app.send('GET', `${path}?limit=1`)
  expect(first.body.data).toMatchObject([{ id: second.id }])
  const rest = await app.send('GET', `${path}?limit=1&cursor=${first.body.next_cursor}`)
  expect(rest.body).toEqual({ data: [webhook], next_cursor: null })

  const deleted = await app.send('DELETE', `${path}/${webhook.id}`)
  expect([deleted.status, deleted.text]).toEqual([204, ''])
  expectProblem(await app.send('GET', `${path}/${webhook.id}`), 404, 'not_found')
  expectProblem(await app.send('DELETE', `${path}/${webhook.id}`), 404, 'not_found')
  expect((await app.send('GET', path)).body.data).toHaveLength(1)
})

test('webhooks: the secret is only in the first response, never in a replay, log or file', async () => {
  await using app = await openTestApp()
  await using receiver = await startReceiver(respond(500))
  const send = () => app.send('POST', path, { url: receiver.url }, { 'idempotency-key': 'once' })
  const { body: created } = await send()
  const { id, secret } = created
  const replay = await send()
  expect(replay.headers.get('idempotency-replayed')).toBe('true')
  expect(replay.body).toEqual({ ...created, secret: null })

  const rotate = () =>
    app.send('POST', `${path}/${id}/rotate-secret`, undefined, { 'idempotency-key': 'twice' })
  const { body: rotated } = await rotate()
  expect(rotated.secret).toMatch(/^whsec_/)
  expect(rotated.secret).not.toBe(secret)
  expect((await rotate()).body.secret).toBe(null)

  await app.createLicense()
  await deliver(app)
  const responses = await Promise.all([
    app.send('GET', path),
    app.send('GET', `${path}/${id}`),
    app.send('PUT', `${path}/${id}`, { description: 'CRM' }),
    app.send('POST', `${path}/${id}/test`),
    app.send('GET', `${path}/${id}/deliveries`),
    app.send('GET', '/api/v1/events'),
  ])
  const written = await app.database.readEverything()
  const everything = [...responses.map(({ text }) => text), ...app.logLines, written].join()
  for (const hidden of [secret, rotated.secret]) {
    expect(everything).not.toContain(hidden)
    expect(everything).not.toContain(hidden.slice('whsec_'.length))
  }
})

test('webhooks: a URL that is never allowed is rejected with the reason', async () => {
  await using app = await openTestApp()
  const { id } = await createWebhook(app, { url })
  const refused = [
    ['http://10.0.0.1/', 'not public'],
    ['https://169.254.169.254/latest/', 'not public'],
    ['https://[::1]/', 'not public'],
    ['https://user:secret@hooks.example.com/', 'user name'],
    ['ftp://hooks.example.com/', 'https://'],
    ['hooks.example.com', 'Use a full URL'],
  ] as const
  for (const [given, words] of refused) {
    const created = await app.send('POST', path, { url: given })
    expectProblem(created, 422, 'validation_failed', ['/url'])
    expect(created.body.errors[0].detail).toContain(words)
    const changed = await app.send('PUT', `${path}/${id}`, { url: given })
    expectProblem(changed, 422, 'validation_failed', ['/url'])
  }
  const { body } = await app.send('GET', path)
  expect(body.data).toMatchObject([{ id, url }])
})

test('webhooks: a pattern is *, a type or a group such as license.*; others are rejected', async () => {
  await using app = await openTestApp()
  const events = ['license.*', 'activation.created', 'license.*']
  const { id, events: kept } = await createWebhook(app, { url }, { events })
  expect(kept).toEqual(['license.*', 'activation.created'])
  for (const wrong of ['licence.*', 'license.create', '*.created', '']) {
    const created = await app.send('POST', path, { url, events: ['*', wrong] })
    expectProblem(created, 422, 'validation_failed', ['/events/1'])
    const changed = await app.send('PUT', `${path}/${id}`, { events: [wrong] })
    expectProblem(changed, 422, 'validation_failed', ['/events/0'])
  }
  expectProblem(await app.send('POST', path, { url, events: [] }), 422, 'validation_failed', [
    '/events',
  ])
  expect((await app.send('GET', `${path}/${id}`)).body.events).toEqual(kept)
})

test('webhooks: an invalid body gets 422 with a pointer to each field', async () => {
  await using app = await openTestApp()
  const body = { url, description: 'x'.repeat(501), enabled: 'yes', secret: 'whsec_mine' }
  const { status, body: problem } = await app.send('POST', path, body)
  expect(status).toBe(422)
  const pointers = problem.errors.map(({ pointer }: { pointer: string }) => pointer).sort()
  expect(pointers).toEqual(['/description', '/enabled', '/secret'])
  expectProblem(await app.send('POST', path, {}), 422, 'validation_failed', ['/url'])
})

test('webhooks: PUT changes only the given fields, including enabled', async () => {
  await using app = await openTestApp()
  const { secret: _once, ...webhook } = await createWebhook(app, { url })
  const change = { description: 'CRM', events: ['license.created'] }
  const { body } = await app.send('PUT', `${path}/${webhook.id}`, change)
  expect(body).toEqual({ ...webhook, ...change })
  const paused = await app.send('PUT', `${path}/${webhook.id}`, { enabled: false })
  expect(paused.body).toEqual({ ...body, enabled: false })
  const resumed = await app.send('PUT', `${path}/${webhook.id}`, {
    enabled: true,
    description: null,
  })
  expect(resumed.body).toEqual({ ...body, description: null })
  expectProblem(await app.send('PUT', unknownPath, change), 404, 'not_found')
})

test('webhooks: a new URL resets the failures of the old one', async () => {
  await using app = await openTestApp()
  await using receiver = await startReceiver(respond(500))
  const { id } = await createWebhook(app, receiver)
  await app.createLicense()
  await deliver(app)
  const kept = await app.send('PUT', `${path}/${id}`, { url: receiver.url })
  expect(kept.body.failing_since).toBe('2026-03-06T00:00:00Z')
  const moved = await app.send('PUT', `${path}/${id}`, { url })
  expect(moved.body.failing_since).toBe(null)
})

test('webhooks: webhook.test goes only to the tested endpoint, regardless of its patterns', async () => {
  await using app = await openTestApp()
  await using receiver = await startReceiver(respond(200))
  await using other = await startReceiver(respond(200))
  const { id } = await createWebhook(app, receiver, { events: ['license.created'] })
  await createWebhook(app, other)
  expect((await app.send('POST', `${path}/${id}/test`)).status).toBe(200)
  await deliver(app)
  expect(receiver.requests.map(({ body }) => JSON.parse(body))).toMatchObject([
    { type: 'webhook.test', data: { webhook: { id, host: new URL(receiver.url).host } } },
  ])
  expect(other.requests).toHaveLength(0)

  await app.send('PUT', `${path}/${id}`, { enabled: false })
  expectProblem(await app.send('POST', `${path}/${id}/test`), 409, 'invalid_transition')
  expectProblem(await app.send('POST', `${unknownPath}/test`), 404, 'not_found')
  expect(await app.database.readEventTypes()).toEqual(['webhook.test'])
})

test('webhooks: pausing a disabled endpoint queues new deliveries again', async () => {
  await using app = await openTestApp()
  let behavior = respond(410)
  await using receiver = await startReceiver((...given) => behavior(...given))
  const { id } = await createWebhook(app, receiver, { events: ['license.created'] })
  await app.createLicense()
  await deliver(app)
  const paused = await app.send('PUT', `${path}/${id}`, { enabled: false })
  expect(paused.body).toMatchObject({ enabled: false, disabled_reason: null })
  await app.createLicense()
  behavior = respond(200)
  await app.send('PUT', `${path}/${id}`, { enabled: true })
  expect(await deliver(app)).toBe(1)
})

test('webhooks: routes without a body reject a body with fields', async () => {
  await using app = await openTestApp()
  await using receiver = await startReceiver(respond(500))
  const { id } = await createWebhook(app, receiver)
  await app.createLicense()
  await deliver(app)
  const { body } = await app.send('GET', `${path}/${id}/deliveries`)
  const places = [`${path}/${id}/test`, `${path}/${id}/rotate-secret`]
  for (const place of [...places, `/api/v1/deliveries/${body.data[0].id}/retry`]) {
    const refused = await app.send('POST', place, { foo: 1 })
    expectProblem(refused, 422, 'validation_failed', ['/foo'])
  }
  expect(await app.database.readEventTypes()).toEqual(['license.created'])
})

test('webhooks: recover requires `since`', async () => {
  await using app = await openTestApp()
  const { id } = await createWebhook(app, { url })
  const recover = (body: object, of = `${path}/${id}`) => app.send('POST', `${of}/recover`, body)
  expect((await recover({ since: '2026-03-06T00:00:00Z' })).body).toEqual({ recovered: 0 })
  for (const body of [{}, { since: 'yesterday' }, { since: '2026-02-30T00:00:00Z' }]) {
    expectProblem(await recover(body), 422, 'validation_failed', ['/since'])
  }
  expectProblem(await recover({ since: '2026-03-06T00:00:00Z' }, unknownPath), 404, 'not_found')
  expectProblem(await app.send('POST', `${unknownPath}/rotate-secret`), 404, 'not_found')
})

test('webhooks: reading needs webhooks:read, everything else webhooks:write', async () => {
  await using app = await openTestApp()
  const { id } = await createWebhook(app, { url })
  const routes = [
    ['GET', path, 'read'],
    ['GET', `${path}/${id}`, 'read'],
    ['GET', `${path}/${id}/deliveries`, 'read'],
    ['POST', path, 'write'],
    ['PUT', `${path}/${id}`, 'write'],
    ['DELETE', `${path}/${id}`, 'write'],
    ['POST', `${path}/${id}/rotate-secret`, 'write'],
    ['POST', `${path}/${id}/test`, 'write'],
    ['POST', `${path}/${id}/recover`, 'write'],
  ] as const
  const reader = await app.tokenWith('webhooks:read', 'events:read')
  const writer = await app.tokenWith('webhooks:write')
  for (const [method, route, needed] of routes) {
    const token = needed === 'read' ? writer : reader
    const headers = { authorization: `Bearer ${token}` }
    const refused = await app.send(method, route, undefined, headers)
    expectProblem(refused, 403, 'missing_scope')
    expect(refused.body.detail).toContain(`webhooks:${needed}`)
  }
  expect((await app.send('GET', `${path}/${id}`)).status).toBe(200)
})
