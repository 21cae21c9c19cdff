import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type Browser, openBrowser } from '../../support/browser.ts'
import { openPortal, PORTAL, type Portal } from '../../support/portal.ts'
import { expectProblem } from '../../support/problems.ts'

const SESSION = `${PORTAL}/session`
const LICENSES = `${PORTAL}/licenses`
const HOUR_MS = 3_600_000
const PUBLIC_URL = 'https://licenses.example.com'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal()
})
afterAll(() => portal.close())

const statusOf = async (browser: Browser, path = LICENSES) =>
  (await browser.send('GET', path)).status

test('portal session: without a cookie, it is null', async () => {
  const { status, body, headers } = await openBrowser(portal.url).send('GET', SESSION)
  expect([status, body, headers.getSetCookie()]).toEqual([200, { session: null }, []])
  expect(headers.get('cache-control')).toBe('no-store')
})

test('portal session: a key in any form signs in, for 2 hours', async () => {
  await using app = await openPortal()
  const { id, key } = await app.createLicense()
  const browser = openBrowser(app.url)
  const pasted = ` ${key.toLowerCase()} \n`
  const { status, body, headers } = await browser.send('POST', SESSION, { key: pasted })
  expect(status).toBe(201)
  expect(body.session).toEqual({
    kind: 'license',
    customer_email: null,
    license_id: id,
    created_at: '2026-03-06T00:00:00Z',
    expires_at: '2026-03-06T02:00:00Z',
  })
  expect(headers.getSetCookie().join()).toMatch(
    /^licet_portal=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=7200$/,
  )
  app.clock.advanceMs(2 * HOUR_MS - 1)
  expect((await browser.send('GET', SESSION)).body).toEqual(body)
  expect(await statusOf(browser)).toBe(200)
  app.clock.advanceMs(1)
  expectProblem(await browser.send('GET', LICENSES), 401, 'unauthorized')
  expect((await browser.send('GET', SESSION)).body).toEqual({ session: null })
  expect(browser.cookie()).toBe('')
  expect(await app.deps.store.maintenance.cleanUp(app.clock.trustedMs(), 100)).toBe(1)
  expect((await app.database.readRows()).portal_sessions).toEqual([])
})

test('portal session: over https, the cookie is secure and bound to the host', async () => {
  const { key } = await portal.createLicense()
  const proxied = { host: 'licenses.example.com', origin: PUBLIC_URL }
  const { headers } = await openBrowser(portal.url).send('POST', SESSION, { key }, proxied)
  expect(headers.getSetCookie().join()).toMatch(
    /^__Host-licet_portal=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=7200; Secure$/,
  )
})

test('portal session: 30 wrong keys and codes per minute get 401, then 429', async () => {
  await using app = await openPortal()
  const browser = openBrowser(app.url)
  const { key } = await app.createLicense()
  for (let count = 0; count < 15; count += 1) {
    for (const body of [{ key: `TO-${count}` }, { code: '12345678' }]) {
      const answer = await browser.send('POST', SESSION, body)
      expectProblem(answer, 401, 'unauthorized')
      expect(answer.headers.getSetCookie()).toEqual([])
    }
  }
  const limited = await browser.send('POST', SESSION, { key: 'TO-1' })
  expectProblem(limited, 429, 'rate_limited')
  const stolen = { cookie: 'licet_portal=a-guess' }
  expect((await browser.send('GET', LICENSES, undefined, stolen)).status).toBe(429)
  expect((await browser.send('POST', SESSION, { key })).status).toBe(201)
})

test('portal session: a body with neither, with both, or with an unknown field gets 422', async () => {
  const browser = openBrowser(portal.url)
  for (const body of [{}, { key: 'TO-1', code: '12345678' }]) {
    expectProblem(await browser.send('POST', SESSION, body), 422, 'validation_failed')
  }
  const unknown = await browser.send('POST', SESSION, { key: 'TO-1', admin: true })
  expectProblem(unknown, 422, 'validation_failed', ['/admin'])
})

test('portal session: signing out ends it, and twice is the same', async () => {
  const { key } = await portal.createLicense()
  const browser = await portal.enter({ key })
  const cookie = browser.cookie()
  expect((await browser.send('DELETE', SESSION)).status).toBe(204)
  expect(browser.cookie()).toBe('')
  expect((await browser.send('DELETE', SESSION)).status).toBe(204)
  expectProblem(await browser.send('GET', LICENSES, undefined, { cookie }), 401, 'unauthorized')
})

