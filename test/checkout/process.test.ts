import { expect, test } from 'bun:test'
import { processDue } from '~/checkout/process.ts'
import { DAY_MS, HOUR_MS, SECOND_MS } from '~/domain/times.ts'
import { cleanUp } from '~/jobs/clean-up.ts'
import { correctTimes } from '~/jobs/correct-times.ts'
import { beat } from '~/jobs/heartbeat.ts'
import { processCheckout } from '~/jobs/process-checkout.ts'
import { startTimers } from '~/jobs/timers.ts'
import { openTestApp, type TestApp } from '../support/app.ts'
import { buildPayment, processAll, processEvent, sendEvent } from '../support/checkout.ts'
import { runJob } from '../support/jobs.ts'

async function openWithRule(rule: object = {}, config = {}): Promise<TestApp> {
  const app = await openTestApp(config)
  const body = { price: 'price_1', plan: 'professional', ...rule }
  expect((await app.send('POST', '/api/v1/checkout/rules', body)).status).toBe(201)
  return app
}

const listLicenses = async (app: TestApp) =>
  (await app.send('GET', '/api/v1/licenses?limit=100')).body.data

async function newestEvent(app: TestApp) {
  const { body } = await app.send('GET', '/api/v1/checkout/events?limit=1')
  return body.data[0]
}

test('checkout: a failure of ours is repeated with growing gaps, then the event has failed and can be replayed', async () => {
  await using app = await openWithRule()
  let calls = 0
  const deps = {
    ...app.deps,
    createId: (prefix: Parameters<typeof app.deps.createId>[0]) => {
      if (prefix !== 'lic') return app.deps.createId(prefix)
      calls += 1
      throw new Error('no more ids')
    },
  }
  await sendEvent(app, buildPayment(app))
  const gapsMs: number[] = []
  for (;;) {
    await runJob(processCheckout, deps)
    const { state, next_try_at, reason } = await newestEvent(app)
    if (state === 'failed') break
    expect(reason).toContain('Licet will try again.')
    gapsMs.push(Date.parse(next_try_at) - app.clock.nowMs())
    app.clock.advanceMs(Date.parse(next_try_at) - app.clock.nowMs())
  }
  expect(gapsMs.toSorted((one, other) => one - other)).toEqual(gapsMs)
  expect(gapsMs[0]).toBe(10 * SECOND_MS)
  expect(calls).toBe(gapsMs.length + 1)
  const { text: metrics } = await app.send('GET', '/metrics')
  const counted = (state: string, count: number) =>
    `licet_checkout_processed_total{provider="standard",state="${state}"} ${count}\n`
  expect(metrics).toContain(counted('received', gapsMs.length))
  expect(metrics).toContain(counted('failed', 1))
  app.clock.advanceMs(DAY_MS)
  expect(await processAll(app)).toBe(0)
  const { id, tries, reason } = await newestEvent(app)
  expect(tries).toBe(calls)
  expect(reason).toContain('Replay it')
  await app.send('POST', `/api/v1/checkout/events/${id}/replay`)
  expect(await processAll(app)).toBe(1)
  expect(await newestEvent(app)).toMatchObject({ state: 'done', reason: null, tries: 0 })
  expect(await listLicenses(app)).toHaveLength(1)
  const logged = app.logLines.join('')
  expect(logged).toContain('no more ids')
  expect(logged).not.toContain('ada@example.com')
})

test('checkout: an event whose body makes no sense fails at once, and shows its type and why', async () => {
  await using app = await openWithRule()
  const { type, state, reason, tries } = await processEvent(app, { type: 'paid', order_id: 7 })
  expect({ type, state, tries }).toEqual({ type: 'paid', state: 'failed', tries: 1 })
  expect(reason).not.toContain('Licet will try again.')
})

test('checkout: two processes never process the same event', async () => {
  await using app = await openWithRule()
  const orders = Array.from({ length: 40 }, (_, index) => `order-${index}`)
  for (const order_id of orders) await sendEvent(app, buildPayment(app, { id: order_id, order_id }))
  const other = { ...app.deps, instanceId: 'another process' }
  const { signal } = new AbortController()
  const counts = await Promise.all([processDue(app.deps, signal), processDue(other, signal)])
  expect(counts[0] + counts[1]).toBe(orders.length)
  expect(await listLicenses(app)).toHaveLength(orders.length)
})

test('checkout: a commit wakes the processing of an event', async () => {
  await using app = await openWithRule()
  const timers = await startTimers(app.deps)
  const { promise, resolve } = Promise.withResolvers<void>()
  app.deps.store.subscribe(({ licenseIds }) => {
    if (licenseIds.length > 0) resolve()
  })
  await sendEvent(app, buildPayment(app))
  await promise
  await timers.stop()
  expect(await listLicenses(app)).toHaveLength(1)
})

test('checkout: an event claimed by a process that died is processed when the next one starts', async () => {
  await using app = await openWithRule()
  await sendEvent(app, buildPayment(app))
  const nowMs = app.clock.nowMs()
  await app.deps.store.nodes.beat('dead')
  const claim = { instanceId: 'dead', nowMs, claimedUntilMs: nowMs + HOUR_MS, max: 10 }
  expect(await app.deps.store.checkout.events.claim(claim)).toHaveLength(1)
  expect(await processAll(app)).toBe(0)
  await beat(app.deps)
  expect(await processAll(app)).toBe(1)
  expect(await listLicenses(app)).toHaveLength(1)
})

