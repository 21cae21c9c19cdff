import { expect, test } from 'bun:test'
import { openTestApp } from '../../support/app.ts'
import { expectProblem } from '../../support/problems.ts'

const path = '/api/v1/plans'
const least = { slug: 'team', product: 'default', name: 'Team' }

/** The documented default of every field that a creation may omit. */
const defaults = {
  ...least,
  features: {},
  max_domains: null,
  max_devices: null,
  max_seats: null,
  duration_days: null,
  starts_on: 'creation',
  grace_days: 0,
  activation: 'automatic',
  require_domain: false,
  require_fingerprint: false,
  domain_match: 'exact',
  development_domains_free: true,
  free_domain_patterns: [],
  free_domains_per_domain: 3,
  seat_lease_seconds: 300,
  self_deactivation: true,
  evict_idle_days: null,
  deactivations_max_per_30_days: null,
  sharing: null,
  offline: { refresh_days: 1, valid_days: 7, hard_days: 30, file_days: 365 },
  borrow_days_max: 0,
  notices: [],
  archived_at: null,
}

const full = {
  ...least,
  features: { sso: true, projects: 50, tier: 'gold' },
  max_domains: 0,
  max_devices: 10,
  max_seats: 3,
  duration_days: 365,
  starts_on: 'first_validation',
  grace_days: 7,
  activation: 'explicit',
  require_domain: true,
  require_fingerprint: true,
  domain_match: 'subdomains',
  development_domains_free: false,
  free_domain_patterns: ['staging.*', 'dev-*.*', '*.wpengine.com'],
  free_domains_per_domain: 5,
  seat_lease_seconds: 1,
  self_deactivation: false,
  evict_idle_days: 30,
  deactivations_max_per_30_days: 5,
  sharing: { countries_per_day: 3, devices_per_day: null, domains_per_day: 9 },
  offline: { refresh_days: 2, valid_days: 3, hard_days: 4, file_days: null },
  borrow_days_max: 365,
}

test('plans: omitted fields have their documented defaults', async () => {
  await using app = await openTestApp()
  const { status, body } = await app.send('POST', path, least)
  expect(body).toEqual(defaults)
  expect(status).toBe(201)
  expect((await app.send('GET', `${path}/team`)).body).toEqual(defaults)
  expect(await app.database.readEventTypes()).toEqual([])
})

test('plans: every given field is stored, and PUT keeps omitted fields', async () => {
  await using app = await openTestApp()
  const readOnly = { notices: expect.any(Array), archived_at: null }
  expect((await app.send('POST', path, full)).body).toEqual({ ...full, ...readOnly })
  const change = { max_seats: null, sharing: { devices_per_day: 4 }, features: {} }
  const changed = {
    ...full,
    ...readOnly,
    ...change,
    sharing: { countries_per_day: null, devices_per_day: 4, domains_per_day: null },
  }
  expect((await app.send('PUT', `${path}/team`, change)).body).toEqual(changed)
  expect((await app.send('PUT', `${path}/team`, {})).body).toEqual(changed)
  expect((await app.send('GET', `${path}/team`)).body).toEqual(changed)
})

test('plans: fields that offline omits keep their values, or have their defaults if it was null', async () => {
  await using app = await openTestApp()
  await app.send('POST', path, { ...least, offline: { hard_days: 7, file_days: null } })
  const put = async (offline: object | null) =>
    (await app.send('PUT', `${path}/team`, { offline })).body.offline
  const kept = { refresh_days: 1, valid_days: 7, hard_days: 7, file_days: null }
  expect(await put({})).toEqual(kept)
  expect(await put({ valid_days: 2 })).toEqual({ ...kept, valid_days: 2 })
  expect(await put(null)).toBeNull()
  expect(await put({ hard_days: 8 })).toEqual({ ...defaults.offline, hard_days: 8 })
  const refused = await app.send('PUT', `${path}/team`, { offline: { valid_days: 9 } })
  expectProblem(refused, 422, 'validation_failed', ['/offline/hard_days'])
})

test('plans: the list is newest first and includes the initial plans', async () => {
  await using app = await openTestApp()
  await app.send('POST', path, least)
  const { body } = await app.send('GET', path)
  const limits = body.data.map((plan: typeof defaults) => [
    plan.slug,
    plan.max_domains,
    plan.max_devices,
    plan.duration_days,
  ])
  expect(limits).toEqual([
    ['team', null, null, null],
    ['enterprise', null, null, null],
    ['professional', 3, 5, null],
    ['starter', 1, 2, null],
  ])
  expect(body.next_cursor).toBeNull()
})

test('plans: a plan can be deleted only while no license uses it', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense({ plan: 'starter' })
  expectProblem(await app.send('DELETE', `${path}/starter`), 409, 'in_use')
  const refused = await app.send('DELETE', `${path}/starter`)
  expect(refused.body.detail).toBe(
    '1 license of this plan is not revoked. List them with GET /api/v1/licenses?plan=starter, then give them another plan or revoke them.',
  )
  await app.send('PUT', `/api/v1/licenses/${id}`, { plan: 'professional' })
  expect((await app.send('DELETE', `${path}/starter`)).status).toBe(204)
  expectProblem(await app.send('GET', `${path}/starter`), 404, 'not_found')

  const { status, text } = await app.send('DELETE', `${path}/enterprise`)
  expect([status, text]).toEqual([204, ''])
  expectProblem(await app.send('GET', `${path}/enterprise`), 404, 'not_found')
  expectProblem(await app.send('DELETE', `${path}/enterprise`), 404, 'not_found')
  expectProblem(await app.send('PUT', `${path}/enterprise`, {}), 404, 'not_found')
})

