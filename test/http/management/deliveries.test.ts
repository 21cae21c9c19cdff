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
