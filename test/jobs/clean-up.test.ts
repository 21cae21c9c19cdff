import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { cleanUp } from '~/jobs/clean-up.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import { openTestApp, type TestApp } from '../support/app.ts'
import { createWebhook, deliver, runJob } from '../support/jobs.ts'
import { respond, startReceiver } from '../support/receiver.ts'

const DAY_MS = 86_400_000

const runCleanUp = ({ deps }: TestApp) => runJob(cleanUp, deps)

function countRows({ directory }: TestApp, table: string): number {
  using db = new Database(databasePath(directory), { readonly: true })
  const row = db.query<{ total: number }, []>(`SELECT count(*) AS total FROM ${table}`).get()
  return row?.total ?? Number.NaN
}

test('clean-up: responses stored for an Idempotency-Key are deleted after 24 hours', async () => {
  await using app = await openTestApp()
  const order = { plan: 'starter', customer_email: 'dev@example.com' }
  await app.send('POST', '/api/v1/licenses', order, { 'idempotency-key': 'order-1' })
  app.clock.advanceMs(DAY_MS - 1)
  expect(await runCleanUp(app)).toBe(0)
  app.clock.advanceMs(1)
  expect(await runCleanUp(app)).toBe(1)
  expect(countRows(app, 'stored_responses')).toBe(0)
})

test('clean-up: a rotated license key is deleted when its overlap ends', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense()
  await app.send('POST', `/api/v1/licenses/${id}/rotate-key`, { overlap_hours: 24 })
  app.clock.advanceMs(DAY_MS - 1)
  expect(await runCleanUp(app)).toBe(0)
  app.clock.advanceMs(1)
  expect(await runCleanUp(app)).toBe(1)
  expect(countRows(app, 'former_keys')).toBe(0)
})

test('clean-up: a seat is deleted one week after its lease expired', async () => {
  await using app = await openTestApp()
  const { key } = await app.createLicense({ plan: 'enterprise' })
  await app.send('POST', '/api/v1/seats/acquire', { key, fingerprint: 'laptop' })
  app.clock.advanceMs(7 * DAY_MS)
  expect(await runCleanUp(app)).toBe(0)
  app.clock.advanceMs(DAY_MS)
  expect(await runCleanUp(app)).toBe(1)
  expect(countRows(app, 'seats')).toBe(0)
})

test('clean-up: a deleted endpoint loses its deliveries and attempts, other endpoints keep theirs', async () => {
  await using app = await openTestApp()
  await using receiver = await startReceiver(respond(200))
  const { id } = await createWebhook(app, receiver)
  await createWebhook(app, receiver)
  const order = { plan: 'starter', customer_email: 'dev@example.com', quantity: 250 }
  await app.send('POST', '/api/v1/licenses', order)
  await deliver(app)
  await app.send('DELETE', `/api/v1/webhooks/${id}`)
  expect(await runCleanUp(app)).toBe(250)
  expect(await runCleanUp(app)).toBe(0)
  const left = ['endpoints', 'deliveries', 'attempts'].map((table) => countRows(app, table))
  expect(left).toEqual([1, 250, 250])
})
