import { afterEach, describe, expect, setSystemTime, test } from 'bun:test'
import { Webhook } from 'standardwebhooks'
import { openTestApp, type TestApp } from '../support/app.ts'
import { createWebhook, deliver, deliveriesOf } from '../support/jobs.ts'
import {
  idsOf,
  type ReceivedRequest,
  respond,
  startReceiver,
  typesOf,
} from '../support/receiver.ts'

const DAY_MS = 86_400_000
const OK = respond(200, {}, 'thanks')
const SERVER_ERROR = respond(500, {}, 'not today')

afterEach(() => setSystemTime())

/** Verifies a request with the standardwebhooks library, which throws if it is invalid. */
function verify({ clock }: TestApp, secret: string, { headers, body }: ReceivedRequest): unknown {
  setSystemTime(clock.nowMs())
  return new Webhook(secret).verify(body, headers)
}

describe('webhook request', () => {
  test('a webhook request contains the stored event, signed, under its own id', async () => {
    await using app = await openTestApp()
    await using receiver = await startReceiver(OK)
    const { id: webhookId, secret } = await createWebhook(app, receiver)
    const license = await app.createLicense()
    await app.send('PUT', `/api/v1/licenses/${license.id}`, { external_ref: 'later' })
    app.clock.advanceMs(1500)
    expect(await deliver(app)).toBe(2)

    const [request, second] = receiver.requests
    const { body: events } = await app.send('GET', '/api/v1/events')
    const [, created] = events.data
    const masked = `TO-****-****-****-${license.key.slice(-4)}`
    const body = {
      id: created.id,
      type: 'license.created',
      timestamp: '2026-03-06T00:00:00Z',
      data: { license: { ...license, key: masked }, sequence: 1 },
    }
    expect(JSON.parse(request?.body ?? '')).toEqual(body)
    expect(created.data).toEqual(body.data)
    expect(request?.line).toBe('POST /hook HTTP/1.1')
    expect(request?.headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-id': created.id,
      'webhook-timestamp': String(Date.parse('2026-03-06T00:00:01Z') / 1000),
    })
    expect(JSON.parse(second?.body ?? '').data.previous).toEqual({ external_ref: null })
    for (const each of receiver.requests) {
      expect(verify(app, secret, each)).toEqual(JSON.parse(each.body))
    }

    const [delivery] = await deliveriesOf(app, webhookId)
    expect(delivery).toMatchObject({
      webhook_id: webhookId,
      event_id: created.id,
      event_type: 'license.created',
      status: 'delivered',
      tries: 1,
      next_try_at: null,
      attempts: [{ at: '2026-03-06T00:00:01Z', status: 200, error: null, response: 'thanks' }],
    })
  })

  test('a webhook endpoint receives the event types it subscribes to, and no others', async () => {
    await using app = await openTestApp()
    await using one = await startReceiver(OK)
    await using other = await startReceiver(OK)
    await createWebhook(app, one, { events: ['license.suspended', 'activation.*'] })
    await createWebhook(app, other, { events: ['license.*'] })
    const { id, key } = await app.createLicense()
    await app.validate({ key, domain: 'example.com' })
    await app.send('POST', `/api/v1/licenses/${id}/suspend`)
    await deliver(app)
    expect(typesOf(one.requests)).toEqual(['activation.created', 'license.suspended'])
    expect(typesOf(other.requests).sort()).toEqual([
      'license.activated',
      'license.created',
      'license.suspended',
    ])
  })

  test('a webhook request is signed with both secrets for 24 hours after a rotation', async () => {
    await using app = await openTestApp()
    await using receiver = await startReceiver(OK)
    const { id, secret: former } = await createWebhook(app, receiver)
    const rotated = await app.send('POST', `/api/v1/webhooks/${id}/rotate-secret`)
    const { secret } = rotated.body
    expect(secret).toMatch(/^whsec_/)
    expect(secret).not.toBe(former)

    await app.createLicense()
    app.clock.advanceMs(DAY_MS - 1)
    await deliver(app)
    await app.createLicense()
    app.clock.advanceMs(1)
    await deliver(app)

    const [during, after] = receiver.requests
    if (during === undefined || after === undefined) throw new Error('expected two requests')
    expect(verify(app, secret, during)).toBeObject()
    expect(verify(app, former, during)).toBeObject()
    expect(verify(app, secret, after)).toBeObject()
    expect(() => verify(app, former, after)).toThrow('No matching signature')
  })

  test('two processes that deliver at the same time send each event once', async () => {
    await using app = await openTestApp()
    await using receiver = await startReceiver(OK)
    await createWebhook(app, receiver)
    const order = { plan: 'starter', customer_email: 'dev@example.com', quantity: 40 }
    await app.send('POST', '/api/v1/licenses', order)
    const other = { deps: { ...app.deps, instanceId: 'other' } }
    const counts = await Promise.all([deliver(app), deliver(other)])
    expect(counts[0] + counts[1]).toBe(40)
    expect(new Set(idsOf(receiver.requests)).size).toBe(40)
    expect(receiver.requests).toHaveLength(40)
  })
})

