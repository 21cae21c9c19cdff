import { afterAll, expect, setDefaultTimeout, test } from 'bun:test'
import { setImmediate } from 'node:timers/promises'
import { startTimers } from '~/jobs/timers.ts'
import { openTestApp, type TestResponse } from '../../support/app.ts'
import { onlySqlite, testEngine } from '../../support/engine.ts'
import { startEngineServer } from '../../support/engine-server.ts'
import { openMailApp, smtpUrlOf, startMailServer } from '../../support/mail-server.ts'
import { expectProblem } from '../../support/problems.ts'
import { ADMIN_TOKEN, Sandbox } from '../../support/server.ts'

// Backups are made by Workers.
setDefaultTimeout(30_000)

const sandbox = new Sandbox()
afterAll(() => sandbox[Symbol.dispose]())

const person = { customer_email: 'eve@example.com', customer_name: 'Eve Example' }

type Send = (method: string, path: string, body?: unknown) => Promise<TestResponse>

/** Returns the newest entry of the audit. */
async function readLast({ send }: { readonly send: Send }) {
  return (await send('GET', '/api/v1/audit?limit=1')).body.data[0]
}

async function readActions({ send }: { readonly send: Send }, filter: string): Promise<string[]> {
  const { body } = await send('GET', `/api/v1/audit?${filter}`)
  return body.data.map(({ action }: { action: string }) => action)
}

onlySqlite(
  'audit: a backup that is made, verified or downloaded adds one entry each, with the caller and the request',
  async () => {
    await using app = await openTestApp()
    const made = await app.send('POST', '/api/v1/backups')
    const { name, bytes, sha256 } = made.body
    expect(await readLast(app)).toMatchObject({
      actor: { kind: 'key', id: expect.stringMatching(/^key_/) },
      request_id: made.headers.get('x-request-id'),
      action: 'backup.create',
      subject_id: name,
      before: null,
      after: { bytes, sha256 },
    })
    await app.send('POST', `/api/v1/backups/${name}/verify`)
    expect(await readLast(app)).toMatchObject({ action: 'backup.verify', after: { intact: true } })
    await app.send('GET', `/api/v1/backups/${name}/download`)
    expect(await readLast(app)).toMatchObject({ action: 'backup.download', subject_id: name })
    await app.send('GET', '/api/v1/backups')
    await app.send('GET', `/api/v1/backups/${name}`)
    await app.send('GET', '/api/v1/backups/licet-none.sqlite/download')
    const actions = await readActions(app, `subject_id=${name}`)
    expect(actions).toEqual(['backup.download', 'backup.verify', 'backup.create'])
    expect(await app.database.isAuditIntact()).toBe(true)
  },
)

test('audit: a job that is run by hand adds an entry, and one that does not exist adds none', async () => {
  await using app = await openTestApp()
  const timers = await startTimers(app.deps)
  while (await isStarting(app)) await setImmediate()
  await app.send('POST', '/api/v1/jobs/announce-expiries/run')
  const entry = {
    action: 'job.run',
    subject_id: 'announce-expiries',
    after: { processed: 0, failed: false },
  }
  expect(await readLast(app)).toMatchObject(entry)
  expectProblem(await app.send('POST', '/api/v1/jobs/none/run'), 404, 'not_found')
  expect(await readActions(app, 'action=job.run')).toEqual(['job.run'])
  await timers.stop()
})

test('audit: an export of full license keys adds an entry with its filters, and one of masked keys none', async () => {
  await using app = await openTestApp()
  await app.createLicense(person)
  const path = '/api/v1/licenses/export'
  await app.send('GET', path)
  await app.send('GET', `${path}?reveal=false`)
  const token = await app.tokenWith('licenses:read')
  const headers = { authorization: `Bearer ${token}` }
  const refused = await app.send('GET', `${path}?reveal=true`, undefined, headers)
  expectProblem(refused, 403, 'missing_scope')
  expect(await readActions(app, 'action=license.export')).toEqual([])

  const filters = 'status=active&customer_email=Eve@example.com&q=eve@exa'
  const { text } = await app.send('GET', `${path}?reveal=true&format=ndjson&${filters}`)
  expect(text).toContain('eve@example.com')
  expect(await readLast(app)).toMatchObject({
    action: 'license.export',
    subject_id: 'licenses',
    after: {
      format: 'ndjson',
      reveal: true,
      filters: { status: 'active' },
      other_filters: ['q'],
      customer_email: 'eve@example.com',
    },
  })
})

test('audit: exports of a customer and of the usage add an entry each, with what was exported', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense(person)
  await app.send('POST', '/api/v1/customers/export', { customer_email: 'EVE@example.com' })
  expect(await readLast(app)).toMatchObject({
    action: 'customer.export',
    subject_id: 'customer',
    after: { license_ids: [id], customer_email: 'eve@example.com' },
  })
  const range = 'from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z'
  const { status } = await app.send('GET', `/api/v1/usage/export?format=ndjson&${range}`)
  expect(status).toBe(200)
  expect(await readLast(app)).toMatchObject({
    action: 'usage.export',
    subject_id: 'usage',
    after: { format: 'ndjson', from: '2026-01-01T00:00:00Z', to: '2026-02-01T00:00:00Z' },
  })
})

