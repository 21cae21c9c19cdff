import { expect, test } from 'bun:test'
import { openTestApp } from '../../support/app.ts'
import { expectProblem } from '../../support/problems.ts'

const path = '/api/v1/licenses'

test('license update: changes the given fields, raises the version, records previous values', async () => {
  await using app = await openTestApp()
  const license = await app.createLicense({ customer_name: 'Ann', metadata: { order: 'A-1' } })
  app.clock.advanceMs(60_000)
  const change = {
    customer_email: 'Sales@Example.com',
    customer_name: null,
    expires_at: '2027-01-01T00:00:00Z',
    metadata: { order: 'A-2' },
    external_ref: 'sub_9',
    max_domains: 10,
  }
  const { status, headers, body } = await app.send('PUT', `${path}/${license.id}`, change)
  const changed = {
    ...license,
    ...change,
    customer_email: 'sales@example.com',
    overrides: ['max_domains'],
    updated_at: '2026-03-06T00:01:00Z',
    version: 2,
  }
  expect(body).toEqual(changed)
  expect(status).toBe(200)
  expect(headers.get('etag')).toBe('"2"')

  const events = await app.send('GET', `${path}/${license.id}/events`)
  const masked = `TO-****-****-****-${license.key.slice(-4)}`
  expect(events.body.data[0]).toEqual({
    id: expect.stringMatching(/^evt_/),
    type: 'license.updated',
    timestamp: '2026-03-06T00:01:00Z',
    license_id: license.id,
    sequence: 2,
    data: {
      license: { ...changed, key: masked },
      sequence: 2,
      previous: {
        customer_email: 'dev@example.com',
        customer_name: 'Ann',
        expires_at: null,
        metadata: { order: 'A-1' },
        external_ref: null,
        max_domains: 3,
        overrides: [],
      },
    },
  })
  expect(await app.database.readEventTypes()).toEqual(['license.created', 'license.updated'])
})

test('license update: a change without effect keeps the version and appends no event', async () => {
  await using app = await openTestApp()
  const license = await app.createLicense({ max_domains: 4 })
  app.clock.advanceMs(60_000)
  const same = { plan: 'professional', customer_email: 'DEV@example.com', max_domains: 4 }
  for (const change of [{}, same]) {
    expect((await app.send('PUT', `${path}/${license.id}`, change)).body).toEqual(license)
  }
  expect(await app.database.readEventTypes()).toEqual(['license.created'])
})

test('license update: overrides survive a plan change until `inherit` removes them', async () => {
  await using app = await openTestApp()
  await app.send('PUT', '/api/v1/plans/starter', { features: { sso: false, chat: true } })
  const { id } = await app.createLicense({ max_domains: 9, features: { sso: true } })
  const put = async (change: object) => (await app.send('PUT', `${path}/${id}`, change)).body

  expect(await put({ plan: 'starter' })).toMatchObject({
    plan: 'starter',
    max_domains: 9,
    max_devices: 2,
    features: { sso: true, chat: true },
    overrides: ['features', 'max_domains'],
  })
  expect(await put({ inherit: ['max_domains'] })).toMatchObject({
    max_domains: 1,
    overrides: ['features'],
  })
  expect(await put({ inherit: ['features'], max_seats: 2 })).toMatchObject({
    features: { sso: false, chat: true },
    max_seats: 2,
    overrides: ['max_seats'],
  })
  expectProblem(
    await app.send('PUT', `${path}/${id}`, { inherit: ['max_seats'], max_seats: 3 }),
    422,
    'validation_failed',
    ['/inherit'],
  )
})

test('license update: a new plan starts an unstarted trial anew, and asks what happens to a used one', async () => {
  await using app = await openTestApp()
  const plan = (slug: string, terms: object) =>
    app.send('POST', '/api/v1/plans', { slug, product: 'default', name: slug, ...terms })
  await plan('trial', { duration_days: 14, starts_on: 'first_validation' })
  await plan('yearly', { duration_days: 365 })
  const put = (id: string, change: object) => app.send('PUT', `${path}/${id}`, change)

  const unstarted = await app.createLicense({ plan: 'trial' })
  const perpetual = await put(unstarted.id, { plan: 'professional' })
  expect(perpetual.body).toMatchObject({ plan: 'professional', expires_at: null })
  expect(perpetual.body).not.toHaveProperty('starts_on')
  app.clock.advanceMs(60_000)
  await app.validate({ key: unstarted.key })
  expect((await app.send('GET', `${path}/${unstarted.id}`)).body.expires_at).toBeNull()

  const used = await app.createLicense({ plan: 'trial' })
  await app.validate({ key: used.key })
  const refused = await put(used.id, { plan: 'yearly' })
  expectProblem(refused, 422, 'validation_failed', ['/expiry'])
  expect(refused.body.detail).toContain('trial lasts 14 days, yearly lasts 365 days')
  expect((await app.send('GET', `${path}/${used.id}`)).body.plan).toBe('trial')
  const bought = await put(used.id, { plan: 'yearly', expiry: 'plan' })
  expect(bought.body).toMatchObject({ plan: 'yearly', expires_at: '2027-03-06T00:01:00Z' })
  const repeated = await put(used.id, { plan: 'yearly', expiry: 'plan' })
  expect(repeated.body).toEqual(bought.body)

  for (const change of [
    { expiry: 'plan' },
    { plan: 'professional', expiry: 'keep', expires_at: null },
    { plan: 'professional', expiry: 'never' },
  ]) {
    expectProblem(await put(used.id, change), 422, 'validation_failed', ['/expiry'])
  }
  expect(await app.eventTypesOf(used.id)).toEqual([
    'license.created',
    'license.activated',
    'license.updated',
  ])
})