test('checkout: at the end of past_due_days, a license is suspended without another event', async () => {
  await using app = await openWithRule({ past_due_days: 3 })
  await processEvent(app, buildPayment(app, { paid_until: '2026-04-06T00:00:00Z' }))
  app.clock.advanceMs(HOUR_MS)
  const failed = { type: 'past_due', order_id: '1001' }
  await processEvent(app, { ...failed, occurred_at: new Date(app.clock.nowMs()).toISOString() })
  app.clock.advanceMs(3 * DAY_MS - 1)
  expect(await processAll(app)).toBe(0)
  app.clock.advanceMs(1)
  expect(await processAll(app)).toBe(1)
  const [license] = await listLicenses(app)
  expect(license).toMatchObject({ status: 'suspended', suspension_cause: 'past_due' })
})

test('checkout: the hour between the end of a period and its invoice expires no license', async () => {
  await using app = await openWithRule()
  const period = { paid_until: '2026-03-10T00:00:00Z' }
  await processEvent(app, buildPayment(app, { subscription_id: 's', ...period }))
  app.clock.advanceMs(Date.parse('2026-03-10T00:59:59Z') - app.clock.nowMs())
  await processAll(app)
  const [license] = await listLicenses(app)
  expect(license.status).toBe('active')
  const renewal = { id: 'renewal', subscription_id: 's', paid_until: '2026-04-10T00:00:00Z' }
  await processEvent(app, buildPayment(app, renewal))
  expect(await app.eventTypesOf(license.id)).toEqual(['license.created', 'license.renewed'])
})

test('checkout: an event that arrived while the clock was ahead is processed once it is right', async () => {
  await using app = await openWithRule()
  app.clock.jumpMs(365 * DAY_MS)
  await sendEvent(app, buildPayment(app))
  app.clock.jumpMs(-365 * DAY_MS)
  expect(await processAll(app)).toBe(0)
  await runJob(correctTimes, app.deps)
  expect(await processAll(app)).toBe(1)
  expect(await listLicenses(app)).toHaveLength(1)
})

test('checkout: raw events are deleted after LICET_CHECKOUT_DAYS, and repetitions are still recognized', async () => {
  await using app = await openWithRule({}, { checkoutDays: 30 })
  const event = buildPayment(app, { id: 'one' })
  const { id } = await processEvent(app, event)
  app.clock.advanceMs(30 * DAY_MS)
  await runJob(cleanUp, app.deps)
  const { body } = await app.send('GET', `/api/v1/checkout/events/${id}`)
  expect(body).toMatchObject({ has_event: false, event: null, state: 'done' })
  const replayed = await app.send('POST', `/api/v1/checkout/events/${id}/replay`)
  expect(replayed.status).toBe(410)
  await sendEvent(app, event)
  expect((await newestEvent(app)).id).toBe(id)
})

test('checkout: an event that waits longer than its body is stored is still completed', async () => {
  await using app = await openTestApp({ checkoutDays: 30 })
  const { id, state } = await processEvent(app, buildPayment(app))
  expect(state).toBe('unmatched')
  app.clock.advanceMs(30 * DAY_MS)
  await runJob(cleanUp, app.deps)
  await app.send('POST', '/api/v1/checkout/rules', { price: 'price_1', plan: 'professional' })
  await processAll(app)
  const { body } = await app.send('GET', `/api/v1/checkout/events/${id}`)
  expect(body).toMatchObject({ state: 'done', has_event: false })
  expect(await listLicenses(app)).toHaveLength(1)
})

test('customer erasure: nothing about the customer remains in purchases and raw events, and renewals still work', async () => {
  await using app = await openWithRule()
  const customer = { email: 'Ada@Example.com', name: 'Ada Lovelace' }
  const sale = buildPayment(app, { id: 'sale', customer, paid_until: '2026-04-06T00:00:00Z' })
  await processEvent(app, sale)
  await processEvent(app, {
    ...sale,
    id: 'of another',
    order_id: '1002',
    customer: { email: 'bob@example.com' },
  })
  await processEvent(app, { ...sale, id: 'unknown', type: 'sent' })
  const exported = await app.send('POST', '/api/v1/customers/export', {
    customer_email: 'ada@example.com',
  })
  const events = exported.body.checkout_events.map(
    ({ event }: { event: { id: string } }) => event.id,
  )
  expect(events).toEqual(['sale', 'unknown'])
  const { body } = await app.send('POST', '/api/v1/customers/erase', {
    customer_email: 'ada@example.com',
  })
  expect(body).toMatchObject({ checkout_events: 2 })
  const text = JSON.stringify(await app.database.readRows()).toLowerCase()
  for (const trace of ['ada@example.com', 'lovelace']) expect(text).not.toContain(trace)
  expect(text).toContain('bob@example.com')
  const again = await app.send('POST', '/api/v1/customers/export', {
    customer_email: 'ada@example.com',
  })
  expect(again.body.checkout_events).toEqual([])

  const renewal = { ...sale, id: 'late repetition', paid_until: '2026-05-06T00:00:00Z' }
  await processEvent(app, renewal)
  const licenses = await listLicenses(app)
  expect(licenses).toHaveLength(2)
  const [, license] = licenses
  expect(license).toMatchObject({ customer_email: null, expires_at: '2026-05-09T00:00:00Z' })
})
