import { afterAll, beforeAll, expect, test } from 'bun:test'
import { DAY_MS, HOUR_MS } from '~/domain/times.ts'
import { openBrowser, type ServedApp, serveTestApp } from '../../support/browser.ts'
import { expectProblem } from '../../support/problems.ts'

const SESSION = '/api/v1/session'
const MINUTE_MS = 60_000

let app: ServedApp
beforeAll(async () => {
  app = await serveTestApp()
})
afterAll(() => app.close())

const auditOf = async (subjectId: string) =>
  ((await app.database.readRows()).audit as { subject_id: string; actor: string; action: string }[])
    .filter(({ subject_id: subject }) => subject === subjectId)
    .map(({ actor, action }) => [actor, action])

test('session: without a cookie, the current session is null', async () => {
  const { status, body, headers } = await openBrowser(app.url).send('GET', SESSION)
  expect([status, body, headers.getSetCookie()]).toEqual([200, { session: null }, []])
  expect(headers.get('cache-control')).toBe('no-store')
})

test('session: a setup link without a name creates the operator admin, who may do everything', async () => {
  const browser = openBrowser(app.url)
  const { status, body } = await browser.send('POST', SESSION, { setup: await app.setupToken() })
  expect(status).toBe(201)
  expect(body.session).toEqual({
    id: expect.stringMatching(/^ses_/),
    operator: { id: expect.stringMatching(/^op_/), name: 'admin' },
    api_key: null,
    scopes: ['*'],
    created_at: '2026-03-06T00:00:00Z',
    last_seen_at: '2026-03-06T00:00:00Z',
    expires_at: '2026-03-06T12:00:00Z',
    address: '127.0.0.0',
    user_agent: 'a browser of a test',
  })
  expect((await browser.send('GET', SESSION)).body).toEqual(body)
  const created = await browser.send('POST', '/api/v1/licenses', {
    plan: 'starter',
    customer_email: 'dev@example.com',
  })
  expect(created.status).toBe(201)
  const { operator } = body.session
  expect(await auditOf(created.body.id)).toEqual([
    [`operator:${operator.id}:admin`, 'license.create'],
  ])
  expect(await auditOf(operator.id)).toEqual([[`operator:${operator.id}:admin`, 'operator.create']])
})

test('session: a setup link signs in under the chosen name, and again as the same operator', async () => {
  const ids: string[] = []
  for (const _round of [1, 2]) {
    const setup = await app.setupToken()
    const answer = await openBrowser(app.url).send('POST', SESSION, { setup, name: 'Grace' })
    expect(answer.body.session.operator.name).toBe('Grace')
    ids.push(answer.body.session.operator.id)
  }
  expect(new Set(ids).size).toBe(1)
})

test('session: a setup link of an operator ignores the name that the browser sends', async () => {
  const operator = await app.createOperator({ name: 'Support', scopes: ['licenses:read'] })
  const setup = await app.setupToken(operator)
  const { body } = await openBrowser(app.url).send('POST', SESSION, { setup, name: 'admin' })
  expect(body.session.operator).toEqual({ id: operator.id, name: 'Support' })
  expect(body.session.scopes).toEqual(['licenses:read'])
})

test('session: a setup link works once, also when two browsers open it at the same time', async () => {
  const setup = await app.setupToken()
  const attempts = await Promise.all(
    [1, 2, 3, 4].map(() => openBrowser(app.url).send('POST', SESSION, { setup })),
  )
  expect(attempts.map(({ status }) => status).toSorted()).toEqual([201, 401, 401, 401])
  const again = await openBrowser(app.url).send('POST', SESSION, { setup })
  expectProblem(again, 401, 'unauthorized')
  expect(again.text).not.toContain(setup)
  expect(again.headers.getSetCookie()).toEqual([])
})