test('license update: a plan change applies to its licenses at once, except to overrides', async () => {
  await using app = await openTestApp()
  const heir = await app.createLicense()
  const other = await app.createLicense({ max_domains: 2 })
  await app.validate({ key: heir.key })
  await app.send('PUT', '/api/v1/plans/professional', { max_domains: 0, features: { sso: true } })

  const shown = async (id: string) => (await app.send('GET', `${path}/${id}`)).body
  expect(await shown(heir.id)).toMatchObject({
    max_domains: 0,
    features: { sso: true },
    version: 1,
  })
  expect(await shown(other.id)).toMatchObject({ max_domains: 2, features: { sso: true } })
  const verdict = await app.validate({ key: heir.key, domain: 'example.com' })
  expect(verdict.body).toMatchObject({ error: 'DOMAIN_LIMIT_REACHED' })
})

test('license update: a lower limit keeps what is in use and refuses anything new', async () => {
  await using app = await openTestApp()
  const { id, key } = await app.createLicense({ domains: ['a.de', 'b.de', 'c.de'] })
  const { body } = await app.send('PUT', `${path}/${id}`, { max_domains: 1 })
  expect(body).toMatchObject({
    max_domains: 1,
    domains: ['a.de', 'b.de', 'c.de'],
    domains_count: 3,
  })
  expect((await app.validate({ key, domain: 'c.de' })).body.valid).toBe(true)
  expect((await app.validate({ key, domain: 'd.de' })).body).toEqual({
    valid: false,
    error: 'DOMAIN_LIMIT_REACHED',
    message: 'This license has 3 domains in use, but its limit is now 1.',
    details: { limit: 1, used: 3 },
  })
})

test('license update: the plan can change, but not to a plan of another product', async () => {
  await using app = await openTestApp()
  await app.send('POST', '/api/v1/products', { slug: 'editor', name: 'Editor', key_prefix: 'ED' })
  await app.send('POST', '/api/v1/plans', { slug: 'ed-pro', product: 'editor', name: 'Pro' })
  const { id } = await app.createLicense()
  for (const plan of ['ed-pro', 'no-such-plan']) {
    const refused = await app.send('PUT', `${path}/${id}`, { plan })
    expectProblem(refused, 422, 'validation_failed', ['/plan'])
  }
  expect(await app.database.readEventTypes()).toEqual(['license.created'])
})

test('license update: a later expires_at revives an expired license', async () => {
  await using app = await openTestApp()
  await app.send('PUT', '/api/v1/plans/professional', { grace_days: 2 })
  const { id, key } = await app.createLicense({ expires_at: '2026-03-01T00:00:00Z' })
  expect((await app.validate({ key })).body.error).toBe('LICENSE_EXPIRED')
  const { body } = await app.send('PUT', `${path}/${id}`, { expires_at: '2026-03-05T00:00:00Z' })
  expect(body.status).toBe('active')
  expect((await app.validate({ key })).body.warnings).toEqual(['IN_GRACE'])
})

test('license update: If-Match rejects a change if the version differs', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense()
  const put = (customer_name: string, ifMatch: string) =>
    app.send('PUT', `${path}/${id}`, { customer_name }, { 'if-match': ifMatch })
  expect((await put('Ann', '"1"')).status).toBe(200)
  for (const stale of ['"1"', 'W/"2"', '2', '"1", "3"', '']) {
    expectProblem(await put('Bob', stale), 412, 'precondition_failed')
  }
  expect((await put('Cid', '"1", "2"')).body).toMatchObject({ customer_name: 'Cid', version: 3 })
  expect((await put('Dan', '*')).body.version).toBe(4)

  const remove = (ifMatch: string) =>
    app.send('DELETE', `${path}/${id}`, undefined, { 'if-match': ifMatch })
  expectProblem(await remove('"3"'), 412, 'precondition_failed')
  expect((await remove('"4"')).body).toMatchObject({ status: 'revoked', version: 5 })
  const updates = Array(3).fill('license.updated')
  expect(await app.database.readEventTypes()).toEqual([
    'license.created',
    ...updates,
    'license.revoked',
  ])
})

test('license update: validations and activations do not change the version', async () => {
  await using app = await openTestApp()
  const { id, key } = await app.createLicense()
  await app.validate({ key, domain: 'example.com', fingerprint: 'f-1' })
  const { headers, body } = await app.send('GET', `${path}/${id}`)
  expect(body).toMatchObject({ validation_count: 1, domains_count: 1, devices: 1, version: 1 })
  expect(headers.get('etag')).toBe('"1"')
})
