import { expect, test } from 'bun:test'
import { openTestApp, type TestApp } from '../../support/app.ts'
import { openLicensedApp } from '../../support/licensed-app.ts'
import { expectProblem, expectRefusal } from '../../support/problems.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

/** Returns a function that returns the number of commits since this call. */
function countCommits({ deps }: TestApp): () => number {
  let commits = 0
  deps.store.subscribe(() => {
    commits += 1
  })
  return () => commits
}

test('activate: returns the normalized domain, and the same activation when repeated', async () => {
  await using app = await openLicensedApp()
  const { status, body } = await app.callWithKey('activate', {
    domain: 'https://www.Example.com:8443/shop',
    name: 'Shop',
  })
  expect(status).toBe(200)
  expect(body).toEqual({
    id: expect.stringMatching(/^act_[0-9a-z]{26}$/),
    license_id: app.id,
    kind: 'domain',
    value: 'example.com',
    name: 'Shop',
    free: false,
    created_at: '2026-03-06T00:00:00Z',
    last_seen_at: '2026-03-06T00:00:00Z',
    country: null,
  })
  const commits = countCommits(app)
  app.clock.advanceMs(DAY_MS)
  expect((await app.callWithKey('activate', { domain: 'example.com.' })).body).toEqual(body)
  expect(commits()).toBe(0)
  expect(await app.license()).toMatchObject({ domains: ['example.com'], domains_count: 1 })
})

test('activate: a repeated activation returns when it was last seen, to the hour', async () => {
  await using app = await openLicensedApp()
  await app.callWithKey('activate', { domain: 'example.com' })
  app.clock.advanceMs(HOUR_MS)
  await app.callWithKey('validate', { domain: 'example.com' })
  await app.deps.store.flush()
  const { body } = await app.callWithKey('activate', { domain: 'example.com' })
  expect(body.last_seen_at).toBe('2026-03-06T01:00:00Z')
})

test('activate: a fingerprint is stored exactly as sent', async () => {
  await using app = await openLicensedApp()
  const { body } = await app.callWithKey('activate', {
    fingerprint: ' Ab/Ü ',
    name: "Ada's laptop",
  })
  expect(body).toMatchObject({ kind: 'device', value: ' Ab/Ü ', name: "Ada's laptop" })
  await app.callWithKey('activate', { fingerprint: 'ab/ü' })
  expect(await app.license()).toMatchObject({ devices: 2, domains: [] })
})

test('activate: appends activation.created and leaves the version unchanged', async () => {
  await using app = await openLicensedApp()
  const { body } = await app.callWithKey('activate', { domain: 'example.com' })
  await app.callWithKey('activate', { domain: 'example.com' })
  const events = await app.send('GET', `/api/v1/licenses/${app.id}/events`)
  expect(events.body.data).toHaveLength(2)
  const [event] = events.body.data
  expect(event).toMatchObject({ type: 'activation.created', sequence: 2 })
  expect(event.data).toMatchObject({
    activation: body,
    license: { version: 1, domains: ['example.com'] },
    previous: { domains: [], domains_count: 0 },
  })
})

test('activate: validation on an explicit plan fails until domain and device are activated', async () => {
  await using app = await openLicensedApp({ activation: 'explicit' })
  const request = { domain: 'example.com', fingerprint: 'machine' }
  expect(await app.verdict(request)).toBe('DOMAIN_NOT_ACTIVATED')
  await app.callWithKey('activate', { domain: 'example.com' })
  expect(await app.verdict(request)).toBe('DEVICE_NOT_ACTIVATED')
  await app.callWithKey('activate', { fingerprint: 'machine' })
  expect(await app.verdict(request)).toBe('VALID')
  expect(await app.eventTypesOf(app.id)).toEqual([
    'license.created',
    'activation.created',
    'activation.created',
    'license.activated',
  ])
})

