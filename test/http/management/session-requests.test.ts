import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type Browser, openBrowser, type ServedApp, serveTestApp } from '../../support/browser.ts'
import { expectProblem } from '../../support/problems.ts'

const SESSION = '/api/v1/session'
const LICENSES = '/api/v1/licenses'
const PUBLIC_URL = 'https://licenses.example.com'
const order = { plan: 'starter', customer_email: 'dev@example.com' }

let app: ServedApp
let browser: Browser
beforeAll(async () => {
  app = await serveTestApp()
  browser = await app.signedIn({ setup: await app.setupToken() })
})
afterAll(() => app.close())

type Source = readonly [site: string | undefined, origin: string | undefined]

const own = () => app.url
const foreign = () => 'https://evil.example.com'

const sources: readonly [
  site: string | undefined,
  origin: (() => string) | null,
  isOwn: boolean,
][] = [
  ['same-origin', own, true],
  ['same-origin', null, true],
  [undefined, own, true],
  ['same-site', own, false],
  ['cross-site', own, false],
  ['cross-site', foreign, false],
  ['none', own, false],
  ['none', null, false],
  ['Same-Origin', own, false],
  [undefined, foreign, false],
  [undefined, null, false],
  [undefined, () => 'null', false],
  [undefined, () => `${app.url}.evil.example.com`, false],
  [undefined, () => app.url.replace(/\d+$/, '1'), false],
]

const sourceHeaders = ([site, origin]: Source) => ({ 'sec-fetch-site': site, origin })

test.each(sources)(
  'cookies: a change with Sec-Fetch-Site %p and this Origin is from a page of this server or gets 403',
  async (site, origin, isOwn) => {
    const headers = sourceHeaders([site, origin?.()])
    const changes = [
      await browser.send('POST', LICENSES, order, headers),
      await browser.send('PUT', `${LICENSES}/lic_none`, {}, headers),
      await browser.send('DELETE', '/api/v1/keys/key_none', undefined, headers),
    ]
    for (const change of changes) {
      if (isOwn) expect([201, 404]).toContain(change.status)
      else expectProblem(change, 403, 'cross_site_request')
    }
    // SameSite=Strict keeps the cookie out of requests of other sites, and no response has CORS headers.
    const read = await browser.send('GET', LICENSES, undefined, headers)
    expect([read.status, read.headers.get('access-control-allow-origin')]).toEqual([200, null])
  },
)

test('cookies: a change with a form instead of JSON gets 415, also without a body', async () => {
  const types = ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data']
  for (const type of types) {
    const change = await browser.send('POST', LICENSES, order, { 'content-type': type })
    expectProblem(change, 415, 'unsupported_media_type')
    const empty = await browser.send('DELETE', SESSION, undefined, { 'content-type': type })
    expectProblem(empty, 415, 'unsupported_media_type')
  }
})

test('cookies: signing in and out from a page elsewhere gets 403, and programs may sign in', async () => {
  const elsewhere = { 'sec-fetch-site': 'cross-site', origin: foreign() }
  const setup = await app.setupToken()
  const visitor = openBrowser(app.url)
  const refused = await visitor.send('POST', SESSION, { setup }, elsewhere)
  expectProblem(refused, 403, 'cross_site_request')
  const out = await browser.send('DELETE', SESSION, undefined, elsewhere)
  expectProblem(out, 403, 'cross_site_request')
  expect((await browser.send('GET', SESSION)).body.session).not.toBeNull()
  const program = { 'sec-fetch-site': undefined, origin: undefined }
  expect((await visitor.send('POST', SESSION, { setup }, program)).status).toBe(201)
})

test('cookies: an Authorization header wins, even a wrong one', async () => {
  const authorization = `Bearer ${await app.tokenWith('plans:read')}`
  const narrow = await browser.send('GET', LICENSES, undefined, { authorization })
  expectProblem(narrow, 403, 'missing_scope')
  const wrong = await browser.send('GET', LICENSES, undefined, { authorization: 'Bearer wrong' })
  expectProblem(wrong, 401, 'unauthorized')
  const basic = await browser.send('GET', LICENSES, undefined, { authorization: 'Basic eDp5' })
  expectProblem(basic, 401, 'unauthorized')
  expect((await browser.send('GET', SESSION, undefined, { authorization })).body.session).toBeNull()
  // A header needs no page, because other sites cannot send it.
  const admin = `Bearer ${await app.tokenWith('*')}`
  const headers = { ...sourceHeaders(['cross-site', foreign()]), authorization: admin }
  expect((await browser.send('POST', LICENSES, order, headers)).status).toBe(201)
})

