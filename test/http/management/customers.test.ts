import { expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openTestApp, type TestApp } from '../../support/app.ts'
import { onlySqlite } from '../../support/engine.ts'
import { expectProblem } from '../../support/problems.ts'
import { aValidation } from '../../support/samples.ts'

const ann = { customer_email: 'ann@example.com', customer_name: 'Ann Arbor' }
const bob = { customer_email: 'bob@example.com', customer_name: 'Bob Bixby' }
const annsEmail = { customer_email: ann.customer_email }
const path = '/api/v1/customers'

/** Ann has a license in use, and had one that now belongs to Bob, who has another one. */
async function openWithCustomers() {
  const app = await openTestApp()
  const kept = { 'idempotency-key': 'order-1' }
  const order = { plan: 'professional', ...ann }
  const { body: first } = await app.send('POST', '/api/v1/licenses', order, kept)
  const former = await app.createLicense(ann)
  await app.send('PUT', `/api/v1/licenses/${former.id}`, bob)
  const other = await app.createLicense(bob)
  const validation = { domain: 'example.com', fingerprint: 'machine-of-ann' }
  await app.validate({ key: first.key, ...validation })
  await app.validate({ key: other.key, fingerprint: 'machine-of-bob' })
  return { ...app, first, former, other }
}

/** Returns everything in the databases as one text, with stored responses decrypted. */
async function allTextOf(
  { deps, database }: TestApp,
  omitted: readonly string[] = [],
): Promise<string> {
  await deps.store.flush()
  await deps.usage.flush()
  const tables = { ...(await database.readRows()), ...(await database.readUsageRows()) }
  const shown = Object.entries(tables).filter(([name]) => !omitted.includes(name))
  const stored = tables.stored_responses ?? []
  const opened = stored.map((row) => deps.vault.open('kept-answer', `${row.sealed_response}`))
  return JSON.stringify([shown, opened])
}

test('customer erasure: no personal data remains in any table, and the licenses keep working', async () => {
  await using app = await openWithCustomers()
  expect(await allTextOf(app)).toContain('ann@example.com')
  const { status, body } = await app.send('POST', `${path}/erase`, {
    customer_email: 'Ann@Example.com',
  })
  expect(status).toBe(200)
  expect(body).toEqual({
    license_ids: [app.first.id],
    events: 6,
    kept_answers: 1,
    checkout_events: 0,
    validations: 1,
    out_of_reach: expect.arrayContaining([
      'backups made before the erasure',
      'webhooks delivered before the erasure',
      'emails sent before the erasure, and the records of your shop',
    ]),
  })
  const text = await allTextOf(app)
  for (const trace of ['ann@example.com', 'Ann Arbor', 'ann arbor']) {
    expect(text).not.toContain(trace)
  }
  const { body: usage } = await app.send('GET', `/api/v1/licenses/${app.first.id}/usage`)
  expect(usage.data[0]).toMatchObject({ domain: 'example.com', fingerprint: null, address: null })
  expect((await app.validate({ key: app.first.key, domain: 'example.com' })).body.valid).toBe(true)
})

onlySqlite('customer erasure: no personal data remains in the files', async () => {
  await using app = await openTestApp()
  const { id, key } = await app.createLicense(ann)
  await app.send('PUT', `/api/v1/licenses/${id}`, { customer_name: 'Ann Abel' })
  const device = { key, fingerprint: 'machine', name: 'Laptop of A. Abel' }
  await app.callAsClient('activate', device)
  await app.send('POST', `/api/v1/licenses/${id}/suspend`, { reason: 'Abel did not pay' })
  await app.send('POST', `/api/v1/licenses/${id}/reinstate`)
  app.deps.usage.record(aValidation({ licenseId: id, address: '203.0.113.77' }))
  await app.validate({ key, domain: 'example.com' })
  await app.deps.store.flush()
  await app.deps.usage.flush()
  const traces = [ann.customer_email, ann.customer_name, 'Abel', '203.0.113.77']
  const filesWith = (trace: string) =>
    readdirSync(app.directory).filter((name) =>
      readFileSync(join(app.directory, name), 'latin1').includes(trace),
    )
  for (const trace of traces) expect(filesWith(trace)).not.toEqual([])
  await app.send('POST', `${path}/erase`, { customer_email: ann.customer_email })
  await app.deps.store.flush()
  for (const trace of traces) expect({ trace, in: filesWith(trace) }).toEqual({ trace, in: [] })
})

