import { expect, test } from 'bun:test'
import { testEngine } from '../../support/engine.ts'
import { openLicensedApp } from '../../support/licensed-app.ts'
import { expectRefusal } from '../../support/problems.ts'

const DAY_MS = 86_400_000

const freeTerms = { max_domains: 1, free_domain_patterns: ['staging.*', 'dev.*'] }

test('free domains: a pattern beside an activated domain takes no slot and is not in domains', async () => {
  await using app = await openLicensedApp(freeTerms)
  const staging = { domain: 'staging.example.com' }
  await app.callWithKey('validate', { domain: 'example.com' })
  expect(await app.verdict(staging)).toBe('VALID')
  expect((await app.callWithKey('activate', staging)).body).toMatchObject({ free: true })
  expect(await app.license()).toMatchObject({ domains: ['example.com'], domains_count: 1 })
  expect(await app.verdict({ domain: 'dev.example.com' })).toBe('VALID')
  for (const domain of ['stagingcorp.com', 'staging.example.org', 'test.example.com']) {
    expect(await app.verdict({ domain })).toBe('DOMAIN_LIMIT_REACHED')
  }
})

test('free domains: deactivating the last domain also deactivates its free domains', async () => {
  await using app = await openLicensedApp(freeTerms)
  await app.callWithKey('activate', { domain: 'example.com' })
  await app.callWithKey('activate', { domain: 'staging.example.com' })
  await app.callWithKey('deactivate', { domain: 'example.com' })
  expect(await app.activations()).toEqual([])
  expect((await app.eventTypesOf(app.id)).slice(-2)).toEqual([
    'activation.deleted',
    'activation.deleted',
  ])
  await app.callWithKey('activate', { domain: 'example.org' })
  const staging = await app.callWithKey('activate', { domain: 'staging.example.org' })
  expect(staging.body.free).toBeTrue()
})

test('free domains: a staging host that came first gives up its slot to its site', async () => {
  for (const route of ['validate', 'activate']) {
    await using app = await openLicensedApp({ ...freeTerms, evict_idle_days: 30 })
    expect(await app.verdict({ domain: 'staging.example.com' })).toBe('VALID')
    expect(await app.verdict({ domain: 'dev.example.com' })).toBe('VALID')
    expect((await app.license()).domains).toEqual(['staging.example.com'])
    const [, before] = await app.activations()
    expect((await app.callWithKey(route, { domain: 'www.example.com' })).status).toBe(200)
    expect(await app.license()).toMatchObject({ domains: ['example.com'], domains_count: 1 })
    const activations = await app.activations()
    expect(activations.map(({ value, free }: typeof before) => [value, free])).toEqual([
      ['example.com', false],
      ['dev.example.com', true],
      ['staging.example.com', true],
    ])
    expect(activations[2]).toEqual({ ...before, free: true })
    expect((await app.eventTypesOf(app.id)).slice(-3)).toEqual([
      'activation.deleted',
      'activation.created',
      'activation.created',
    ])
    expect(await app.verdict({ domain: 'staging.example.com' })).toBe('VALID')
    expect(await app.verdict({ domain: 'example.org' })).toBe('DOMAIN_LIMIT_REACHED')
  }
})

test('free domains: requests of a site and its staging hosts at the same time are all valid', async () => {
  await using app = await openLicensedApp(freeTerms)
  const domains = ['staging.a.de', 'a.de', 'dev.a.de', 'www.a.de', 'staging.a.de', 'dev.a.de']
  await Promise.all(domains.map((domain) => app.verdict({ domain })))
  for (const domain of domains) expect(await app.verdict({ domain })).toBe('VALID')
  expect(await app.license()).toMatchObject({ domains: ['a.de'], domains_count: 1 })
})

test('free domains: moving a license to a site releases the slots of its staging hosts', async () => {
  await using app = await openLicensedApp({ ...freeTerms, max_domains: 2 })
  await app.callWithKey('activate', { domain: 'old.de' })
  await app.callWithKey('activate', { domain: 'staging.new.de' })
  const path = `/api/v1/licenses/${app.id}/activations/move`
  expect((await app.send('POST', path, { from: 'old.de', to: 'new.de' })).status).toBe(200)
  expect(await app.license()).toMatchObject({ domains: ['new.de'], domains_count: 1 })
  expect(await app.activations()).toMatchObject([
    { value: 'new.de', free: false },
    { value: 'staging.new.de', free: true },
  ])
})