test('cookies: client routes ignore them, valid or not', async () => {
  const { key } = await app.createLicense()
  const body = { key, fingerprint: 'a-device' }
  const read = async (cookie: string | undefined) => {
    const headers = { ...sourceHeaders(['cross-site', foreign()]), cookie }
    const answer = await browser.send('POST', '/api/v1/validate', body, headers)
    const { checked_at: _time, ...rest } = answer.body
    return [answer.status, rest, answer.headers.get('access-control-allow-origin')]
  }
  const plain = await read(undefined)
  expect(plain[0]).toBe(200)
  expect(await read(browser.cookie())).toEqual(plain)
  expect(await read('licet_session=unknown')).toEqual(plain)
})

test('cookies: an unknown or malformed cookie gets 401, and is deleted with the session', async () => {
  for (const cookie of ['licet_session=', 'licet_session=x', `licet_session=${'x'.repeat(9000)}`]) {
    const visitor = openBrowser(app.url)
    expectProblem(await visitor.send('GET', LICENSES, undefined, { cookie }), 401, 'unauthorized')
    const { body, headers } = await visitor.send('GET', SESSION, undefined, { cookie })
    expect(body).toEqual({ session: null })
    expect(headers.getSetCookie()).toEqual([
      'licet_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0',
    ])
  }
})

const PLAIN = /^licet_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=604800$/
const SECURE =
  /^__Host-licet_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=604800; Secure$/

/** Signs in with these headers of a browser, and returns the cookie. */
async function readCookie(served: ServedApp, headers: Record<string, string | undefined>) {
  const body = { setup: await served.setupToken() }
  const answer = await openBrowser(served.url).send('POST', SESSION, body, headers)
  return answer.headers.getSetCookie().join()
}

test('cookies: over http the name has no prefix, on loopback and elsewhere', async () => {
  expect(await readCookie(app, {})).toMatch(PLAIN)
  const elsewhere = { host: '192.0.2.7:3000', origin: 'http://192.0.2.7:3000' }
  expect(await readCookie(app, { ...elsewhere, 'sec-fetch-site': undefined })).toMatch(PLAIN)
})

test('cookies: over https they are secure and bound to the host, also behind a proxy', async () => {
  const proxied = { host: 'licenses.example.com', origin: PUBLIC_URL }
  expect(await readCookie(app, proxied)).toMatch(SECURE)
  await using served = await serveTestApp({ publicUrl: PUBLIC_URL })
  const program = { 'sec-fetch-site': undefined, origin: undefined }
  expect(await readCookie(served, { ...program, host: 'licenses.example.com' })).toMatch(SECURE)
  // The proxy may send its own Host.
  expect(await readCookie(served, { 'sec-fetch-site': undefined, origin: PUBLIC_URL })).toMatch(
    SECURE,
  )
})

test('cookies: at an https address, a cookie without the prefix is not accepted', async () => {
  await using served = await serveTestApp({ publicUrl: PUBLIC_URL })
  const cookie = (await served.signedIn({ setup: await served.setupToken() })).cookie()
  expect(cookie).toStartWith('licet_session=')
  const visitor = openBrowser(served.url)
  expect((await visitor.send('GET', LICENSES, undefined, { cookie })).status).toBe(200)
  const planted = { cookie, host: 'licenses.example.com' }
  expectProblem(await visitor.send('GET', LICENSES, undefined, planted), 401, 'unauthorized')
  const secure = { cookie: `__Host-${cookie}`, host: 'licenses.example.com' }
  expect((await visitor.send('GET', LICENSES, undefined, secure)).status).toBe(200)
})

test('cookies: tokens of sessions and links are in no log, no error and no file in the clear', async () => {
  await using served = await serveTestApp()
  const setup = await served.setupToken()
  const apiToken = await served.tokenWith('*')
  const signedIn = [await served.signedIn({ setup }), await served.signedIn({ token: apiToken })]
  const secrets = [setup, apiToken]
  for (const one of signedIn) {
    secrets.push(one.cookie().replace('licet_session=', ''))
    await one.send('POST', LICENSES, order)
    await one.send('GET', `/api/v1/sessions?nope=${one.cookie()}`)
    await one.send('GET', LICENSES, undefined, { 'sec-fetch-site': 'cross-site' })
    await one.send('DELETE', SESSION)
    await one.send('GET', LICENSES)
  }
  const again = await openBrowser(served.url).send('POST', SESSION, { setup })
  const listed = await served.send('GET', '/api/v1/sessions')
  await served.deps.store.flush()
  const written = await served.database.readEverything()
  const texts = [served.logLines.join(''), again.text, listed.text, written]
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(20)
    for (const text of texts) expect(text.includes(secret)).toBe(false)
  }
})