test('audit: erasing a customer erases it from the entries of exports, and keeps other customers there', async () => {
  await using app = await openTestApp()
  await app.createLicense(person)
  await app.createLicense({ customer_email: 'bob@example.com' })
  const names = ['eve@example.com', 'bob@example.com']
  for (const customer_email of [...names, ...names]) {
    await app.send('POST', '/api/v1/customers/export', { customer_email })
    await app.send('GET', `/api/v1/licenses/export?reveal=true&customer_email=${customer_email}`)
  }
  await app.send('POST', '/api/v1/customers/erase', { customer_email: 'eve@example.com' })
  await app.send('POST', '/api/v1/customers/export', { customer_email: 'eve@example.com' })
  const { body } = await app.send('GET', '/api/v1/audit?limit=100&action=customer.export')
  const found = body.data.map(({ after, erased }: TestResponse['body']) => [
    after.customer_email,
    erased,
  ])
  expect(found).toEqual([
    [undefined, false],
    ['bob@example.com', false],
    [undefined, true],
    ['bob@example.com', false],
    [undefined, true],
  ])
  const rows = JSON.stringify((await app.database.readRows()).audit)
  expect(rows).not.toContain('eve@')
  expect(rows).toContain('bob@example.com')
  expect(await app.database.isAuditIntact()).toBe(true)
})

test('audit: a test email adds an entry whether it was sent or refused, without the recipient', async () => {
  await using server = await startMailServer()
  await using app = await openMailApp(smtpUrlOf(server))
  await app.send('POST', '/api/v1/mails/test', { to: 'eve@example.com' })
  const sent = { action: 'mail.test', after: { to: '…@example.com', state: 'sent' } }
  expect(await readLast(app)).toMatchObject(sent)
  await using broken = await openMailApp('smtp://127.0.0.1:1')
  await broken.send('POST', '/api/v1/mails/test', { to: 'eve@example.com' })
  expect(await readLast(broken)).toMatchObject({ action: 'mail.test', after: { state: 'failed' } })
  expect(JSON.stringify(await readLast(app))).not.toContain('eve')
})

/**
 * Returns whether a job has not run since the start of the server, other than that of backups, for which
 * there is no schedule. Lets the jobs of this process have a turn first.
 */
async function isStarting({ send }: { readonly send: Send }): Promise<boolean> {
  await Bun.sleep(1)
  const { body } = await send('GET', '/api/v1/jobs')
  return body.data.some(
    ({ name, last_run }: TestResponse['body']) => name !== 'back-up' && last_run === null,
  )
}

test('idempotency: a repeated backup, job run or test email with the same key happens once', async () => {
  await using mailServer = await startMailServer()
  await using server = await startEngineServer(sandbox, 'repeated', {
    LICET_SMTP_URL: smtpUrlOf(mailServer),
    LICET_MAIL_FROM: 'licenses@acme.example',
  })
  // Jobs can be run once the server has started all of them.
  while (await isStarting(server));
  const post = async (path: string, body: unknown, key: string) => {
    const headers = {
      authorization: `Bearer ${ADMIN_TOKEN}`,
      'content-type': 'application/json',
      'idempotency-key': key,
    }
    const sent = { method: 'POST', headers, body: JSON.stringify(body) }
    const response = await fetch(server.url + path, sent)
    return { response, body: await response.json() }
  }
  for (const [path, body, status] of [
    ...(testEngine === 'sqlite' ? [['/api/v1/backups', {}, 201] as const] : []),
    ['/api/v1/jobs/announce-expiries/run', {}, 200],
    ['/api/v1/mails/test', { to: 'ops@example.com' }, 200],
  ] as const) {
    const first = await post(path, body, 'click')
    const again = await post(path, body, 'click')
    expect([path, first.response.status, again.response.status]).toEqual([path, status, status])
    expect(again.body).toEqual(first.body)
    expect(first.response.headers.get('idempotency-replayed')).toBeNull()
    expect(again.response.headers.get('idempotency-replayed')).toBe('true')
  }
  expect(mailServer.mails).toHaveLength(1)
  const actions = await readActions(server, 'limit=100&actor=key')
  const expected = ['job.run', 'mail.test']
  if (testEngine === 'sqlite') expected.unshift('backup.create')
  expect(actions.filter((action) => expected.includes(action)).sort()).toEqual(expected)
})

onlySqlite(
  'idempotency: of two backups with the same key at the same time, one is made',
  async () => {
    await using server = await startEngineServer(sandbox, 'double-click')
    const post = (key: string) =>
      server.send('POST', '/api/v1/backups', {}, { 'idempotency-key': key })
    const sent = await Promise.all([post('double click'), post('double click')])
    expect(sent.map(({ status }) => status).sort()).toEqual([201, 409])
    expect((await post('double click')).status).toBe(201)
    expect((await server.send('GET', '/api/v1/backups')).body.data).toHaveLength(1)
  },
)

test('idempotency: a test email that was refused is sent again with the same key', async () => {
  await using app = await openMailApp('smtp://127.0.0.1:1')
  for (let count = 0; count < 2; count += 1) {
    const headers = { 'idempotency-key': 'click' }
    const to = { to: 'ops@example.com' }
    const response = await app.send('POST', '/api/v1/mails/test', to, headers)
    expect(response.body.state).toBe('failed')
    expect(response.headers.get('idempotency-replayed')).toBeNull()
  }
})
