import { expect, test } from 'bun:test'
import type { Deps } from '~/deps.ts'
import { createDispatcher, type Dispatcher } from '~/webhooks/dispatcher.ts'
import { openTestApp, type TestApp } from '../support/app.ts'
import { createWebhook, deliver, deliveriesOf } from '../support/jobs.ts'
import { answer, type Behaviour, hang, startReceiver } from '../support/receiver.ts'

const OK = answer(200)
const EVER_MS = 60_000

/** Begins the next whenever one has ended, as the server does. */
function createBusyDeliverer(deps: Deps): Dispatcher {
  const dispatcher = createDispatcher(deps, () => void dispatcher.begin())
  return dispatcher
}

/** A behaviour, and a promise of its having been asked so many times. */
function counting(behaviour: Behaviour, times: number): [Behaviour, Promise<void>] {
  const { promise, resolve } = Promise.withResolvers<void>()
  let count = 0
  const counted: Behaviour = (...given) => {
    count += 1
    behaviour(...given)
    if (count === times) resolve()
  }
  return [counted, promise]
}

const createLicenses = (app: TestApp, quantity: number) =>
  app.send('POST', '/api/v1/licenses', {
    plan: 'starter',
    customer_email: 'dev@example.com',
    quantity,
  })

test('receivers that hang hold a few tries each and keep nobody else waiting', async () => {
  await using app = await openTestApp()
  const [behaviour, areAllThere] = counting(OK, 50)
  await using healthy = await startReceiver(behaviour)
  await using hanging = await startReceiver(hang)
  await using alsoHanging = await startReceiver(hang)
  for (const receiver of [hanging, alsoHanging, healthy]) await createWebhook(app, receiver)
  await createLicenses(app, 50)
  const dispatcher = createBusyDeliverer(app.deps)
  await dispatcher.begin()
  await areAllThere
  expect(new Set(healthy.requests.map(({ body }) => body)).size).toBe(50)
  expect(hanging.requests).toHaveLength(8)
  expect(alsoHanging.requests).toHaveLength(8)
  await dispatcher.stop(0)
})

test('a crowd of endpoints that fail and hang leaves half of the room to the others', async () => {
  await using app = await openTestApp()
  const [failing, haveFailed] = counting(answer(500), 150)
  let behaviour = failing
  await using broken = await startReceiver((...given) => behaviour(...given))
  const [healed, isThere] = counting(OK, 1)
  await using healthy = await startReceiver(healed)
  for (let count = 0; count < 150; count += 1) await createWebhook(app, broken)
  await createLicenses(app, 1)
  const dispatcher = createBusyDeliverer(app.deps)
  await dispatcher.begin()
  await haveFailed
  while (await dispatcher.untilOneEnds());
  const [hanging, areHeld] = counting(hang, 120)
  behaviour = hanging
  app.clock.advanceMs(EVER_MS)
  await dispatcher.begin()
  await areHeld
  await createWebhook(app, healthy)
  await createLicenses(app, 1)
  await dispatcher.begin()
  await isThere
  expect(broken.requests).toHaveLength(150 + 120)
  await dispatcher.stop(0)
})

test('a shutdown lets a try end', async () => {
  await using app = await openTestApp()
  const { promise: isStopping, resolve: sayStopping } = Promise.withResolvers<void>()
  await using receiver = await startReceiver(async (...given) => {
    await isStopping
    OK(...given)
  })
  const { id } = await createWebhook(app, receiver)
  await createLicenses(app, 1)
  const dispatcher = createBusyDeliverer(app.deps)
  await dispatcher.begin()
  const isStopped = dispatcher.stop(EVER_MS)
  sayStopping()
  await isStopped
  expect((await deliveriesOf(app, id))[0]).toMatchObject({ status: 'delivered', tries: 1 })
})

test('a try cut off by a shutdown is not counted, and due at once with the same id', async () => {
  await using app = await openTestApp()
  let behaviour = hang
  const [asked, isAsked] = counting((...given) => behaviour(...given), 1)
  await using receiver = await startReceiver(asked)
  const { id } = await createWebhook(app, receiver)
  await createLicenses(app, 1)
  const dispatcher = createBusyDeliverer(app.deps)
  await dispatcher.begin()
  await isAsked
  await dispatcher.stop(0)
  expect((await deliveriesOf(app, id))[0]).toMatchObject({
    status: 'pending',
    tries: 0,
    attempts: [],
  })
  const { body: webhook } = await app.send('GET', `/api/v1/webhooks/${id}`)
  expect(webhook.failing_since).toBe(null)

  behaviour = OK
  expect(await deliver(app)).toBe(1)
  const [first, second] = receiver.requests.map(({ headers }) => headers['webhook-id'])
  expect(second).toBe(first ?? '')
})

test('what a process holds is left to it until its claim has run out', async () => {
  await using app = await openTestApp()
  const [behaviour, isAsked] = counting(hang, 1)
  await using receiver = await startReceiver(behaviour)
  await createWebhook(app, receiver)
  await createLicenses(app, 1)
  const dispatcher = createDispatcher(app.deps, () => undefined)
  await dispatcher.begin()
  await isAsked
  const other = createDispatcher({ ...app.deps, instanceId: 'other' }, () => undefined)
  app.clock.advanceMs(59_999)
  expect(await other.begin()).toBe(0)
  app.clock.advanceMs(1)
  expect(await other.begin()).toBe(1)
  await Promise.all([dispatcher.stop(0), other.stop(0)])
})

test('a failure that comes after another process has delivered changes nothing', async () => {
  await using app = await openTestApp()
  const { promise: isDelivered, resolve: sayDelivered } = Promise.withResolvers<void>()
  const [asked, isAsked] = counting(hang, 1)
  await using receiver = await startReceiver(async (...given) => {
    asked(...given)
    if (receiver.requests.length > 1) return OK(...given)
    await isDelivered
    answer(500)(...given)
  })
  const { id } = await createWebhook(app, receiver)
  await createLicenses(app, 1)
  const slow = createDispatcher(app.deps, () => undefined)
  await slow.begin()
  await isAsked
  app.clock.advanceMs(60_000)
  await deliver({ deps: { ...app.deps, instanceId: 'other' } })
  sayDelivered()
  await slow.stop(EVER_MS)
  expect((await deliveriesOf(app, id))[0]).toMatchObject({
    status: 'delivered',
    tries: 1,
    attempts: [{ status: 200 }, { status: 500 }],
  })
})
