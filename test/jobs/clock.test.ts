import { Database } from 'bun:sqlite'
import { describe, expect, test } from 'bun:test'
import { announceExpiries } from '~/jobs/announce-expiries.ts'
import { cleanUp } from '~/jobs/clean-up.ts'
import { correctTimes } from '~/jobs/correct-times.ts'
import { deliverWebhooks } from '~/jobs/deliver-webhooks.ts'
import { expireLicenses } from '~/jobs/expire-licenses.ts'
import type { Job } from '~/jobs/job.ts'
import { retainHistory } from '~/jobs/retain-history.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import { openTestApp, type TestApp } from '../support/app.ts'
import { createWebhook, deliveriesOf, runJob } from '../support/jobs.ts'
import { respond, startReceiver } from '../support/receiver.ts'

const SECOND_MS = 1000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
const YEAR_MS = 365 * DAY_MS

const run = ({ deps }: TestApp, job: Job) => runJob(job, deps)

/** Sets the clock back by `durationMs`, as the clock watch notices it. */
async function setBack(app: TestApp, durationMs: number): Promise<void> {
  app.clock.jumpMs(-durationMs)
  await run(app, correctTimes)
}

function readRows(app: TestApp, sql: string): unknown[] {
  using db = new Database(databasePath(app.directory), { readonly: true })
  return db.query(sql).all()
}

describe('a clock that is a year ahead deletes nothing', () => {
  test('clock: a year ahead, the usage history is kept, and trimmed once its days have passed', async () => {
    await using app = await openTestApp({ historyDays: 2 })
    const { key } = await app.createLicense()
    await app.validate({ key })
    await app.deps.usage.flush()
    app.clock.jumpMs(YEAR_MS)
    expect(await run(app, retainHistory)).toBe(0)
    app.clock.advanceMs(DAY_MS)
    expect(await run(app, retainHistory)).toBe(0)
    await setBack(app, YEAR_MS)
    expect(await run(app, retainHistory)).toBe(0)
    app.clock.advanceMs(2 * DAY_MS)
    expect(await run(app, retainHistory)).toBe(1)
  })

  test('clock: a year ahead, stored responses, former keys, seats and deactivations are kept', async () => {
    await using app = await openTestApp()
    await app.send('PUT', '/api/v1/plans/enterprise', { deactivations_max_per_30_days: 1 })
    const order = { plan: 'enterprise', customer_email: 'dev@example.com' }
    const creation = { 'idempotency-key': 'order-1' }
    const { body } = await app.send('POST', '/api/v1/licenses', order, creation)
    const call = { key: body.key, fingerprint: 'laptop' }
    await app.callAsClient('seats/acquire', call)
    await app.callAsClient('activate', call)
    await app.callAsClient('deactivate', call)
    await app.send('POST', `/api/v1/licenses/${body.id}/rotate-key`, { overlap_hours: 48 })
    app.clock.jumpMs(YEAR_MS)
    expect(await run(app, cleanUp)).toBe(0)
    await setBack(app, YEAR_MS)
    expect((await app.validate(call)).body.valid).toBe(true)
    const repeated = await app.send('POST', '/api/v1/licenses', order, creation)
    expect(repeated.body.id).toBe(body.id)
    await app.callAsClient('activate', call)
    const refused = await app.callAsClient('deactivate', call)
    expect(refused.status).toBe(409)
  })

  test('clock: a year ahead, no activation loses its slot as idle', async () => {
    await using app = await openTestApp()
    await app.send('PUT', '/api/v1/plans/starter', { evict_idle_days: 30 })
    const { id, key } = await app.createLicense({ plan: 'starter', max_devices: 1 })
    await app.validate({ key, fingerprint: 'laptop' })
    app.clock.jumpMs(YEAR_MS)
    const stranger = { key, fingerprint: 'stranger' }
    expect((await app.validate(stranger)).body.error).toBe('DEVICE_LIMIT_REACHED')
    expect((await app.callAsClient('activate', stranger)).status).toBe(409)
    await setBack(app, YEAR_MS)
    expect((await app.validate({ key, fingerprint: 'laptop' })).body.valid).toBe(true)
    app.clock.advanceMs(30 * DAY_MS)
    expect((await app.validate(stranger)).body.valid).toBe(true)
    expect(await app.eventTypesOf(id)).toContain('activation.deleted')
  })

  test('clock: a year ahead, a webhook endpoint that fails is not disabled', async () => {
    await using app = await openTestApp()
    await using receiver = await startReceiver(respond(500))
    const { id } = await createWebhook(app, receiver)
    await app.createLicense()
    await run(app, deliverWebhooks)
    app.clock.jumpMs(YEAR_MS)
    await run(app, deliverWebhooks)
    expect((await app.send('GET', `/api/v1/webhooks/${id}`)).body.enabled).toBe(true)
    expect((await deliveriesOf(app, id))[0]).toMatchObject({ status: 'pending', tries: 2 })
  })
})

