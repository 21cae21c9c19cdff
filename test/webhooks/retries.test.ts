import { describe, expect, test } from 'bun:test'
import { openTestApp } from '../support/app.ts'
import { createWebhook, deliver, deliveriesOf } from '../support/jobs.ts'
import { idsOf, respond, startReceiver, typesOf } from '../support/receiver.ts'

const HOUR_MS = 3_600_000
const OK = respond(200)
const SERVER_ERROR = respond(500, {}, 'not today')

describe('manual retry', () => {
  test('a manual retry starts a new schedule with the same webhook id', async () => {
    await using app = await openTestApp()
    let behavior = SERVER_ERROR
    await using receiver = await startReceiver((...given) => behavior(...given))
    const { id } = await createWebhook(app, receiver)
    await app.createLicense()
    await deliver(app)
    const [delivery] = await deliveriesOf(app, id)
    behavior = OK
    const { body } = await app.send('POST', `/api/v1/deliveries/${delivery.id}/retry`)
    expect(body).toMatchObject({ status: 'pending', tries: 0 })
    expect(await deliver(app)).toBe(1)
    expect(new Set(idsOf(receiver.requests)).size).toBe(1)
    const [delivered] = await deliveriesOf(app, id)
    expect(delivered).toMatchObject({ status: 'delivered', tries: 1 })
    expect(delivered.attempts).toMatchObject([{ status: 500 }, { status: 200 }])
  })

  test('a manual retry during an attempt starts right after that attempt', async () => {
    await using app = await openTestApp()
    const retryOnce = async () => {
      if (receiver.requests.length > 1) return
      const [delivery] = await deliveriesOf(app, webhook.id)
      app.clock.advanceMs(1000)
      await app.send('POST', `/api/v1/deliveries/${delivery.id}/retry`)
    }
    await using receiver = await startReceiver(async (...given) => {
      await retryOnce()
      SERVER_ERROR(...given)
    })
    const webhook = await createWebhook(app, receiver)
    await app.createLicense()
    expect(await deliver(app)).toBe(2)
    expect((await deliveriesOf(app, webhook.id))[0]).toMatchObject({
      status: 'pending',
      tries: 1,
      attempts: [{ status: 500 }, { status: 500 }],
    })
  })

  test('recover sends what failed and what the disabled endpoint missed since a given time', async () => {
    await using app = await openTestApp()
    let behavior = respond(410)
    await using receiver = await startReceiver((...given) => behavior(...given))
    const { id } = await createWebhook(app, receiver, { events: ['license.created'] })
    await app.createLicense()
    await deliver(app)
    app.clock.advanceMs(HOUR_MS)
    await app.createLicense()
    const license = await app.createLicense()
    await app.send('POST', `/api/v1/licenses/${license.id}/suspend`)

    behavior = OK
    const recover = (since: string) => app.send('POST', `/api/v1/webhooks/${id}/recover`, { since })
    expect((await recover('2026-03-06T01:00:00Z')).body).toEqual({ recovered: 2 })
    expect((await recover('2026-03-06T00:00:00Z')).body).toEqual({ recovered: 1 })
    expect((await recover('2026-03-06T00:00:00Z')).body).toEqual({ recovered: 0 })
    expect((await recover('2027-03-06T00:00:00Z')).body).toEqual({ recovered: 0 })
    expect(await deliver(app)).toBe(0)
    await app.send('PUT', `/api/v1/webhooks/${id}`, { enabled: true })
    expect(await deliver(app)).toBe(3)
    const arrived = receiver.requests.slice(1)
    expect(typesOf(arrived)).toEqual(['license.created', 'license.created', 'license.created'])
    expect(idsOf(arrived)).toContain(idsOf(receiver.requests)[0] ?? '')
    expect((await recover('2026-03-06T00:00:00Z')).body).toEqual({ recovered: 0 })
  })
})
