import { expect, test } from 'bun:test'
import { openTestApp } from '../../support/app.ts'
import { createWebhook, deliver } from '../../support/jobs.ts'
import { expectProblem } from '../../support/problems.ts'
import { respond, startReceiver } from '../../support/receiver.ts'

const path = '/api/v1/deliveries'
const unknown = `${path}/dlv_01jg3m8v5mf1x8yq1r5c2w7h3k`

test('deliveries: an endpoint lists its deliveries newest first, in pages', async () => {
  await using app = await openTestApp()
  await using receiver = await startReceiver(respond(200))
  const { id } = await createWebhook(app, receiver)
  await createWebhook(app, receiver)
  const licenses = [await app.createLicense(), await app.createLicense(), await app.createLicense()]
  const list = `/api/v1/webhooks/${id}/deliveries`
  const { body: first } = await app.send('GET', `${list}?limit=2`)
  expect(first.data[0]).toEqual({
    id: expect.stringMatching(/^dlv_/),
    webhook_id: id,
    event_id: expect.stringMatching(/^evt_/),
    event_type: 'license.created',
    status: 'pending',
    tries: 0,
    next_try_at: '2026-03-06T00:00:00Z',
    created_at: '2026-03-06T00:00:00Z',
  })
  const { body: rest } = await app.send('GET', `${list}?limit=2&cursor=${first.next_cursor}`)
  expect(rest.next_cursor).toBe(null)
  const eventIds = [...first.data, ...rest.data].map(({ event_id }) => event_id)
  const { body: events } = await app.send('GET', '/api/v1/events')
  expect(eventIds).toEqual(events.data.map((event: { id: string }) => event.id))
  expect(eventIds).toHaveLength(licenses.length)

  const elsewhere = await app.send('GET', `/api/v1/events?cursor=${first.next_cursor}`)
  expectProblem(elsewhere, 400, 'invalid_cursor')
  const unknown = '/api/v1/webhooks/whk_01jg3m8v5mf1x8yq1r5c2w7h3k/deliveries'
  expectProblem(await app.send('GET', unknown), 404, 'not_found')
})

test('deliveries: a delivery shows every attempt with the first KiB of the response', async () => {
  await using app = await openTestApp()
  await using receiver = await startReceiver(respond(503, {}, `busy ${'x'.repeat(2000)}`))
  const { id } = await createWebhook(app, receiver)
  await app.createLicense()
  await deliver(app)
  app.clock.advanceMs(5000)
  await deliver(app)
  const { body: list } = await app.send('GET', `/api/v1/webhooks/${id}/deliveries`)
  const [listed] = list.data
  const { body } = await app.send('GET', `${path}/${listed.id}`)
  const attempt = {
    duration_ms: expect.any(Number),
    status: 503,
    error: null,
    response: `busy ${'x'.repeat(1019)}`,
  }
  expect(body).toEqual({
    ...listed,
    tries: 2,
    next_try_at: '2026-03-06T00:05:05Z',
    attempts: [
      { ...attempt, at: '2026-03-06T00:00:00Z' },
      { ...attempt, at: '2026-03-06T00:00:05Z' },
    ],
  })
  expectProblem(await app.send('GET', unknown), 404, 'not_found')
})

test('deliveries: a retry needs an enabled endpoint and webhooks:write', async () => {
  await using app = await openTestApp()
  await using receiver = await startReceiver(respond(410))
  const { id } = await createWebhook(app, receiver)
  await app.createLicense()
  await deliver(app)
  const { body: list } = await app.send('GET', `/api/v1/webhooks/${id}/deliveries`)
  const retryPath = `${path}/${list.data[0].id}/retry`
  expectProblem(await app.send('POST', retryPath), 409, 'invalid_transition')
  await app.send('PUT', `/api/v1/webhooks/${id}`, { enabled: true })
  const retried = await app.send('POST', retryPath)
  expect(retried.status).toBe(200)
  expect(retried.body).toEqual({
    ...list.data[0],
    status: 'pending',
    tries: 0,
    next_try_at: '2026-03-06T00:00:00Z',
  })
  expectProblem(await app.send('POST', `${unknown}/retry`), 404, 'not_found')
  const headers = { authorization: `Bearer ${await app.tokenWith('webhooks:read')}` }
  expectProblem(await app.send('POST', retryPath, undefined, headers), 403, 'missing_scope')
})

