import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { cleanUp } from '~/jobs/clean-up.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import { openTestApp, type TestApp } from '../support/app.ts'
import { createWebhook, deliver, runJob } from '../support/jobs.ts'
import { answer, startReceiver } from '../support/receiver.ts'

const DAY_MS = 86_400_000

const sweep = ({ deps }: TestApp) => runJob(cleanUp, deps)

function countRows({ directory }: TestApp, table: string): number {
  using db = new Database(databasePath(directory), { readonly: true })
  const row = db.query<{ total: number }, []>(`SELECT count(*) AS total FROM ${table}`).get()
  return row?.total ?? Number.NaN
}

test('answers kept for an Idempotency-Key go after 24 hours', async () => {
  await using app = await openTestApp()
  const order = { plan: 'starter', customer_email: 'dev@example.com' }
  await app.send('POST', '/api/v1/licenses', order, { 'idempotency-key': 'order-1' })
  app.clock.advanceMs(DAY_MS - 1)
  expect(await sweep(app)).toBe(0)
  app.clock.advanceMs(1)
  expect(await sweep(app)).toBe(1)
  expect(countRows(app, 'kept_answers')).toBe(0)
})

test('a rotated key goes when its overlap ends', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense()
  await app.send('POST', `/api/v1/licenses/${id}/rotate-key`, { overlap_hours: 24 })
  app.clock.advanceMs(DAY_MS - 1)
  expect(await sweep(app)).toBe(0)
  app.clock.advanceMs(1)
  expect(await sweep(app)).toBe(1)
  expect(countRows(app, 'former_keys')).toBe(0)
})

test('a seat goes a week after it lapsed, and its holder may renew it until then', async () => {
  await using app = await openTestApp()
  const { key } = await app.createLicense({ plan: 'enterprise' })
  await app.send('POST', '/api/v1/seats/acquire', { key, fingerprint: 'laptop' })
  app.clock.advanceMs(7 * DAY_MS)
  expect(await sweep(app)).toBe(0)
  app.clock.advanceMs(DAY_MS)
  expect(await sweep(app)).toBe(1)
  expect(countRows(app, 'seats')).toBe(0)
})

test('what a deleted endpoint leaves goes in steps, tries and all, and nothing of another', async () => {
  await using app = await openTestApp()
  await using receiver = await startReceiver(answer(200))
  const { id } = await createWebhook(app, receiver)
  await createWebhook(app, receiver)
  const order = { plan: 'starter', customer_email: 'dev@example.com', quantity: 250 }
  await app.send('POST', '/api/v1/licenses', order)
  await deliver(app)
  await app.send('DELETE', `/api/v1/webhooks/${id}`)
  expect(await sweep(app)).toBe(250)
  expect(await sweep(app)).toBe(0)
  const left = ['endpoints', 'deliveries', 'attempts'].map((table) => countRows(app, table))
  expect(left).toEqual([1, 250, 250])
})