describe('a false expiration', () => {
  const order = { expires_at: '2026-04-06T00:00:00Z' }

  test('clock: a false license.expired does not use up the true one', async () => {
    await using app = await openTestApp()
    const { id, key } = await app.createLicense(order)
    app.clock.jumpMs(YEAR_MS)
    expect(await run(app, expireLicenses)).toBe(1)
    expect((await app.validate({ key })).body.error).toBe('LICENSE_EXPIRED')
    await setBack(app, YEAR_MS)
    expect((await app.validate({ key })).body.valid).toBe(true)
    expect(await run(app, expireLicenses)).toBe(0)
    app.clock.advanceMs(31 * DAY_MS)
    expect(await run(app, expireLicenses)).toBe(1)
    expect(await run(app, correctTimes)).toBe(0)
    expect(await run(app, expireLicenses)).toBe(0)
    const types = await app.eventTypesOf(id)
    expect(types.filter((type) => type === 'license.expired')).toHaveLength(2)
  })

  test('clock: license.expiring is sent when it is due, whether a wrong clock sent or skipped it', async () => {
    await using app = await openTestApp()
    const early = await app.createLicense({ expires_at: '2026-05-06T00:00:00Z' })
    const skipped = await app.createLicense({ expires_at: '2026-03-30T00:00:00Z' })
    app.clock.jumpMs(50 * DAY_MS)
    expect(await run(app, announceExpiries)).toBe(1)
    await setBack(app, 50 * DAY_MS)
    expect(await run(app, announceExpiries)).toBe(0)
    app.clock.advanceMs(10 * DAY_MS)
    expect(await run(app, announceExpiries)).toBe(1)
    expect(await app.eventTypesOf(skipped.id)).toContain('license.expiring')
    app.clock.advanceMs(37 * DAY_MS)
    expect(await run(app, announceExpiries)).toBe(1)
    const types = await app.eventTypesOf(early.id)
    expect(types.filter((type) => type === 'license.expiring')).toHaveLength(2)
  })

  test('clock: a notice that came seconds early is not repeated', async () => {
    await using app = await openTestApp()
    await app.createLicense(order)
    app.clock.advanceMs(31 * DAY_MS + SECOND_MS)
    expect(await run(app, expireLicenses)).toBe(1)
    await setBack(app, 10 * SECOND_MS)
    app.clock.advanceMs(DAY_MS)
    expect(await run(app, expireLicenses)).toBe(0)
  })
})