test('activate: beyond the limit gets the same code and details as validate', async () => {
  await using app = await openLicensedApp({ max_domains: 1, max_devices: 0 })
  await app.callWithKey('activate', { domain: 'a.io' })
  for (const [target, code, details] of [
    [{ domain: 'b.io' }, 'DOMAIN_LIMIT_REACHED', { limit: 1, used: 1 }],
    [{ fingerprint: 'machine' }, 'DEVICE_LIMIT_REACHED', { limit: 0, used: 0 }],
  ] as const) {
    const refused = await app.callWithKey('activate', target)
    expectRefusal(refused, code, details)
    const verdict = await app.callWithKey('validate', target)
    expect(verdict.body).toEqual({
      valid: false,
      error: code,
      message: refused.body.detail,
      details,
    })
  }
  expect(await app.license()).toMatchObject({ domains_count: 1, devices: 0 })
})

test('activate: license.limit_reached is sent once a day, and repeated refusals write nothing', async () => {
  await using app = await openLicensedApp({ max_devices: 0 })
  const refuse = () => app.callWithKey('activate', { fingerprint: 'machine' })
  await refuse()
  const commits = countCommits(app)
  for (let times = 0; times < 5; times += 1) await refuse()
  app.clock.advanceMs(DAY_MS - 1)
  await refuse()
  expect(commits()).toBe(0)
  app.clock.advanceMs(1)
  await refuse()
  expect(commits()).toBe(1)
  const { body } = await app.send('GET', '/api/v1/events?type=license.limit_reached')
  expect(body.data).toHaveLength(2)
  expect(body.data[0].data.limit).toEqual({ name: 'devices', limit: 0, used: 0 })
})

test('activate: an expired, suspended or revoked license is refused with its status', async () => {
  await using app = await openLicensedApp()
  const path = `/api/v1/licenses/${app.id}`
  const activate = () => app.callWithKey('activate', { fingerprint: 'machine' })
  await app.send('PUT', path, { expires_at: '2026-03-05T00:00:00Z' })
  expectRefusal(await activate(), 'LICENSE_EXPIRED', { expiredAt: '2026-03-05T00:00:00Z' })
  await app.send('POST', `${path}/suspend`)
  expectRefusal(await activate(), 'LICENSE_SUSPENDED')
  await app.send('POST', `${path}/revoke`)
  expectRefusal(await activate(), 'LICENSE_REVOKED')
  expect((await app.license()).devices).toBe(0)
})

test('activate: an invalid domain is refused, including an empty one', async () => {
  await using app = await openLicensedApp()
  for (const domain of ['', 'co.uk', 'user@example.com', 'exa mple.com']) {
    expectRefusal(await app.callWithKey('activate', { domain }), 'DOMAIN_INVALID')
  }
})

