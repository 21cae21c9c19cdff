import { afterAll, beforeAll, expect, test } from 'bun:test'
import { Value } from '@sinclair/typebox/value'
import { startActor } from '~/domain/actors.ts'
import { buildScheduleState, describeFailure } from '~/domain/backup-schedule.ts'
import { buildOwnContext } from '~/domain/decisions.ts'
import { eventTypes } from '~/domain/events.ts'
import { announceExpiries } from '~/jobs/announce-expiries.ts'
import { expireLicenses } from '~/jobs/expire-licenses.ts'
import { buildEventExample, describeWebhookEvent } from '~/wire/webhook-events.ts'
import { openTestApp, type TestApp, type TestResponse } from '../../support/app.ts'
import { createWebhook, deliver, runJob } from '../../support/jobs.ts'
import { type Receiver, respond, startReceiver } from '../../support/receiver.ts'

const WEEK_MS = 7 * 86_400_000

let app: TestApp
let receiver: Receiver
/** The body of every webhook request, by event type. */
const bodies = new Map<string, TestResponse['body'][]>()

beforeAll(async () => {
  app = await openTestApp()
  receiver = await startReceiver(respond(200))
  await using gone = await startReceiver(respond(410))
  await createWebhook(app, gone, { events: ['license.created'] })
  const { id } = await createWebhook(app, receiver)
  await app.send('POST', `/api/v1/webhooks/${id}/test`)
  await changeLicense()
  await expireLicense()
  await exceedLimits()
  await app.send('POST', '/api/v1/customers/erase', { customer_email: 'dev@example.com' })
  await failBackup()
  while ((await deliver(app)) > 0);
  for (const request of receiver.requests) {
    const body = JSON.parse(request.body)
    bodies.set(body.type, [...(bodies.get(body.type) ?? []), body])
  }
})

afterAll(async () => {
  await receiver[Symbol.asyncDispose]()
  await app.close()
})

async function changeLicense(): Promise<void> {
  const { id, key } = await app.createLicense({ expires_at: '2027-01-01T00:00:00Z' })
  const change = (action: string, body?: object) =>
    app.send('POST', `/api/v1/licenses/${id}/${action}`, body)
  await app.validate({ key, domain: 'example.com' })
  await app.send('PUT', `/api/v1/licenses/${id}`, { customer_name: 'Ada', max_domains: 2 })
  await change('renew', { days: 30 })
  await change('suspend', { reason: 'payment failed' })
  await change('reinstate')
  await change('rotate-key')
  await change('activations/move', { from: 'example.com', to: 'example.org' })
  await change('revoke', { reason: 'refunded' })
}

async function expireLicense(): Promise<void> {
  await app.createLicense({ expires_at: '2026-03-10T00:00:00Z' })
  await runJob(announceExpiries, app.deps)
  app.clock.advanceMs(WEEK_MS)
  await runJob(expireLicenses, app.deps)
}

async function exceedLimits(): Promise<void> {
  const sharing = { devices_per_day: 1 }
  const plan = { slug: 'watched', product: 'default', name: 'Watched', max_devices: 1, sharing }
  await app.send('POST', '/api/v1/plans', plan)
  const { key } = await app.createLicense({ plan: 'watched' })
  for (const fingerprint of ['one', 'two']) await app.validate({ key, fingerprint })
  await app.deps.store.flush()
}

/** As the job does, which makes no backups with PostgreSQL. */
async function failBackup(): Promise<void> {
  const { store, clock } = app.deps
  const backup = describeFailure(buildScheduleState('/backups'), 'The disk is full.')
  const events = [{ type: 'backup.failed', licenseId: null, extra: { backup } }] as const
  const action = { action: 'backup.fail', subjectId: 'backup', change: null, events }
  await store.audit.record(action, null, buildOwnContext(startActor, clock.nowMs()))
}

test.each(eventTypes)('the document describes the body of %s as it is sent', (type) => {
  const { body: schema } = describeWebhookEvent(type)
  const sent = bodies.get(type) ?? []
  expect([...Value.Errors(schema, buildEventExample(type))]).toEqual([])
  expect(sent).not.toBeEmpty()
  for (const body of sent) {
    expect([...Value.Errors(schema, body)]).toEqual([])
    expect(Object.keys(schema.properties)).toEqual(Object.keys(body))
    expect(Object.keys(schema.properties.data.properties)).toContainValues(Object.keys(body.data))
  }
})