describe.each([
  ['a year', YEAR_MS],
  ['a day', DAY_MS],
])('the clock is set back by %s', (_, aheadMs) => {
  test('clock: a seat leased ahead of time is free after one lease', async () => {
    await using app = await openTestApp()
    const { id, key } = await app.createLicense({ plan: 'enterprise', max_seats: 1 })
    app.clock.jumpMs(aheadMs)
    await app.callAsClient('seats/acquire', { key, fingerprint: 'laptop' })
    await setBack(app, aheadMs)
    const { body } = await app.send('GET', `/api/v1/licenses/${id}/seats`)
    expect(body.data[0].expires_at).toBe('2026-03-06T00:05:00Z')
    const other = { key, fingerprint: 'desktop' }
    app.clock.advanceMs(300 * SECOND_MS - 1)
    expect((await app.callAsClient('seats/acquire', other)).status).toBe(409)
    app.clock.advanceMs(1)
    expect((await app.callAsClient('seats/acquire', other)).status).toBe(200)
  })

  test('clock: the age of the oldest pending delivery grows from the moment when the clock is right again', async () => {
    await using app = await openTestApp()
    const webhook = await createWebhook(app, { url: 'https://hooks.example.com/' })
    await app.send('PUT', `/api/v1/webhooks/${webhook.id}`, { enabled: false })
    const ageSeconds = async () => {
      const { text } = await app.send('GET', '/metrics')
      return Number(/^licet_webhook_oldest_pending_age_seconds (\S+)$/m.exec(text)?.[1])
    }
    app.clock.jumpMs(aheadMs)
    await app.createLicense()
    app.clock.advanceMs(HOUR_MS)
    expect(await ageSeconds()).toBe(3600)
    await setBack(app, aheadMs)
    app.clock.advanceMs(HOUR_MS)
    await app.createLicense()
    expect(await ageSeconds()).toBe(3600)
    const [older, newer] = await deliveriesOf(app, webhook.id)
    expect(Date.parse(newer.created_at) - Date.parse(older.created_at)).toBe(HOUR_MS)
  })

  test('clock: a delivery scheduled ahead of time is attempted within its gap', async () => {
    await using app = await openTestApp()
    await using receiver = await startReceiver(respond(500))
    const { id } = await createWebhook(app, receiver)
    app.clock.jumpMs(aheadMs)
    await app.createLicense()
    await run(app, deliverWebhooks)
    await app.createLicense({ plan: 'enterprise' })
    await setBack(app, aheadMs)
    const webhook = await app.send('GET', `/api/v1/webhooks/${id}`)
    expect(webhook.body.failing_since).toBe('2026-03-06T00:00:00Z')
    app.clock.advanceMs(5 * SECOND_MS)
    await run(app, deliverWebhooks)
    const tries = (await deliveriesOf(app, id)).map((delivery) => delivery.tries)
    expect(tries).toEqual([2, 1])
  })

  test('clock: a claim made ahead of time ends within a minute', async () => {
    await using app = await openTestApp()
    await using receiver = await startReceiver(respond(200))
    await createWebhook(app, receiver)
    await app.createLicense()
    app.clock.jumpMs(aheadMs)
    const nowMs = app.clock.nowMs()
    const room = { totalMax: 1, perEndpointMax: 1, failingMax: 1 }
    const times = { nowMs, claimedUntilMs: nowMs + 60 * SECOND_MS }
    await app.deps.store.outbox.claim({ instanceId: 'dead', ...times, ...room })
    await setBack(app, aheadMs)
    expect(await run(app, deliverWebhooks)).toBe(0)
    app.clock.advanceMs(60 * SECOND_MS)
    expect(await run(app, deliverWebhooks)).toBe(1)
  })

  test('clock: overlaps of keys and secrets, and stored responses, keep their own length', async () => {
    await using app = await openTestApp()
    await using receiver = await startReceiver(respond(200))
    const webhook = await createWebhook(app, receiver)
    const { id, key } = await app.createLicense()
    app.clock.jumpMs(aheadMs)
    const order = { plan: 'starter', customer_email: 'dev@example.com' }
    const creation = { 'idempotency-key': 'order-1' }
    const first = await app.send('POST', '/api/v1/licenses', order, creation)
    await app.send('POST', `/api/v1/licenses/${id}/rotate-key`, { overlap_hours: 2 })
    await app.send('POST', `/api/v1/webhooks/${webhook.id}/rotate-secret`)
    await run(app, deliverWebhooks)
    await setBack(app, aheadMs)
    app.clock.advanceMs(2 * HOUR_MS - 1)
    expect((await app.validate({ key })).body.valid).toBe(true)
    app.clock.advanceMs(1)
    expect((await app.validate({ key })).body.error).toBe('LICENSE_NOT_FOUND')
    app.clock.advanceMs(22 * HOUR_MS - 1)
    const repeated = await app.send('POST', '/api/v1/licenses', order, creation)
    expect(repeated.body.id).toBe(first.body.id)
    app.clock.advanceMs(1)
    const next = await app.send('POST', '/api/v1/licenses', order, creation)
    expect(next.body.id).not.toBe(first.body.id)
    await run(app, deliverWebhooks)
    const signatures = receiver.requests.map(
      ({ headers }) => headers['webhook-signature']?.split(' ').length,
    )
    expect(signatures.at(0)).toBe(2)
    expect(signatures.at(-1)).toBe(1)
  })

  test('clock: deactivations count for thirty days, and idle activations are replaced', async () => {
    await using app = await openTestApp()
    const terms = { deactivations_max_per_30_days: 1, evict_idle_days: 30 }
    await app.send('PUT', '/api/v1/plans/starter', terms)
    const { key } = await app.createLicense({ plan: 'starter', max_devices: 1 })
    const laptop = { key, fingerprint: 'laptop' }
    app.clock.jumpMs(aheadMs)
    await app.callAsClient('activate', laptop)
    await app.callAsClient('deactivate', laptop)
    await app.callAsClient('activate', laptop)
    await setBack(app, aheadMs)
    app.clock.advanceMs(30 * DAY_MS)
    const desktop = { key, fingerprint: 'desktop' }
    expect((await app.callAsClient('activate', desktop)).status).toBe(200)
    expect((await app.callAsClient('deactivate', desktop)).status).toBe(200)
  })

  test('clock: limits in memory and notices of limits last no longer than their length', async () => {
    await using app = await openTestApp()
    const { id, key } = await app.createLicense({ max_devices: 0 })
    app.clock.jumpMs(aheadMs)
    await app.validate({ key, fingerprint: 'laptop' })
    for (let guess = 0; guess < 40; guess += 1)
      await app.validate({ key: `an-unknown-key-${guess}` })
    await setBack(app, aheadMs)
    app.clock.advanceMs(60_000)
    expect((await app.validate({ key: 'an-unknown-key-again' })).status).toBe(404)
    await app.validate({ key, fingerprint: 'laptop' })
    const types = await app.eventTypesOf(id)
    expect(types.filter((type) => type === 'license.limit_reached')).toHaveLength(2)
  })

  test('clock: last uses are shown by the clock as it is', async () => {
    await using app = await openTestApp()
    const { id, key } = await app.createLicense()
    const use = () => app.validate({ key, fingerprint: 'laptop' })
    app.clock.jumpMs(aheadMs)
    await use()
    await app.deps.usage.flush()
    await setBack(app, aheadMs)
    await use()
    await app.deps.store.flush()
    const license = await app.send('GET', `/api/v1/licenses/${id}`)
    expect(license.body.last_validated_at).toBe('2026-03-06T00:00:00Z')
    const { body } = await app.send('GET', `/api/v1/licenses/${id}/activations`)
    expect(body.data[0].last_seen_at).toBe('2026-03-06T00:00:00Z')
    const [apiKey] = readRows(app, 'SELECT max(last_used_at_ms) AS at FROM api_keys')
    expect(apiKey).toEqual({ at: app.clock.nowMs() })
  })

  test('clock: a customer export includes what was recorded ahead of time', async () => {
    await using app = await openTestApp()
    const { key, customer_email } = await app.createLicense()
    app.clock.jumpMs(aheadMs + 2 * DAY_MS)
    await app.validate({ key })
    await setBack(app, aheadMs + 2 * DAY_MS)
    const { body } = await app.send('POST', '/api/v1/customers/export', { customer_email })
    expect(body.usage).toHaveLength(1)
  })

  test('clock: a recovery redelivers what was missed while the clock was ahead', async () => {
    await using app = await openTestApp()
    await using receiver = await startReceiver(respond(200))
    app.clock.advanceMs(HOUR_MS)
    app.clock.jumpMs(aheadMs)
    await app.createLicense()
    await setBack(app, aheadMs)
    const { id } = await createWebhook(app, receiver)
    await app.createLicense()
    const recover = (since: string) =>
      app.send('POST', `/api/v1/webhooks/${id}/recover`, { since }).then(({ body }) => body)
    expect(await recover('2026-03-06T00:30:00Z')).toMatchObject({ recovered: 1 })
  })
})

test('clock: a corrected license is read again, and a round that finds nothing writes nothing', async () => {
  await using app = await openTestApp()
  await app.createLicense()
  const before = readRows(app, 'SELECT * FROM licenses')
  expect(await run(app, correctTimes)).toBe(0)
  expect(readRows(app, 'SELECT * FROM licenses')).toEqual(before)
})