test('plans: a plan whose licenses are all revoked is archived, and they still show it', async () => {
  await using app = await openTestApp()
  const { id, key } = await app.createLicense({ plan: 'starter' })
  await app.send('DELETE', `/api/v1/licenses/${id}`)
  const eventsBefore = await app.database.readEventTypes()
  const { status, text } = await app.send('DELETE', `${path}/starter`)
  expect([status, text]).toEqual([204, ''])

  const slugs = (await app.send('GET', path)).body.data.map(({ slug }: { slug: string }) => slug)
  expect(slugs).toEqual(['enterprise', 'professional'])
  expect((await app.send('GET', `${path}/starter`)).body).toMatchObject({
    slug: 'starter',
    max_devices: 2,
    archived_at: '2026-03-06T00:00:00Z',
  })
  const license = await app.send('GET', `/api/v1/licenses/${id}`)
  expect(license.body).toMatchObject({ plan: 'starter', status: 'revoked', max_devices: 2 })
  expect((await app.validate({ key })).body.error).toBe('LICENSE_REVOKED')
  expect((await app.send('DELETE', `${path}/starter`)).status).toBe(204)

  const order = { plan: 'starter', customer_email: 'dev@example.com' }
  const created = await app.send('POST', '/api/v1/licenses', order)
  expectProblem(created, 422, 'validation_failed', ['/plan'])
  const live = await app.createLicense()
  const moved = await app.send('PUT', `/api/v1/licenses/${live.id}`, { plan: 'starter' })
  expectProblem(moved, 422, 'validation_failed', ['/plan'])
  const again = await app.send('POST', path, { ...least, slug: 'starter' })
  expectProblem(again, 409, 'already_exists')
  expect(again.body.detail).toContain('An archived plan has this slug')
  expectProblem(
    await app.send('PUT', `${path}/starter`, { max_domains: 5 }),
    409,
    'invalid_transition',
  )
  expect(await app.database.readEventTypes()).toEqual([...eventsBefore, 'license.created'])
})

test('plans: notices say which limits nothing enforces, until the plan enforces them', async () => {
  await using app = await openTestApp()
  const notices = async () => (await app.send('GET', `${path}/starter`)).body.notices
  expect(await notices()).toEqual([
    'max_domains does not limit apps that validate without a domain. Set require_domain to enforce it.',
    'max_devices does not limit apps that validate without a fingerprint. Set require_fingerprint to enforce it.',
    'A domain or device that is deactivated can still be used offline until its lease or file ends. Set deactivations_max_per_30_days, or offline to null, to limit that.',
  ])
  const { key } = await app.createLicense({ plan: 'starter' })
  expect((await app.validate({ key })).body.valid).toBe(true)
  const { body } = await app.send('PUT', `${path}/starter`, {
    require_domain: true,
    require_fingerprint: true,
    deactivations_max_per_30_days: 3,
  })
  expect(body.notices).toEqual([])
  expect((await app.validate({ key })).body.error).toBe('DOMAIN_REQUIRED')
})

test('plans: a slug is unique across products, and the product must exist', async () => {
  await using app = await openTestApp()
  await app.send('POST', '/api/v1/products', { slug: 'editor', name: 'Editor', key_prefix: 'ED' })
  const taken = await app.send('POST', path, { ...least, slug: 'starter', product: 'editor' })
  expectProblem(taken, 409, 'already_exists')
  const unknownProduct = await app.send('POST', path, { ...least, product: 'nope' })
  expectProblem(unknownProduct, 422, 'validation_failed', ['/product'])
})

test('plans: an invalid field gets 422 with a pointer, on POST and PUT', async () => {
  await using app = await openTestApp()
  const wrong: Record<string, unknown[]> = {
    name: ['', null, 5],
    features: [[], null, { a: null }, { a: [] }, { a: {} }, { '': true }],
    max_domains: [-1, 1.5, '3', 2 ** 31, true],
    max_devices: [-1],
    max_seats: [-1],
    duration_days: [0, -1, 1.5, 36_501],
    starts_on: ['activation', null],
    grace_days: [-1, null, 36_501],
    activation: ['manual', null],
    require_domain: ['true', null, 1],
    domain_match: ['regex'],
    free_domain_patterns: ['staging.*', ['staging'], ['*.'], ['staging.*', '.*'], ['*.com'], [5]],
    free_domains_per_domain: [-1, null, 1.5, 1001],
    seat_lease_seconds: [0, null, 1.5],
    evict_idle_days: [0, -1],
    deactivations_max_per_30_days: [-1],
    sharing: [[], { countries_per_day: 0 }, { nope: 1 }],
    offline: [
      [],
      { refresh_days: 0 },
      { refresh_days: 1.5 },
      { refresh_days: null },
      { hard_days: 3651 },
      { file_days: 0 },
      { file_days: 36_501 },
      { refresh_days: 8 },
      { hard_days: 6 },
      { nope: 1 },
    ],
    borrow_days_max: [-1, null, 1.5, 366],
    nope: [1],
  }
  for (const [field, values] of Object.entries(wrong)) {
    for (const value of values) {
      for (const [method, at, base] of [
        ['POST', path, least],
        ['PUT', `${path}/starter`, {}],
      ] as const) {
        const { status, body } = await app.send(method, at, { ...base, [field]: value })
        expect({ field, value, status }).toEqual({ field, value, status: 422 })
        expect(body.errors[0].pointer).toStartWith(`/${field}`)
      }
    }
  }
  expect((await app.send('GET', path)).body.data).toHaveLength(3)
})

test('plans: slug and product cannot be changed', async () => {
  await using app = await openTestApp()
  for (const field of ['slug', 'product']) {
    const refused = await app.send('PUT', `${path}/starter`, { [field]: 'other' })
    expectProblem(refused, 422, 'validation_failed', [`/${field}`])
  }
})
