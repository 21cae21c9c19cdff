import { expect, test } from 'bun:test'
import { beat, startHeartbeat } from '~/jobs/heartbeat.ts'
import { openTestApp, type TestApp } from '../support/app.ts'
import { createWebhook } from '../support/jobs.ts'
import { respond, startReceiver } from '../support/receiver.ts'
import { openSecondApp } from '../support/second-app.ts'

/** Claims what is due, as this server. Returns how many deliveries. */
async function claimAs({ deps, clock }: TestApp, instanceId: string): Promise<number> {
  const nowMs = clock.nowMs()
  const claimed = await deps.store.outbox.claim({
    instanceId,
    nowMs,
    claimedUntilMs: nowMs + 60_000,
    totalMax: 9,
    perEndpointMax: 9,
    failingMax: 9,
  })
  return claimed.length
}

async function openWithDelivery(): Promise<TestApp> {
  const app = await openTestApp()
  await using receiver = await startReceiver(respond(200))
  await createWebhook(app, receiver)
  await app.createLicense()
  return app
}

test('heartbeat: a server that starts on a shared database takes nothing from one that is alive', async () => {
  await using app = await openWithDelivery()
  const { deps, clock } = app
  const store = { ...deps.store, isShared: true }
  await beat({ ...deps, store, instanceId: 'alive' })
  expect(await claimAs(app, 'alive')).toBe(1)
  clock.advanceMs(24_999)
  await beat({ ...deps, store, instanceId: 'new' })
  expect(await claimAs(app, 'new')).toBe(0)
  clock.advanceMs(1)
  await beat({ ...deps, store, instanceId: 'new' })
  expect(await claimAs(app, 'new')).toBe(1)
})

test('heartbeat: a server that stops releases what it has claimed', async () => {
  await using app = await openWithDelivery()
  const heartbeat = await startHeartbeat({ ...app.deps, instanceId: 'stopping' })
  expect(await claimAs(app, 'stopping')).toBe(1)
  await heartbeat.stop()
  expect(await claimAs(app, 'new')).toBe(1)
})

test('heartbeat: a database that cannot be written is logged, and the server starts', async () => {
  await using app = await openTestApp()
  const second = await openSecondApp(app)
  await second[Symbol.asyncDispose]()
  const heartbeat = await startHeartbeat(second.deps)
  await heartbeat.stop()
  expect(app.logLines.join()).toContain('the heartbeat of this server is not recorded')
})
