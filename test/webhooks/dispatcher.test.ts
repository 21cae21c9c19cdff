import { expect, test } from 'bun:test'
import type { Deps } from '~/deps.ts'
import { createDispatcher, type Dispatcher } from '~/webhooks/dispatcher.ts'
import { openTestApp, type TestApp } from '../support/app.ts'
import { createWebhook, deliver, deliveriesOf } from '../support/jobs.ts'
import { type Behavior, hang, respond, startReceiver } from '../support/receiver.ts'

const OK = respond(200)
const GRACE_MS = 60_000

/** Creates a dispatcher that starts the next attempt after each one, as the server does. */
function createBusyDispatcher(deps: Deps): Dispatcher {
  const dispatcher = createDispatcher(deps, () => void dispatcher.startDue())
  return dispatcher
}

/** Returns the behavior, and a promise that resolves once it has run `times` times. */
function countRuns(behavior: Behavior, times: number): [Behavior, Promise<void>] {
  const { promise, resolve } = Promise.withResolvers<void>()
  let count = 0
  const counted: Behavior = (...given) => {
    count += 1
    behavior(...given)
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

test('dispatcher: receivers that hang take a few attempts each and delay no other receiver', async () => {
  await using app = await openTestApp()
  const [behavior, haveArrived] = countRuns(OK, 50)
  await using healthy = await startReceiver(behavior)
  await using hanging = await startReceiver(hang)
  await using alsoHanging = await startReceiver(hang)
  for (const receiver of [hanging, alsoHanging, healthy]) await createWebhook(app, receiver)
  await createLicenses(app, 50)
  const dispatcher = createBusyDispatcher(app.deps)
  await dispatcher.startDue()
  await haveArrived
  expect(new Set(healthy.requests.map(({ body }) => body)).size).toBe(50)
  expect(hanging.requests).toHaveLength(8)
  expect(alsoHanging.requests).toHaveLength(8)
  await dispatcher.stop(0)
})

test('dispatcher: failing endpoints leave half of the attempts to healthy ones', async () => {
  await using app = await openTestApp()
  const [failing, haveFailed] = countRuns(respond(500), 150)
  let behavior = failing
  await using broken = await startReceiver((...given) => behavior(...given))
  const [healed, hasArrived] = countRuns(OK, 1)
  await using healthy = await startReceiver(healed)
  for (let count = 0; count < 150; count += 1) await createWebhook(app, broken)
  await createLicenses(app, 1)
  const dispatcher = createBusyDispatcher(app.deps)
  await dispatcher.startDue()
  await haveFailed
  while (await dispatcher.waitForOne());
  const [hanging, areHeld] = countRuns(hang, 120)
  behavior = hanging
  app.clock.advanceMs(60_000)
  await dispatcher.startDue()
  await areHeld
  await createWebhook(app, healthy)
  await createLicenses(app, 1)
  await dispatcher.startDue()
  await hasArrived
  expect(broken.requests).toHaveLength(150 + 120)
  await dispatcher.stop(0)
})

test('dispatcher: a shutdown waits for a running attempt', async () => {
  await using app = await openTestApp()
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  await using receiver = await startReceiver(async (...given) => {
    await released
    OK(...given)
  })
  const { id } = await createWebhook(app, receiver)
  await createLicenses(app, 1)
  const dispatcher = createBusyDispatcher(app.deps)
  await dispatcher.startDue()
  const isStopped = dispatcher.stop(GRACE_MS)
  release()
  await isStopped
  expect((await deliveriesOf(app, id))[0]).toMatchObject({ status: 'delivered', tries: 1 })
})

test('dispatcher: an attempt aborted by a shutdown is not counted and is due with the same id', async () => {
  await using app = await openTestApp()
  let behavior = hang
  const [counted, isAsked] = countRuns((...given) => behavior(...given), 1)
  await using receiver = await startReceiver(counted)
  const { id } = await createWebhook(app, receiver)
  await createLicenses(app, 1)
  const dispatcher = createBusyDispatcher(app.deps)
  await dispatcher.startDue()
  await isAsked
  await dispatcher.stop(0)
  expect((await deliveriesOf(app, id))[0]).toMatchObject({
    status: 'pending',
    tries: 0,
    attempts: [],
  })
  const { body: webhook } = await app.send('GET', `/api/v1/webhooks/${id}`)
  expect(webhook.failing_since).toBe(null)

  behavior = OK
  expect(await deliver(app)).toBe(1)
  const [first, second] = receiver.requests.map(({ headers }) => headers['webhook-id'])
  expect(second).toBe(first ?? '')
})

test('dispatcher: a delivery claimed by another process is left alone until the claim expires', async () => {
  await using app = await openTestApp()
  const [behavior, isAsked] = countRuns(hang, 1)
  await using receiver = await startReceiver(behavior)
  await createWebhook(app, receiver)
  await createLicenses(app, 1)
  const dispatcher = createDispatcher(app.deps, () => undefined)
  await dispatcher.startDue()
  await isAsked
  const other = createDispatcher({ ...app.deps, instanceId: 'other' }, () => undefined)
  app.clock.advanceMs(59_999)
  expect(await other.startDue()).toBe(0)
  app.clock.advanceMs(1)
  expect(await other.startDue()).toBe(1)
  await Promise.all([dispatcher.stop(0), other.stop(0)])
})

test('dispatcher: a failure after another process has delivered changes nothing', async () => {
  await using app = await openTestApp()
  const { promise: isDelivered, resolve: resolveDelivered } = Promise.withResolvers<void>()
  const [counted, isAsked] = countRuns(hang, 1)
  await using receiver = await startReceiver(async (...given) => {
    counted(...given)
    if (receiver.requests.length > 1) return OK(...given)
    await isDelivered
    respond(500)(...given)
  })
  const { id } = await createWebhook(app, receiver)
  await createLicenses(app, 1)
  const slow = createDispatcher(app.deps, () => undefined)
  await slow.startDue()
  await isAsked
  app.clock.advanceMs(60_000)
  await deliver({ deps: { ...app.deps, instanceId: 'other' } })
  resolveDelivered()
  await slow.stop(GRACE_MS)
  expect((await deliveriesOf(app, id))[0]).toMatchObject({
    status: 'delivered',
    tries: 1,
    attempts: [{ status: 200 }, { status: 500 }],
  })
})
