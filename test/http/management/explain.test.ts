import { expect, test } from 'bun:test'
import { openTestApp } from '../../support/app.ts'
import { expectProblem } from '../../support/problems.ts'

const DAY_MS = 86_400_000
const passed = (name: string, detail: string) => ({ name, passed: true, detail })
const failed = (name: string, detail: string) => ({ name, passed: false, detail })

/** The plan `professional` limits domains and devices, and requires neither. */
const enforcedBySome = [
  expect.stringContaining('Set require_domain to enforce it.'),
  expect.stringContaining('Set require_fingerprint to enforce it.'),
  expect.stringContaining('can still be used offline'),
]

test('explain: runs the checks of a validation in order and changes nothing', async () => {
  await using app = await openTestApp()
  const { id, key } = await app.createLicense({ expires_at: '2027-03-06T00:00:00Z' })
  await app.validate({ key, domain: 'example.com' })
  const path = `/api/v1/licenses/${id}/explain`
  await app.send('GET', path)
  await app.deps.store.flush()
  const before = await app.database.readRows()

  const query = '?domain=www.example.com&fingerprint=f-1&product=default'
  const { status, body } = await app.send('GET', path + query)
  expect(status).toBe(200)
  expect(body).toEqual({
    valid: true,
    error: null,
    notices: enforcedBySome,
    checks: [
      passed('product', 'The license is for default, as requested.'),
      passed('revocation', 'The license is not revoked.'),
      passed('suspension', 'The license is not suspended.'),
      passed('expiry', 'The license is valid until 2027-03-06T00:00:00Z.'),
      passed('features', 'No feature was requested; the license includes none.'),
      passed('domain', 'example.com is activated (1 of 3 in use: example.com).'),
      passed('device', 'The device would take a free slot (0 of 5 in use).'),
    ],
  })
  await app.deps.store.flush()
  expect(await app.database.readRows()).toEqual(before)
})

test('explain: reports every failed check; the first one is the error', async () => {
  await using app = await openTestApp()
  const { id, key } = await app.createLicense({ domains: ['a.de', 'b.de', 'c.de'] })
  await app.send('POST', `/api/v1/licenses/${id}/suspend`)
  const { body } = await app.send('GET', `/api/v1/licenses/${id}/explain?domain=d.de`)
  expect(body).toEqual({
    valid: false,
    error: 'LICENSE_SUSPENDED',
    notices: enforcedBySome,
    checks: [
      passed('product', 'No product was requested; the license is for default.'),
      passed('revocation', 'The license is not revoked.'),
      failed(
        'suspension',
        'The license was suspended on 2026-03-06T00:00:00Z. Reinstate it to let it validate.',
      ),
      passed('expiry', 'The license never expires.'),
      passed('features', 'No feature was requested; the license includes none.'),
      failed(
        'domain',
        'd.de is not activated, and no slot is free (3 of 3 in use: a.de, b.de, c.de). Deactivate or move one, or raise the limit.',
      ),
      passed('device', 'No fingerprint was sent, and the plan does not require one.'),
    ],
  })
  expect((await app.validate({ key, domain: 'd.de' })).body.error).toBe(body.error)
})

test('explain: agrees with validate for every combination of parameters', async () => {
  await using app = await openTestApp()
  await app.send('PUT', '/api/v1/plans/professional', { require_fingerprint: true })
  const { id, key } = await app.createLicense({ max_domains: 1, domains: ['a.de'] })
  const requests = [
    { domain: 'a.de', fingerprint: 'f' },
    { domain: 'b.de', fingerprint: 'f' },
    { domain: 'b.de' },
    { domain: 'a.de' },
    { domain: '', fingerprint: 'f' },
    { domain: 'co.uk', fingerprint: 'f' },
    { domain: 'localhost:3000', fingerprint: 'f' },
    { fingerprint: 'f', product: 'editor' },
  ]
  for (const request of requests) {
    const query = new URLSearchParams(request)
    const { body } = await app.send('GET', `/api/v1/licenses/${id}/explain?${query}`)
    const verdict = await app.validate({ key, ...request })
    const said = { valid: verdict.body.valid, error: verdict.body.error ?? null }
    expect({ request, said: { valid: body.valid, error: body.error } }).toEqual({ request, said })
  }
})