test('free domains: hosts of a provider are free before the first site, up to the budget', async () => {
  await using app = await openLicensedApp({
    max_domains: 1,
    free_domain_patterns: ['*.WPEngine.com'],
  })
  for (const name of ['a', 'b', 'c.d']) {
    expect(await app.verdict({ domain: `${name}.wpengine.com` })).toBe('VALID')
  }
  expect(await app.license()).toMatchObject({ domains: [], domains_count: 0 })
  // The fourth takes the slot, and the fifth finds neither.
  expect(await app.verdict({ domain: 'e.wpengine.com' })).toBe('VALID')
  expect(await app.license()).toMatchObject({ domains: ['e.wpengine.com'] })
  const { body } = await app.callWithKey('validate', { domain: 'f.wpengine.com' })
  expect(body).toEqual({
    valid: false,
    error: 'DOMAIN_LIMIT_REACHED',
    message:
      'The only domain of this license is in use. Its free domains are used up as well (3 of 3).',
    details: { limit: 1, used: 1, freeLimit: 3, freeUsed: 3 },
  })
  const activated = await app.callWithKey('activate', { domain: 'f.wpengine.com' })
  expectRefusal(activated, 'DOMAIN_LIMIT_REACHED', body.details)
  const path = `/api/v1/licenses/${app.id}/explain?domain=f.wpengine.com`
  const { checks } = (await app.send('GET', path)).body
  expect(checks[5].detail).toEndWith(
    'It would take no slot because it matches *.wpengine.com, but the free domains are used up (3 of 3 free domains in use).',
  )
  for (const domain of ['mywpengine.com', 'a.wpengine.com.evil.com', 'wpengine.com']) {
    const refused = await app.callWithKey('validate', { domain })
    expect(refused.body.details).toEqual({ limit: 1, used: 1 })
  }
})

test('free domains: a pattern added later frees the host that holds the slot when its site comes', async () => {
  await using app = await openLicensedApp({ max_domains: 1 })
  await app.callWithKey('validate', { domain: 'shop.wpengine.com' })
  expect(await app.verdict({ domain: 'shop.com' })).toBe('DOMAIN_LIMIT_REACHED')
  await app.send('PUT', '/api/v1/plans/sold', { free_domain_patterns: ['*.wpengine.com'] })
  expect(await app.verdict({ domain: 'shop.com' })).toBe('VALID')
  expect(await app.license()).toMatchObject({ domains: ['shop.com'], domains_count: 1 })
  await app.callWithKey('deactivate', { domain: 'shop.com' })
  expect(await app.activations()).toMatchObject([{ value: 'shop.wpengine.com', free: true }])
})

test('free domains: a license created with a site and its staging hosts uses one slot', async () => {
  await using app = await openLicensedApp({
    max_domains: 1,
    free_domain_patterns: ['staging.*', '*.wpengine.com'],
    free_domains_per_domain: 2,
  })
  const domains = ['staging.a.de', 'a.de', 'www.a.de', 'shop.wpengine.com']
  const license = await app.createLicense({ plan: 'sold', domains })
  expect(license).toMatchObject({ domains: ['a.de'], domains_count: 1 })
  const order = { plan: 'sold', customer_email: 'dev@example.com' }
  for (const domains of [
    ['staging.a.de', 'staging.b.de'],
    ['a.de', 'b.de'],
  ]) {
    const { status, body } = await app.send('POST', '/api/v1/licenses', { ...order, domains })
    expect([status, body.errors[0].pointer]).toEqual([422, '/domains'])
  }
})

test('free domains: with domain_match subdomains, no activation is needed', async () => {
  await using app = await openLicensedApp({ ...freeTerms, domain_match: 'subdomains' })
  await app.callWithKey('validate', { domain: 'staging.example.com' })
  await app.callWithKey('validate', { domain: 'shop.example.com' })
  expect(await app.activations()).toMatchObject([{ value: 'example.com', free: false }])
})

test('development domains: validation records nothing, activation is free', async () => {
  await using app = await openLicensedApp({ max_domains: 0, activation: 'explicit' })
  expect(await app.verdict({ domain: 'localhost:3000' })).toBe('VALID')
  expect(await app.activations()).toEqual([])
  const { body } = await app.callWithKey('activate', { domain: 'mysite.local' })
  expect(body).toMatchObject({ value: 'mysite.local', free: true })
  expect(await app.activations()).toEqual([body])
  expect((await app.callWithKey('deactivate', { domain: 'mysite.local' })).body).toEqual(body)
  expect(await app.license()).toMatchObject({ domains: [], domains_count: 0 })
  expect(await app.eventTypesOf(app.id)).toEqual([
    'license.created',
    'license.activated',
    'activation.created',
    'activation.deleted',
  ])
})

test('plan change: after a change to subdomains, an activated host covers its whole domain', async () => {
  await using app = await openLicensedApp({ max_domains: 1 })
  await app.callWithKey('validate', { domain: 'app.example.com' })
  const shop = { domain: 'shop.example.com' }
  expect(await app.verdict(shop)).toBe('DOMAIN_LIMIT_REACHED')
  await app.send('PUT', '/api/v1/plans/sold', { domain_match: 'subdomains' })
  expect(await app.verdict(shop)).toBe('VALID')
  expect((await app.license()).domains).toEqual(['app.example.com'])
})