test('customer erasure: other customers are not affected', async () => {
  await using app = await openWithCustomers()
  const before = await app.send('GET', `/api/v1/licenses/${app.other.id}`)
  await app.send('POST', `${path}/erase`, { customer_email: ann.customer_email })
  const after = await app.send('GET', `/api/v1/licenses/${app.other.id}`)
  expect(after.body).toEqual(before.body)
  const { body: former } = await app.send('GET', `/api/v1/licenses/${app.former.id}/events`)
  expect(former.data[0].data.license).toMatchObject(bob)
  expect(former.data[0].data.previous).toEqual({ customer_email: null, customer_name: null })
  const { body: usage } = await app.send('GET', `/api/v1/licenses/${app.other.id}/usage`)
  expect(usage.data[0].fingerprint).toBe('machine-of-bob')
})

test('customer erasure: appends one event that contains only license ids', async () => {
  await using app = await openWithCustomers()
  const erase = () => app.send('POST', `${path}/erase`, { customer_email: ann.customer_email })
  await erase()
  const again = await erase()
  expect(again.status).toBe(200)
  expect(again.body).toMatchObject({ license_ids: [], events: 0, kept_answers: 0 })
  const { body } = await app.send('GET', '/api/v1/events?type=customer.erased')
  expect(body.data).toHaveLength(1)
  expect(body.data[0]).toMatchObject({
    license_id: null,
    data: { license_ids: [app.first.id] },
  })
})

test('customer erasure: is replayed for the same Idempotency-Key', async () => {
  await using app = await openWithCustomers()
  const key = { 'idempotency-key': 'erase-1' }
  const body = { customer_email: ann.customer_email }
  const first = await app.send('POST', `${path}/erase`, body, key)
  const again = await app.send('POST', `${path}/erase`, body, key)
  expect(again.headers.get('idempotency-replayed')).toBe('true')
  expect(again.body).toEqual(first.body)
})

test('customer export: returns everything that is stored and changes nothing but the audit', async () => {
  await using app = await openWithCustomers()
  const audited = ['audit', 'sqlite_sequence', 'heads']
  const before = await allTextOf(app, audited)
  const { status, body, headers } = await app.send('POST', `${path}/export`, annsEmail)
  expect(status).toBe(200)
  expect(headers.get('content-type')).toBe('application/json')
  expect(Object.keys(body)).toEqual([
    'customer_email',
    'licenses',
    'activations',
    'seats',
    'events',
    'mails',
    'checkout_events',
    'portal_sessions',
    'usage',
  ])
  expect(body.licenses).toHaveLength(1)
  expect(body.licenses[0]).toMatchObject({ id: app.first.id, ...ann })
  expect(body.licenses[0].key).toContain('****')
  expect(body.activations).toHaveLength(2)
  expect(body.events.map(({ type }: { type: string }) => type)).toEqual([
    'license.created',
    'license.created',
    'license.updated',
    'license.activated',
    'activation.created',
    'activation.created',
  ])
  expect(body.usage).toMatchObject([
    { license_id: app.first.id, domain: 'example.com', fingerprint: 'machine-of-ann' },
  ])
  expect(await allTextOf(app, audited)).toBe(before)
})

test('customer export: is empty for an unknown or erased customer', async () => {
  await using app = await openWithCustomers()
  await app.send('POST', `${path}/erase`, annsEmail)
  for (const customer_email of [ann.customer_email, 'unknown@example.com']) {
    const { status, body } = await app.send('POST', `${path}/export`, { customer_email })
    expect(status).toBe(200)
    const lists = [
      'licenses',
      'activations',
      'seats',
      'events',
      'mails',
      'checkout_events',
      'portal_sessions',
      'usage',
    ]
    const nothing = Object.fromEntries(lists.map((name) => [name, []]))
    expect(body).toEqual({ customer_email, ...nothing })
  }
})

test('customers: both routes need customers:erase and a valid email address', async () => {
  await using app = await openTestApp()
  const other = { authorization: `Bearer ${await app.tokenWith('licenses:write')}` }
  for (const verb of ['erase', 'export']) {
    expectProblem(await app.send('POST', `${path}/${verb}`, annsEmail, other), 403, 'missing_scope')
    const wrong = { customer_email: 'ann' }
    const refused = await app.send('POST', `${path}/${verb}`, wrong)
    expectProblem(refused, 422, 'validation_failed', ['/customer_email'])
    const unknown = await app.send('POST', `${path}/${verb}`, { ...annsEmail, all: true })
    expectProblem(unknown, 422, 'validation_failed', ['/all'])
  }
})