test('portal session: a new key ends the sessions of the former one, also during its overlap', async () => {
  const { id, key } = await portal.createLicense({ customer_email: 'rotated@example.com' })
  const [byKey, byMail] = [
    await portal.enter({ key }),
    await portal.enter({ email: 'rotated@example.com' }),
  ]
  const path = `/api/v1/licenses/${id}/rotate-key`
  expect((await portal.send('POST', path, { overlap_hours: 1 })).status).toBe(200)
  expect(await statusOf(byKey)).toBe(401)
  expect(await statusOf(byMail)).toBe(200)
  expect(await statusOf(await portal.enter({ key }))).toBe(200)
})

test('portal session: the newest 20 of a license remain', async () => {
  const { key } = await portal.createLicense()
  const browsers: Browser[] = []
  for (let count = 0; count < 21; count += 1) {
    portal.clock.advanceMs(1000)
    browsers.push(await portal.enter({ key }))
  }
  const [first, second] = browsers
  expect(first && (await statusOf(first))).toBe(401)
  expect(second && (await statusOf(second))).toBe(200)
})

test('portal session: 60 sign-ins an hour with the same key, then 429', async () => {
  const { key } = await portal.createLicense()
  for (let count = 0; count < 60; count += 1) await portal.enter({ key })
  const limited = await openBrowser(portal.url).send('POST', SESSION, { key })
  expectProblem(limited, 429, 'rate_limited')
})

test('portal session: the cookie of an operator or an API key opens no route of the portal', async () => {
  const operator = await portal.signedIn({ setup: await portal.setupToken() })
  expectProblem(await operator.send('GET', LICENSES), 401, 'unauthorized')
  expect((await operator.send('GET', SESSION)).body).toEqual({ session: null })
  const authorization = `Bearer ${await portal.tokenWith('*')}`
  expectProblem(await portal.send('GET', LICENSES), 401, 'unauthorized')
  // A header does not replace the customer either.
  const { key, id } = await portal.createLicense()
  const customer = await portal.enter({ key })
  const { body } = await customer.send('GET', LICENSES, undefined, { authorization })
  expect(body.data.map((license: { id: string }) => license.id)).toEqual([id])
})

test('portal session: it opens no other route that needs a credential', async () => {
  const { key } = await portal.createLicense()
  const customer = await portal.enter({ key })
  const value = customer.cookie().replace('licet_portal=', '')
  const renamed = { cookie: `licet_session=${value}` }
  const { paths } = (await portal.send('GET', '/swagger/json')).body
  const guarded: string[] = []
  for (const [path, methods] of Object.entries<Record<string, { security: object[] }>>(paths)) {
    for (const [method, { security }] of Object.entries(methods)) {
      if (!security.some((each) => 'bearer' in each)) continue
      guarded.push(path)
      const url = path.replaceAll(/\{\w+\}/g, 'x')
      const body = method === 'get' ? undefined : {}
      const answer = await customer.send(method.toUpperCase(), url, body)
      expect([method, path, answer.status]).toEqual([method, path, 401])
    }
  }
  expect(guarded.length).toBeGreaterThan(60)
  const posing = await customer.send('GET', '/api/v1/licenses', undefined, renamed)
  expectProblem(posing, 401, 'unauthorized')
})

test.each([
  ['cross-site', 'https://evil.example.com'],
  ['same-site', undefined],
  ['none', undefined],
  [undefined, 'https://evil.example.com'],
  [undefined, undefined],
])(
  'portal session: a change with Sec-Fetch-Site %p and Origin %p gets 403',
  async (site, origin) => {
    const { id, key } = await portal.createLicense()
    const customer = await portal.enter({ key })
    const headers = { 'sec-fetch-site': site, origin }
    for (const [method, path, body] of [
      ['POST', `${LICENSES}/${id}/key`, {}],
      ['POST', `${LICENSES}/${id}/file`, { fingerprint: 'a' }],
      ['POST', `${LICENSES}/${id}/return`, { code: 'a' }],
      ['DELETE', `${LICENSES}/${id}/activations/act_1`, undefined],
      ['DELETE', SESSION, undefined],
    ] as const) {
      expectProblem(await customer.send(method, path, body, headers), 403, 'cross_site_request')
    }
    const read = await customer.send('GET', LICENSES, undefined, headers)
    expect([read.status, read.headers.get('access-control-allow-origin')]).toEqual([200, null])
    const signIn = await openBrowser(portal.url).send('POST', SESSION, { key }, headers)
    // A program that is no browser says nothing about where it is, and has no cookie.
    const isForeign = site !== undefined || origin !== undefined
    expect(signIn.status).toBe(isForeign ? 403 : 201)
  },
)