test('session: a setup link works for 15 minutes', async () => {
  const [late, inTime] = [await app.setupToken(), await app.setupToken()]
  app.clock.advanceMs(15 * MINUTE_MS - 1)
  await app.signedIn({ setup: inTime })
  app.clock.advanceMs(1)
  const refused = await openBrowser(app.url).send('POST', SESSION, { setup: late })
  expectProblem(refused, 401, 'unauthorized')
})

test('session: 30 guesses per minute get 401, then 429, while the right link still works', async () => {
  await using guarded = await serveTestApp()
  const browser = openBrowser(guarded.url)
  const guess = async (body: object) => (await browser.send('POST', SESSION, body)).status
  for (let count = 0; count < 15; count += 1) {
    expect(await guess({ setup: `a-guess-${count}` })).toBe(401)
    expect(await guess({ token: `a-guess-${count}` })).toBe(401)
  }
  const limited = await browser.send('POST', SESSION, { setup: 'a-guess-too-many' })
  expectProblem(limited, 429, 'rate_limited')
  expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0)
  const stolen = { cookie: 'licet_session=a-guess-of-a-cookie' }
  expect((await browser.send('GET', SESSION, undefined, stolen)).status).toBe(429)
  expect(await guess({ setup: await guarded.setupToken() })).toBe(201)
})

test('session: of an API key, it has its scopes and acts under its name', async () => {
  const token = await app.tokenWith('licenses:read', 'keys:read')
  const browser = await app.signedIn({ token })
  const { session } = (await browser.send('GET', SESSION)).body
  expect([session.operator, session.api_key.name]).toEqual([null, 'test'])
  expect(session.scopes).toEqual(['licenses:read', 'keys:read'])
  expect((await browser.send('GET', '/api/v1/licenses')).status).toBe(200)
  const refused = await browser.send('POST', '/api/v1/licenses', {
    plan: 'starter',
    customer_email: 'dev@example.com',
  })
  expectProblem(refused, 403, 'missing_scope')
  expect(await auditOf(session.id)).toEqual([[`key:${session.api_key.id}:test`, 'session.create']])
})

test('session: it cannot create API keys with more scopes, or that outlive its own', async () => {
  const expiresAt = '2026-03-07T00:00:00Z'
  const keys = '/api/v1/keys'
  const own = { name: 'own', scopes: ['keys:write'], expires_at: expiresAt }
  const { token } = (await app.send('POST', keys, own)).body
  const browser = await app.signedIn({ token })
  const more = await browser.send('POST', keys, { ...own, scopes: ['licenses:read'] })
  expectProblem(more, 403, 'missing_scope')
  const longer = await browser.send('POST', keys, { ...own, expires_at: null })
  expectProblem(longer, 422, 'validation_failed', ['/expires_at'])
  expect((await browser.send('POST', keys, own)).status).toBe(201)
})

test('session: it ends at once when its API key is revoked', async () => {
  const { id, token } = (
    await app.send('POST', '/api/v1/keys', { name: 'short', scopes: ['licenses:read'] })
  ).body
  const browser = await app.signedIn({ token })
  expect((await browser.send('GET', '/api/v1/licenses')).status).toBe(200)
  expect((await app.send('DELETE', `/api/v1/keys/${id}`)).status).toBe(204)
  expectProblem(await browser.send('GET', '/api/v1/licenses'), 401, 'unauthorized')
  expectProblem(await openBrowser(app.url).send('POST', SESSION, { token }), 401, 'unauthorized')
})

test('session: it ends when its API key expires', async () => {
  await using opened = await serveTestApp()
  const key = { name: 'short', scopes: ['licenses:read'], expires_at: '2026-03-06T01:00:00Z' }
  const { token } = (await opened.send('POST', '/api/v1/keys', key)).body
  const browser = await opened.signedIn({ token })
  const { session } = (await browser.send('GET', SESSION)).body
  expect(session.expires_at).toBe(key.expires_at)
  opened.clock.advanceMs(HOUR_MS - 1)
  expect((await browser.send('GET', '/api/v1/licenses')).status).toBe(200)
  opened.clock.advanceMs(1)
  expectProblem(await browser.send('GET', '/api/v1/licenses'), 401, 'unauthorized')
  expectProblem(await openBrowser(opened.url).send('POST', SESSION, { token }), 401, 'unauthorized')
})

