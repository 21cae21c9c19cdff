import { describe, expect, test } from 'bun:test'
import { retryGapsMs } from '~/domain/deliveries.ts'
import { openTestApp } from '../support/app.ts'
import { createWebhook, deliver, deliveriesOf } from '../support/jobs.ts'
import { idsOf, respond, startReceiver } from '../support/receiver.ts'

const DAY_MS = 86_400_000
const OK = respond(200)
const SERVER_ERROR = respond(500, {}, 'not today')

describe('failing webhook endpoint', () => {
  test('a failing endpoint gets ten attempts exactly on schedule, with the same id and body', async () => {
    await using app = await openTestApp()
    await using receiver = await startReceiver(SERVER_ERROR)
    const { id } = await createWebhook(app, receiver, { events: ['license.created'] })
    await app.createLicense()
    expect(await deliver(app)).toBe(1)
    for (const gapMs of retryGapsMs) {
      app.clock.advanceMs(gapMs - 1)
      expect(await deliver(app)).toBe(0)
      app.clock.advanceMs(1)
      expect(await deliver(app)).toBe(1)
    }
    app.clock.advanceMs(30 * DAY_MS)
    expect(await deliver(app)).toBe(0)

    const [delivery] = await deliveriesOf(app, id)
    expect(delivery).toMatchObject({ status: 'failed', tries: 10, next_try_at: null })
    let atMs = Date.parse('2026-03-06T00:00:00Z')
    const schedule = [atMs, ...retryGapsMs.map((gapMs) => (atMs += gapMs))]
    const attemptedAtMs = delivery.attempts.map(({ at }: { at: string }) => Date.parse(at))
    expect(attemptedAtMs).toEqual(schedule)
    const headersTimes = receiver.requests.map(({ headers }) =>
      Number(headers['webhook-timestamp']),
    )
    expect(headersTimes.map((seconds) => seconds * 1000)).toEqual(schedule)
    expect(new Set(idsOf(receiver.requests)).size).toBe(1)
    expect(new Set(receiver.requests.map(({ body }) => body)).size).toBe(1)
  })

  test('an endpoint is disabled after five days of failures, and other endpoints are notified', async () => {
    await using app = await openTestApp()
    await using receiver = await startReceiver(SERVER_ERROR)
    await using observer = await startReceiver(OK)
    const url = `${receiver.url}?token=of-the-shop`
    const { id } = await createWebhook(app, { url }, { events: ['license.created'] })
    await createWebhook(app, observer, { events: ['webhook.*'] })
    for (let day = 0; day < 5; day += 1) {
      await app.createLicense()
      await deliver(app)
      app.clock.advanceMs(DAY_MS)
    }
    const before = await app.send('GET', `/api/v1/webhooks/${id}`)
    expect(before.body).toMatchObject({ enabled: true, failing_since: '2026-03-06T00:00:00Z' })
    await deliver(app)

    const { body } = await app.send('GET', `/api/v1/webhooks/${id}`)
    expect(body).toMatchObject({ enabled: false, disabled_reason: 'failing' })
    await deliver(app)
    expect(observer.requests).toHaveLength(1)
    const notice = JSON.parse(observer.requests[0]?.body ?? '')
    expect(notice).toMatchObject({ type: 'webhook.disabled', data: {} })
    expect(notice.data).toEqual({
      webhook: { id, host: `127.0.0.1:${receiver.port}`, reason: 'failing' },
    })
    const count = receiver.requests.length
    await app.createLicense()
    app.clock.advanceMs(DAY_MS)
    expect(await deliver(app)).toBe(0)
    expect(receiver.requests).toHaveLength(count)
  })

  test('the five days of failures start at the first failure since the last success', async () => {
    await using app = await openTestApp()
    let behavior = SERVER_ERROR
    await using receiver = await startReceiver((...given) => behavior(...given))
    const { id } = await createWebhook(app, receiver, { events: ['license.created'] })
    await app.createLicense()
    await deliver(app)
    behavior = OK
    app.clock.advanceMs(4 * DAY_MS)
    await deliver(app)
    const recovered = await app.send('GET', `/api/v1/webhooks/${id}`)
    expect(recovered.body.failing_since).toBe(null)
    behavior = SERVER_ERROR
    await app.createLicense()
    app.clock.advanceMs(4 * DAY_MS)
    await deliver(app)
    const { body } = await app.send('GET', `/api/v1/webhooks/${id}`)
    expect(body).toMatchObject({ enabled: true, failing_since: '2026-03-14T00:00:00Z' })
  })

  test('an endpoint that responds with 410 is disabled at once', async () => {
    await using app = await openTestApp()
    await using receiver = await startReceiver(respond(410))
    const { id } = await createWebhook(app, receiver, { events: ['license.created'] })
    await app.createLicense()
    await deliver(app)
    const { body } = await app.send('GET', `/api/v1/webhooks/${id}`)
    expect(body).toMatchObject({ enabled: false, disabled_reason: 'gone' })
    const { body: events } = await app.send('GET', '/api/v1/events?type=webhook.disabled')
    expect(events.data).toHaveLength(1)
    expect(events.data[0].data.webhook.reason).toBe('gone')
    expect((await deliveriesOf(app, id))[0]).toMatchObject({ status: 'failed', tries: 1 })
  })
})