describe('paused webhook endpoint', () => {
  test('a paused endpoint queues deliveries and gets them when it is resumed', async () => {
    await using app = await openTestApp()
    await using receiver = await startReceiver(OK)
    const { id } = await createWebhook(app, receiver)
    await app.send('PUT', `/api/v1/webhooks/${id}`, { enabled: false })
    await app.createLicense()
    expect(await deliver(app)).toBe(0)
    expect((await deliveriesOf(app, id))[0].status).toBe('pending')
    await app.send('PUT', `/api/v1/webhooks/${id}`, { enabled: true })
    expect(await deliver(app)).toBe(1)
    expect(typesOf(receiver.requests)).toEqual(['license.created'])
  })

  test('a delivery that fails while its endpoint is being paused stays pending', async () => {
    await using app = await openTestApp()
    const path = () => `/api/v1/webhooks/${webhook.id}`
    await using receiver = await startReceiver(async (...given) => {
      await app.send('PUT', path(), { enabled: false })
      SERVER_ERROR(...given)
    })
    const webhook = await createWebhook(app, receiver)
    await app.createLicense()
    await deliver(app)
    app.clock.advanceMs(DAY_MS)
    expect(await deliver(app)).toBe(0)
    expect((await deliveriesOf(app, webhook.id))[0]).toMatchObject({ status: 'pending', tries: 1 })
    expect((await app.send('GET', path())).body.enabled).toBe(false)
  })
})

test('deleting an endpoint during an attempt deletes its deliveries without an error', async () => {
  await using app = await openTestApp()
  await using receiver = await startReceiver(async (...given) => {
    await app.send('DELETE', `/api/v1/webhooks/${webhook.id}`)
    OK(...given)
  })
  const webhook = await createWebhook(app, receiver)
  await app.createLicense()
  const [delivery] = await deliveriesOf(app, webhook.id)
  await app.createLicense()
  await deliver(app)
  expect(await deliver(app)).toBe(0)
  expect((await app.send('GET', `/api/v1/deliveries/${delivery.id}`)).status).toBe(404)
  expect(app.logLines.filter((line) => line.includes('"level":50'))).toEqual([])
})

test('erasing a customer during an attempt keeps the response out of the attempt record', async () => {
  await using app = await openTestApp()
  await using receiver = await startReceiver(async (request, response) => {
    await app.send('POST', '/api/v1/customers/erase', { customer_email: 'dev@example.com' })
    respond(200, {}, receiver.requests[0]?.body)(request, response)
  })
  const { id } = await createWebhook(app, receiver, { events: ['license.created'] })
  await app.createLicense()
  await deliver(app)
  expect(receiver.requests[0]?.body).toContain('dev@example.com')
  const [delivery] = await deliveriesOf(app, id)
  expect(delivery).toMatchObject({ status: 'delivered', attempts: [{ status: 200, response: '' }] })
})