test('session: 12 hours without use end it, and every use starts them again', async () => {
  await using opened = await serveTestApp()
  const browser = await opened.signedIn({ setup: await opened.setupToken() })
  for (let round = 0; round < 3; round += 1) {
    opened.clock.advanceMs(12 * HOUR_MS - MINUTE_MS)
    expect((await browser.send('GET', '/api/v1/licenses')).status).toBe(200)
  }
  opened.clock.advanceMs(12 * HOUR_MS)
  expectProblem(await browser.send('GET', '/api/v1/licenses'), 401, 'unauthorized')
  const { body } = await browser.send('GET', SESSION)
  expect(body).toEqual({ session: null })
  expect(browser.cookie()).toBe('')
})

test('session: after 7 days it ends, however much it was used', async () => {
  await using opened = await serveTestApp()
  const browser = await opened.signedIn({ setup: await opened.setupToken() })
  for (let hours = 0; hours < 7 * 24 - 6; hours += 6) {
    opened.clock.advanceMs(6 * HOUR_MS)
    expect((await browser.send('GET', '/api/v1/licenses')).status).toBe(200)
  }
  opened.clock.advanceMs(6 * HOUR_MS - 1)
  expect((await browser.send('GET', SESSION)).body.session.expires_at).toBe('2026-03-13T00:00:00Z')
  opened.clock.advanceMs(1)
  expectProblem(await browser.send('GET', '/api/v1/licenses'), 401, 'unauthorized')
})

test('session: one that began while the clock was ahead does not last longer', async () => {
  await using opened = await serveTestApp()
  opened.clock.jumpMs(30 * DAY_MS)
  const browser = await opened.signedIn({ setup: await opened.setupToken() })
  opened.clock.jumpMs(-30 * DAY_MS)
  expectProblem(await browser.send('GET', '/api/v1/licenses'), 401, 'unauthorized')
})

test('session: what has expired is deleted', async () => {
  await using opened = await serveTestApp()
  await opened.signedIn({ setup: await opened.setupToken() })
  await opened.setupToken()
  const { maintenance } = opened.deps.store
  expect(await maintenance.cleanUp(opened.clock.trustedMs(), 100)).toBe(0)
  expect(await maintenance.cleanUp(opened.clock.trustedMs() + DAY_MS, 100)).toBe(2)
  const { sessions, setup_links: links } = await opened.database.readRows()
  expect([sessions, links]).toEqual([[], []])
})

test('session: signing out ends it, and twice is the same', async () => {
  const browser = await app.signedIn({ setup: await app.setupToken() })
  const cookie = browser.cookie()
  expect((await browser.send('DELETE', SESSION)).status).toBe(204)
  expect(browser.cookie()).toBe('')
  expect((await browser.send('DELETE', SESSION)).status).toBe(204)
  const reused = await browser.send('GET', '/api/v1/licenses', undefined, { cookie })
  expectProblem(reused, 401, 'unauthorized')
})

test('session: a body with no token, with two, or with an unknown field gets 422, and one of more than 4 KiB 413', async () => {
  const setup = await app.setupToken()
  const send = (body: object) => openBrowser(app.url).send('POST', SESSION, body)
  for (const body of [{}, { setup, token: 'a-token' }, { name: 'Ada' }]) {
    expectProblem(await send(body), 422, 'validation_failed')
  }
  expectProblem(await send({ setup, admin: true }), 422, 'validation_failed', ['/admin'])
  const large = { setup, name: 'x'.repeat(4096) }
  expectProblem(await send(large), 413, 'payload_too_large')
  await app.signedIn({ setup })
})