test('activate: stores the country that a trusted proxy states', async () => {
  const config = { trustedProxies: ['127.0.0.1'], countryHeader: 'cf-ipcountry' }
  await using app = await openTestApp(config)
  const { key } = await app.createLicense()
  app.app.listen({ hostname: '127.0.0.1', port: 0 })
  const response = await fetch(`${app.app.server?.url}api/v1/activate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'cf-ipcountry': 'NZ' },
    body: JSON.stringify({ key, fingerprint: 'machine' }),
  })
  expect(await response.json()).toMatchObject({ country: 'NZ' })
  await app.app.stop(true)
})

test('deactivate: frees the slot, returns the activation and appends activation.deleted', async () => {
  await using app = await openLicensedApp({ max_domains: 1 })
  const { body } = await app.callWithKey('activate', { domain: 'a.io' })
  await app.callWithKey('validate', { domain: 'a.io' })
  const freed = await app.callWithKey('deactivate', { domain: 'www.a.io' })
  expect([freed.status, freed.body]).toEqual([200, body])
  expect(await app.verdict({ domain: 'b.io' })).toBe('VALID')
  expect(await app.verdict({ domain: 'a.io' })).toBe('DOMAIN_LIMIT_REACHED')
  const { body: events } = await app.send('GET', '/api/v1/events?type=activation.deleted')
  expect(events.data).toHaveLength(1)
  expect(events.data[0].data).toMatchObject({
    activation: body,
    license: { domains: [], domains_count: 0 },
  })
})

test('deactivate: an unknown domain or device is refused and nothing is written', async () => {
  await using app = await openLicensedApp()
  const commits = countCommits(app)
  expectRefusal(await app.callWithKey('deactivate', { domain: 'a.io' }), 'DOMAIN_NOT_ACTIVATED')
  expectRefusal(await app.callWithKey('deactivate', { domain: '' }), 'DOMAIN_INVALID')
  expectRefusal(await app.callWithKey('deactivate', { fingerprint: 'm' }), 'DEVICE_NOT_ACTIVATED')
  expect(commits()).toBe(0)
})

test('deactivate: gets 403 if the plan does not allow self-deactivation', async () => {
  await using app = await openLicensedApp({ self_deactivation: false })
  await app.callWithKey('activate', { fingerprint: 'machine' })
  const refused = await app.callWithKey('deactivate', { fingerprint: 'machine' })
  expectRefusal(refused, 'SELF_DEACTIVATION_DISABLED', undefined, 403)
  expect((await app.license()).devices).toBe(1)
})

test('deactivate: beyond the monthly limit, nextAt says when the next one is possible', async () => {
  await using app = await openLicensedApp({ deactivations_max_per_30_days: 1 })
  const activateThenDeactivate = async () => {
    await app.callWithKey('activate', { fingerprint: 'machine' })
    return app.callWithKey('deactivate', { fingerprint: 'machine' })
  }
  expect((await activateThenDeactivate()).status).toBe(200)
  const details = { limit: 1, used: 1, nextAt: '2026-04-05T00:00:00Z' }
  expectRefusal(await activateThenDeactivate(), 'DEACTIVATION_LIMIT_REACHED', details)
  app.clock.advanceMs(Date.parse(details.nextAt) - app.clock.nowMs() - 1)
  expectRefusal(await activateThenDeactivate(), 'DEACTIVATION_LIMIT_REACHED', details)
  app.clock.advanceMs(1)
  expect((await activateThenDeactivate()).status).toBe(200)
})

test('activations: an unknown or mistyped key gets 404 with its code', async () => {
  await using app = await openTestApp()
  for (const path of ['activate', 'deactivate']) {
    const unknown = { key: 'an-unknown-imported-key', fingerprint: 'machine' }
    expectRefusal(await app.callAsClient(path, unknown), 'LICENSE_NOT_FOUND', undefined, 404)
    const mistyped = { key: 'TO-7Q4M-X0ZD-9KTB-2FWZ', fingerprint: 'machine' }
    expectRefusal(await app.callAsClient(path, mistyped), 'LICENSE_KEY_MALFORMED', undefined, 404)
  }
})

test('activations: the body needs exactly one of domain and fingerprint', async () => {
  await using app = await openLicensedApp()
  for (const path of ['activate', 'deactivate']) {
    for (const targets of [{}, { domain: 'a.io', fingerprint: 'machine' }]) {
      expectProblem(await app.callWithKey(path, targets), 422, 'validation_failed')
    }
    for (const fingerprint of ['', 'x'.repeat(256), 7]) {
      const refused = await app.callWithKey(path, { fingerprint })
      expectProblem(refused, 422, 'validation_failed', ['/fingerprint'])
    }
    expectProblem(await app.send('POST', `/api/v1/${path}`, '{'), 400, 'invalid_json')
  }
  expect((await app.license()).devices).toBe(0)
})

test('activate: unknown fields are ignored, and any origin may call', async () => {
  await using app = await openLicensedApp()
  const { status, headers } = await app.callWithKey('activate', {
    fingerprint: 'x'.repeat(255),
    os: 'mac',
  })
  expect(status).toBe(200)
  expect(headers.get('access-control-allow-origin')).toBe('*')
})

test('activations: client calls are not audited', async () => {
  await using app = await openLicensedApp()
  const before = (await app.database.readRows()).audit
  await app.callWithKey('activate', { fingerprint: 'machine' })
  await app.callWithKey('deactivate', { fingerprint: 'machine' })
  expect((await app.database.readRows()).audit).toEqual(before)
})
