import { expect, test } from 'bun:test'
import { startTimers } from '~/jobs/timers.ts'
import { openTestApp } from '../support/app.ts'
import { createWebhook, deliveriesOf } from '../support/jobs.ts'
import { answer, startReceiver } from '../support/receiver.ts'

test('a commit wakes the delivery of its events', async () => {
  await using app = await openTestApp()
  const { promise: isThere, resolve: sayThere } = Promise.withResolvers<void>()
  await using receiver = await startReceiver((...given) => {
    answer(200)(...given)
    sayThere()
  })
  const { id } = await createWebhook(app, receiver)
  const timers = await startTimers(app.deps)
  await app.createLicense()
  await isThere
  await timers.stop()
  expect((await deliveriesOf(app, id))[0].status).toBe('delivered')
})

test('what a former process held when it died is tried again at the start', async () => {
  await using app = await openTestApp()
  const { promise: isThere, resolve: sayThere } = Promise.withResolvers<void>()
  await using receiver = await startReceiver((...given) => {
    answer(200)(...given)
    sayThere()
  })
  const { id } = await createWebhook(app, receiver)
  await app.createLicense()
  const nowMs = app.clock.nowMs()
  const held = await app.deps.store.deliveries.claim({
    instanceId: 'of the dead',
    nowMs,
    claimedUntilMs: nowMs + 60_000,
    totalMax: 1,
    perEndpointMax: 1,
    failingMax: 1,
    underWay: new Map(),
  })
  expect(held).toHaveLength(1)
  const timers = await startTimers(app.deps)
  await isThere
  await timers.stop()
  expect((await deliveriesOf(app, id))[0]).toMatchObject({ status: 'delivered', tries: 1 })
})

test('after the stop nothing is begun any more', async () => {
  await using app = await openTestApp()
  await using receiver = await startReceiver(answer(200))
  await createWebhook(app, receiver)
  const timers = await startTimers(app.deps)
  await timers.stop()
  await app.createLicense()
  expect(receiver.requests).toHaveLength(0)
})