test('portal session: sign-ins and sign-outs are audited under the session, and never name an address twice', async () => {
  await using app = await openPortal()
  const { id, key } = await app.createLicense({ customer_email: 'ann@example.com' })
  const browsers = [await app.enter({ key }), await app.enter({ email: 'ann@example.com' })]
  for (const browser of browsers) await browser.send('DELETE', SESSION)
  const entries = await app.auditOfCustomers()
  const [byKey, byMail] = entries
  expect(entries.map(({ action }: { action: string }) => action)).toEqual([
    'portal_session.create',
    'portal_session.create',
    'portal_session.end',
    'portal_session.end',
  ])
  expect(byKey).toMatchObject({
    actor: { kind: 'customer', id: byKey.subject_id, name: null },
    address: '127.0.0.0',
    after: { license_id: id },
  })
  expect(byMail).toMatchObject({
    actor: { kind: 'customer', id: byMail.subject_id, name: null },
    after: { customer_email: 'ann@example.com' },
  })
})

test('portal session: it is exported for its customer, and an erasure ends it and erases the address from its audit entry', async () => {
  await using app = await openPortal()
  const { key } = await app.createLicense({ customer_email: 'ann@example.com' })
  const other = await app.createLicense({ customer_email: 'bob@example.com' })
  const anns = [await app.enter({ key }), await app.enter({ email: 'ann@example.com' })]
  const bobs = await app.enter({ key: other.key })
  await app.requestCode(openBrowser(app.url), 'ann@example.com')
  const exported = await app.send('POST', '/api/v1/customers/export', {
    customer_email: 'ann@example.com',
  })
  expect(exported.body.portal_sessions).toMatchObject([
    { kind: 'license', user_agent: 'a browser of a test', address: '127.0.0.0' },
    { kind: 'email', customer_email: 'ann@example.com' },
  ])
  const erasure = { customer_email: 'ann@example.com' }
  expect((await app.send('POST', '/api/v1/customers/erase', erasure)).status).toBe(200)
  for (const browser of anns) expect(await statusOf(browser)).toBe(401)
  expect(await statusOf(bobs)).toBe(200)
  const { portal_sessions: sessions, portal_codes: codes, audit } = await app.database.readRows()
  expect([sessions?.length, codes?.length]).toEqual([1, 0])
  expect(JSON.stringify(audit)).not.toContain('ann@example.com')
  const [, byMail] = await app.auditOfCustomers()
  expect(byMail).toMatchObject({ action: 'portal_session.create', erased: true })
})

test('portal: LICET_PORTAL=off turns off every route but the settings, with a problem that says so', async () => {
  await using app = await openPortal({ LICET_PORTAL: 'off' })
  const { paths } = (await app.send('GET', '/swagger/json')).body
  const ofPortal = Object.entries<object>(paths).filter(([path]) => path.startsWith(PORTAL))
  const all = ofPortal.filter(([path]) => !path.endsWith('/settings'))
  expect(all.length).toBeGreaterThan(9)
  for (const [path, methods] of all) {
    for (const method of Object.keys(methods)) {
      const url = path.replaceAll(/\{\w+\}/g, 'x')
      const answer = await openBrowser(app.url).send(method.toUpperCase(), url)
      expectProblem(answer, 404, 'not_found')
      expect(answer.body.detail).toContain('LICET_PORTAL')
    }
  }
})

test('portal: without key in LICET_PORTAL, a key gets 404, and is not looked up', async () => {
  await using app = await openPortal({ LICET_PORTAL: 'mail' })
  const { key } = await app.createLicense()
  const answer = await openBrowser(app.url).send('POST', SESSION, { key })
  expectProblem(answer, 404, 'not_found')
  expect(answer.body.detail).toContain('email')
})