test('plan change: after a change to exact, other hosts of the domain need a slot each', async () => {
  await using app = await openLicensedApp({ max_domains: 1, domain_match: 'subdomains' })
  await app.callWithKey('validate', { domain: 'app.example.com' })
  await app.send('PUT', '/api/v1/plans/sold', { domain_match: 'exact' })
  expect(await app.verdict({ domain: 'www.example.com' })).toBe('VALID')
  expect(await app.verdict({ domain: 'app.example.com' })).toBe('DOMAIN_LIMIT_REACHED')
})

test('plan change: a lower limit keeps what is in use and refuses anything new', async () => {
  await using app = await openLicensedApp({ max_devices: 3, evict_idle_days: 30 })
  for (const fingerprint of ['a', 'b', 'c']) await app.callWithKey('activate', { fingerprint })
  await app.send('PUT', '/api/v1/plans/sold', { max_devices: 2 })
  app.clock.advanceMs(90 * DAY_MS)
  const details = { limit: 2, used: 3 }
  const refused = await app.callWithKey('activate', { fingerprint: 'd' })
  expectRefusal(refused, 'DEVICE_LIMIT_REACHED', details)
  for (const fingerprint of ['a', 'b', 'c']) {
    expect(await app.verdict({ fingerprint })).toBe('VALID')
  }
})

test('eviction: the device idle the longest is evicted, never one that was just seen', async () => {
  await using app = await openLicensedApp({ evict_idle_days: 30 })
  for (const fingerprint of ['old', 'older']) await app.callWithKey('activate', { fingerprint })
  app.clock.advanceMs(30 * DAY_MS)
  await app.callWithKey('validate', { fingerprint: 'old' })
  expect(await app.verdict({ fingerprint: 'new' })).toBe('VALID')
  expect(await app.activations()).toMatchObject([{ value: 'new' }, { value: 'old' }])
  expect((await app.eventTypesOf(app.id)).slice(-2)).toEqual([
    'activation.deleted',
    'activation.created',
  ])
  expect(await app.verdict({ fingerprint: 'older' })).toBe('DEVICE_LIMIT_REACHED')
})

const evictionTerms = { max_devices: 1, evict_idle_days: 1, activation: 'explicit' }

test('eviction: activating an idle device again keeps its slot', async () => {
  await using app = await openLicensedApp(evictionTerms)
  await app.callWithKey('activate', { fingerprint: 'first' })
  app.clock.advanceMs(3 * DAY_MS)
  await app.callWithKey('activate', { fingerprint: 'first' })
  expect(await app.activations()).toMatchObject([{ last_seen_at: '2026-03-09T00:00:00Z' }])
  expectRefusal(
    await app.callWithKey('activate', { fingerprint: 'second' }),
    'DEVICE_LIMIT_REACHED',
    { limit: 1, used: 1 },
  )
  expect(await app.verdict({ fingerprint: 'first' })).toBe('VALID')
})

test('eviction: of an idle device and a new one that are validated at the same time, one gets the slot', async () => {
  await using app = await openLicensedApp({ ...evictionTerms, activation: 'automatic' })
  await app.verdict({ fingerprint: 'first' })
  app.clock.advanceMs(3 * DAY_MS)
  const verdicts = await Promise.all([
    app.verdict({ fingerprint: 'first', domain: 'example.com' }),
    app.verdict({ fingerprint: 'second' }),
  ])
  const values = (await app.activations()).map(({ value }: { value: string }) => value)
  const outcomes = [
    [
      ['VALID', 'DEVICE_LIMIT_REACHED'],
      ['example.com', 'first'],
    ],
    [['DEVICE_LIMIT_REACHED', 'VALID'], ['second']],
  ]
  // A store of one server decides in the order of the requests.
  if (testEngine === 'sqlite') outcomes.pop()
  expect(outcomes).toContainEqual([verdicts, values])
})

test('plan change: after a change to subdomains, deactivating a host frees only that host', async () => {
  await using app = await openLicensedApp({ max_domains: 3, deactivations_max_per_30_days: 2 })
  const hosts = ['a.example.com', 'b.example.com', 'c.example.com']
  for (const domain of hosts) await app.callWithKey('activate', { domain })
  await app.send('PUT', '/api/v1/plans/sold', { domain_match: 'subdomains' })
  const leave = () => app.callWithKey('deactivate', { domain: 'b.example.com' })
  expect((await leave()).body).toMatchObject({ value: 'b.example.com' })
  expectRefusal(await leave(), 'DOMAIN_NOT_ACTIVATED')
  expect(await app.license()).toMatchObject({ domains: ['a.example.com', 'c.example.com'] })
})