test('explain: `at` explains the license at another time', async () => {
  await using app = await openTestApp()
  await app.send('PUT', '/api/v1/plans/professional', { grace_days: 7 })
  const { id } = await app.createLicense({ expires_at: '2026-04-05T00:00:00Z' })
  const expiryAt = async (at: string) => {
    const { body } = await app.send('GET', `/api/v1/licenses/${id}/explain?at=${at}`)
    return [body.error, body.checks[3].detail]
  }
  expect(await expiryAt('2026-04-04T23:59:59Z')).toEqual([
    null,
    'The license is valid until 2026-04-05T00:00:00Z.',
  ])
  expect(await expiryAt('2026-04-05T00:00:00Z')).toEqual([
    null,
    'The license expired on 2026-04-05T00:00:00Z and is in its grace period until 2026-04-12T00:00:00Z.',
  ])
  expect(await expiryAt('2026-04-12T00:00:00Z')).toEqual([
    'LICENSE_EXPIRED',
    'The license expired on 2026-04-05T00:00:00Z, and its grace period ended on 2026-04-12T00:00:00Z. Renew it to let it validate.',
  ])
})

test('explain: an invalid query gets 422 that names the parameter', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense()
  const wrong: Record<string, string> = {
    'at=2026-02-30T00:00:00Z': '?at',
    'at=now': '?at',
    'key=TO-7Q4M-X0ZD-9KTB-2FWA': '?key',
    'domain=a.de&domain=b.de': '?domain',
    'fingerprint=': '?fingerprint',
    [`fingerprint=${'x'.repeat(256)}`]: '?fingerprint',
  }
  for (const [query, pointer] of Object.entries(wrong)) {
    const refused = await app.send('GET', `/api/v1/licenses/${id}/explain?${query}`)
    expectProblem(refused, 422, 'validation_failed', [pointer])
  }
})

test('explain: shows why a customer was refused, without an event or a count', async () => {
  await using app = await openTestApp()
  const terms = { max_domains: 2, evict_idle_days: 30, free_domain_patterns: ['staging.*'] }
  await app.send('PUT', '/api/v1/plans/professional', terms)
  const { id, key } = await app.createLicense({ domains: ['shop.de', 'shop.at'] })
  app.clock.advanceMs(10 * DAY_MS)
  await app.validate({ key, domain: 'shop.at' })
  const ask = async (query: string) => {
    const { body } = await app.send('GET', `/api/v1/licenses/${id}/explain?${query}`)
    return [body.error, body.checks[5].detail]
  }
  // The last use of an API key is written once a minute.
  await ask('')
  await app.deps.store.flush()
  const before = await app.database.readRows()
  expect(await ask('domain=https://www.Shop.ch/kasse')).toEqual([
    'DOMAIN_LIMIT_REACHED',
    'shop.ch is not activated, and no slot is free (2 of 2 in use: shop.de, shop.at). Deactivate or move one, or raise the limit. After 30 days without use, an activation is replaced; the next one is shop.de, last seen on 2026-03-06T00:00:00Z.',
  ])
  expect(await ask('domain=shop.ch&at=2026-04-05T00:00:00Z')).toEqual([
    null,
    'shop.ch would replace shop.de, last seen on 2026-03-06T00:00:00Z (2 of 2 in use: shop.de, shop.at).',
  ])
  expect(await ask('domain=staging.shop.de')).toEqual([
    null,
    'staging.shop.de takes no slot because shop.de is activated (0 of 6 free domains in use).',
  ])
  expect(await ask('domain=stagingshop.de')).toEqual([
    'DOMAIN_LIMIT_REACHED',
    expect.stringContaining('stagingshop.de is not activated, and no slot is free'),
  ])
  await app.deps.store.flush()
  expect(await app.database.readRows()).toEqual(before)
})

test('explain: needs licenses:read and an existing license', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense()
  const path = `/api/v1/licenses/${id}/explain`
  const stranger = { authorization: undefined }
  expectProblem(await app.send('GET', path, undefined, stranger), 401, 'unauthorized')
  const writer = { authorization: `Bearer ${await app.tokenWith('licenses:write')}` }
  expectProblem(await app.send('GET', path, undefined, writer), 403, 'missing_scope')
  expectProblem(await app.send('GET', '/api/v1/licenses/lic_none/explain'), 404, 'not_found')
})

test('explain: reports missing features by name, and ignores empty names', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense({ features: { sso: true, beta: false } })
  const path = `/api/v1/licenses/${id}/explain?features=`
  for (const features of ['sso', 'sso,', '']) {
    expect((await app.send('GET', path + features)).body).toMatchObject({ valid: true })
  }
  const { body } = await app.send('GET', `${path}sso,%20beta`)
  expect(body).toMatchObject({ valid: false, error: 'FEATURE_NOT_INCLUDED' })
  expect(body.checks).toContainEqual(
    failed('features', 'The app requested beta, but the license includes sso.'),
  )
})
