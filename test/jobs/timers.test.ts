import { expect, test } from 'bun:test'
import { beat } from '~/jobs/heartbeat.ts'
import { startTimers } from '~/jobs/timers.ts'
import { openTestApp } from '../support/app.ts'
import { createWebhook, deliveriesOf } from '../support/jobs.ts'
import { respond, startReceiver } from '../support/receiver.ts'

test('timers: a commit starts the delivery of its events', async () => {
  await using app = await openTestApp()
  const { promise: arrived, resolve: resolveArrived } = Promise.withResolvers<void>()
  await using receiver = await startReceiver((...given) => {
    respond(200)(...given)
    resolveArrived()
  })
  const { id } = await createWebhook(app, receiver)
  const timers = startTimers(app.deps)
  await app.createLicense()
  await arrived
  await timers.stop()
  expect((await deliveriesOf(app, id))[0].status).toBe('delivered')
})

test('timers: deliveries claimed by a dead process are attempted at startup', async () => {
  await using app = await openTestApp()
  const { promise: arrived, resolve: resolveArrived } = Promise.withResolvers<void>()
  await using receiver = await startReceiver((...given) => {
    respond(200)(...given)
    resolveArrived()
  })
  const { id } = await createWebhook(app, receiver)
  await app.createLicense()
  const nowMs = app.clock.nowMs()
  await app.deps.store.nodes.beat('dead-process')
  const claimed = await app.deps.store.outbox.claim({
    instanceId: 'dead-process',
    nowMs,
    claimedUntilMs: nowMs + 60_000,
    totalMax: 1,
    perEndpointMax: 1,
    failingMax: 1,
  })
  expect(claimed).toHaveLength(1)
  await beat(app.deps)
  const timers = startTimers(app.deps)
  await arrived
  await timers.stop()
  expect((await deliveriesOf(app, id))[0]).toMatchObject({ status: 'delivered', tries: 1 })
})

test('timers: no delivery starts after a stop', async () => {
  await using app = await openTestApp()
  await using receiver = await startReceiver(respond(200))
  await createWebhook(app, receiver)
  const timers = startTimers(app.deps)
  await timers.stop()
  await app.createLicense()
  expect(receiver.requests).toHaveLength(0)
})

test('timers: a stop ends in order even if the database cannot release what was claimed', async () => {
  await using app = await openTestApp()
  const { store } = app.deps
  const release = () => Promise.reject(new Error('The database is away.'))
  const away = { ...store, outbox: { ...store.outbox, release } }
  const timers = startTimers({ ...app.deps, store: away })
  await expect(timers.stop()).resolves.toBeUndefined()
})