test('deliveries: the list across endpoints is filtered by status, type, endpoint and time', async () => {
  await using app = await openTestApp()
  await using good = await startReceiver(respond(200))
  await using bad = await startReceiver(respond(410))
  const all = await createWebhook(app, good)
  const gone = await createWebhook(app, bad, { events: ['license.created'] })
  const { id } = await app.createLicense()
  await deliver(app)
  app.clock.advanceMs(60_000)
  await app.send('POST', `/api/v1/licenses/${id}/suspend`)
  const list = async (query: string) => {
    const { status, text, body } = await app.send('GET', `${path}?${query}`)
    if (status !== 200) throw new Error(text)
    return body.data.map((one: Listed) => `${one.webhook_id} ${one.event_type} ${one.status}`)
  }
  interface Listed {
    readonly webhook_id: string
    readonly event_type: string
    readonly status: string
  }
  const suspended = `${all.id} license.suspended pending`
  const created = `${all.id} license.created delivered`
  const failed = `${gone.id} license.created failed`
  const disabled = `${all.id} webhook.disabled delivered`
  const everything = await list('limit=100')
  expect(everything[0]).toBe(suspended)
  expect(everything.toSorted()).toEqual([suspended, created, failed, disabled].sort())
  expect(await list('status=failed')).toEqual([failed])
  expect(await list('status=pending')).toEqual([suspended])
  expect((await list('status=delivered')).toSorted()).toEqual([created, disabled].sort())
  expect((await list('type=license.created')).toSorted()).toEqual([created, failed].sort())
  expect(await list('type=webhook.*')).toEqual([disabled])
  expect((await list('type=*')).toSorted()).toEqual(everything.toSorted())
  expect(await list(`webhook_id=${gone.id}`)).toEqual([failed])
  expect(await list('after=2026-03-06T00:01:00Z')).toEqual([suspended])
  expect((await list('before=2026-03-06T00:01:00Z')).toSorted()).toEqual(
    [created, failed, disabled].sort(),
  )
  const every = `type=license.*&webhook_id=${all.id}&before=2026-03-06T00:01:00Z`
  expect(await list(`status=delivered&${every}`)).toEqual([created])
  expect(await list('webhook_id=whk_none')).toEqual([])

  const pages: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const { body } = await app.send('GET', `${path}?limit=1${cursor && `&cursor=${cursor}`}`)
    pages.push(...body.data.map((one: { id: string }) => one.id))
    cursor = body.next_cursor
  }
  const { body } = await app.send('GET', path)
  expect(pages).toEqual(body.data.map((one: { id: string }) => one.id))

  await app.send('DELETE', `/api/v1/webhooks/${gone.id}`)
  expect(await list('type=license.created')).toEqual([created])
  expect(await list(`webhook_id=${gone.id}`)).toEqual([])
})

test('deliveries: a list across endpoints refuses filters that mean nothing', async () => {
  await using app = await openTestApp()
  for (const [query, pointer] of [
    ['status=lost', '?status'],
    ['type=license.lost', '?type'],
    ['after=yesterday', '?after'],
    ['before=2026-13-01T00:00:00Z', '?before'],
    ['webhook=x', '?webhook'],
  ]) {
    const { status, body } = await app.send('GET', `${path}?${query}`)
    expect({ status, pointer: body.errors?.[0]?.pointer }).toEqual({ status: 422, pointer })
  }
  const headers = { authorization: `Bearer ${await app.tokenWith('events:read')}` }
  expectProblem(await app.send('GET', path, undefined, headers), 403, 'missing_scope')
})
