import { expect, test } from 'bun:test'
import { readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { Value } from '@sinclair/typebox/value'
import { listConcerns } from '~/domain/overview.ts'
import { recordBackup } from '~/platform/last-backup.ts'
import { Overview } from '~/wire/overview.ts'
import { openTestApp, type TestApp } from '../../support/app.ts'
import { onlySqlite, testEngine } from '../../support/engine.ts'
import { createWebhook, deliver } from '../../support/jobs.ts'
import { expectProblem } from '../../support/problems.ts'
import { respond, startReceiver } from '../../support/receiver.ts'
import { ADMIN_TOKEN, Sandbox, startServer } from '../../support/server.ts'

const path = '/api/v1/overview'

/** PostgreSQL has its own backups. */
const backupDue = testEngine === 'sqlite' ? ['backup_due'] : []
const backupFailing = testEngine === 'sqlite' ? ['backup_failing'] : []

async function readOverview(app: TestApp, ...scopes: Parameters<TestApp['tokenWith']>) {
  const headers =
    scopes.length === 0 ? {} : { authorization: `Bearer ${await app.tokenWith(...scopes)}` }
  const { status, body } = await app.send('GET', path, undefined, headers)
  expect(status).toBe(200)
  expect(Value.Check(Overview, body)).toBe(true)
  return body
}

const secret = 'master_secret_generated'

const codesOf = (body: Overview) => body.needs_you.map(({ code }) => code)

test('overview: licenses are counted by the status that they show, before and after the job that announces it', async () => {
  await using app = await openTestApp()
  const soon = (days: number) =>
    new Date(app.clock.nowMs() + days * 86_400_000).toISOString().replace('.000', '')
  const [first, second] = [await app.createLicense(), await app.createLicense()]
  for (const days of [1, 7, 10, 29, 31]) await app.createLicense({ expires_at: soon(days) })
  const both = await app.createLicense({ expires_at: soon(1) })
  await app.send('POST', `/api/v1/licenses/${first.id}/suspend`)
  await app.send('POST', `/api/v1/licenses/${both.id}/suspend`)
  await app.send('DELETE', `/api/v1/licenses/${second.id}`)
  const { licenses } = await readOverview(app)
  expect(licenses).toEqual({
    total: 8,
    active: 5,
    suspended: 2,
    expired: 0,
    revoked: 1,
    expiring: [
      { within_days: 7, count: 2, at_least: false },
      { within_days: 14, count: 3, at_least: false },
      { within_days: 30, count: 4, at_least: false },
    ],
  })
  app.clock.advanceMs(8 * 86_400_000)
  const later = await readOverview(app)
  expect(later.licenses).toMatchObject({ active: 3, expired: 2, suspended: 2, revoked: 1 })
  for (const status of ['active', 'expired', 'suspended', 'revoked'] as const) {
    const { body } = await app.send('GET', `/api/v1/licenses?status=${status}`)
    expect({ status, count: body.data.length }).toEqual({ status, count: later.licenses[status] })
  }
})

test('overview: it says what needs a person, and where to find it', async () => {
  await using app = await openTestApp()
  const empty = await readOverview(app)
  expect(empty).toMatchObject({ last_backup_at: null, webhooks: { failing: 0, pending: 0 } })
  expect(codesOf(empty)).toEqual([...backupDue, secret])
  recordBackup(app.directory, app.clock.nowMs() + 3_600_000)
  // It is from a clock that was ahead.
  expect(codesOf(await readOverview(app))).toEqual([...backupDue, secret])
  recordBackup(app.directory, app.clock.nowMs())
  expect(codesOf(await readOverview(app))).toEqual([secret])

  await using gone = await startReceiver(respond(410))
  await using busy = await startReceiver(respond(503))
  await createWebhook(app, gone)
  await createWebhook(app, busy)
  const { key } = await app.createLicense({ max_devices: 0 })
  await deliver(app)
  await app.validate({ key })
  await app.validate({ key, fingerprint: 'machine' })
  const body = await readOverview(app)
  expect(codesOf(body)).toEqual(['webhook_disabled', 'webhook_failing', secret])
  expect(body.webhooks.failing).toBe(2)
  expect(body.today).toEqual({
    since: '2026-03-06T00:00:00Z',
    valid: 1,
    refused: 1,
    by_error: { DEVICE_LIMIT_REACHED: 1 },
  })
  for (const { path } of body.needs_you) {
    expect((await app.send('GET', path)).status).toBe(200)
  }
  app.clock.advanceMs(8 * 86_400_000)
  expect(codesOf(await readOverview(app))).toEqual(expect.arrayContaining(backupDue))
})

test('overview: parts for which the API key lacks the scope are null', async () => {
  await using app = await openTestApp()
  await using gone = await startReceiver(respond(410))
  await createWebhook(app, gone)
  await app.createLicense()
  await deliver(app)
  const body = await readOverview(app, 'licenses:read')
  expect(body).toMatchObject({ today: null, webhooks: null, checkout: null, mails: null })
  expect(codesOf(body)).toEqual(backupDue)
  const more = await readOverview(app, 'licenses:read', 'webhooks:read', 'checkout:read')
  expect(codesOf(more)).toContain('webhook_disabled')
  expect(more.checkout).toMatchObject({ unmatched: 0, failed: 0 })
  const headers = { authorization: `Bearer ${await app.tokenWith('usage:read')}` }
  expectProblem(await app.send('GET', path, undefined, headers), 403, 'missing_scope')
})

test('overview: the paths of concerns about checkout and mails exist', async () => {
  await using app = await openTestApp()
  const checkout = { received: 0, waiting_for_customer: 0, waiting_for_purchase: 0 }
  const concerns = listConcerns(
    {
      degradations: [],
      endpoints: null,
      checkout: { ...checkout, unmatched: 1, failed: 2 },
      failedMails: 3,
      awayEdges: [],
      hasBackups: testEngine === 'sqlite',
      backupProblem: testEngine === 'sqlite' ? 'The disk is full.' : null,
      lastBackupMs: null,
      isSecretGenerated: true,
    },
    app.clock.nowMs(),
  )
  const codes = [
    ...['checkout_failed', 'checkout_unmatched', 'mails_failed'],
    ...backupFailing,
    ...backupDue,
    secret,
  ]
  expect(concerns.map(({ code }) => code)).toEqual(codes)
  for (const { path } of concerns) {
    const { status } = await app.send('GET', path)
    expect({ path, status }).toEqual({ path, status: 200 })
  }
})

onlySqlite(
  'overview: a master secret that was generated needs a person, until a variable names it',
  async () => {
    using sandbox = new Sandbox()
    const directory = sandbox.at('data')
    const env = { LICET_DATA_DIR: directory, LICET_ADMIN_TOKEN: ADMIN_TOKEN }
    const concernsOf = async (variables: Record<string, string>) => {
      await using server = await startServer(sandbox, { ...env, ...variables })
      const needs: Overview['needs_you'] = (await server.send('GET', path)).body.needs_you
      return needs.filter(({ code }) => code === secret)
    }
    const [concern, ...others] = await concernsOf({})
    expect(others).toEqual([])
    expect(concern?.path).toBe('/api/v1/settings')
    expect(concern?.detail).toContain('set LICET_MASTER_SECRET_FILE to its new path')

    const moved = sandbox.at('moved.secret')
    renameSync(join(directory, 'master.secret'), moved)
    expect(await concernsOf({ LICET_MASTER_SECRET_FILE: moved })).toEqual([])
    const text = readFileSync(moved, 'utf8').trim()
    expect(await concernsOf({ LICET_MASTER_SECRET: text })).toEqual([])
  },
)
