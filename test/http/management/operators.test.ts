import { afterAll, beforeAll, expect, test } from 'bun:test'
import { openBrowser, type ServedApp, serveTestApp } from '../../support/browser.ts'
import { expectProblem } from '../../support/problems.ts'

const OPERATORS = '/api/v1/operators'
const SESSION = '/api/v1/session'
const SESSIONS = '/api/v1/sessions'

let app: ServedApp
beforeAll(async () => {
  app = await serveTestApp()
})
afterAll(() => app.close())

test('operators: created, listed, renamed and given other scopes, without any event', async () => {
  const { status, body } = await app.send('POST', OPERATORS, { name: 'Ada' })
  expect([status, body]).toEqual([
    201,
    {
      id: expect.stringMatching(/^op_/),
      name: 'Ada',
      scopes: ['*'],
      created_at: '2026-03-06T00:00:00Z',
      disabled_at: null,
    },
  ])
  const change = { name: 'Ada L.', scopes: ['licenses:read'] }
  const updated = await app.send('PUT', `${OPERATORS}/${body.id}`, change)
  expect([updated.status, updated.body]).toEqual([200, { ...body, ...change }])
  expect((await app.send('GET', OPERATORS)).body.data).toEqual([{ ...body, ...change }])
  const second = await app.send('POST', OPERATORS, { name: 'Ada L.' })
  expectProblem(second, 409, 'already_exists')
  expectProblem(await app.send('PUT', `${OPERATORS}/op_none`, {}), 404, 'not_found')
  expect(await app.database.readEventTypes()).toEqual([])
})

test('operators: names are text on one line, and scopes exist', async () => {
  for (const name of ['', '  ', 'two\nlines', 'x'.repeat(201)]) {
    const refused = await app.send('POST', OPERATORS, { name })
    expectProblem(refused, 422, 'validation_failed', ['/name'])
  }
  const unknown = await app.send('POST', OPERATORS, { name: 'Unknown', scopes: ['nope'] })
  expectProblem(unknown, 422, 'validation_failed', ['/scopes/0'])
  const none = await app.send('POST', OPERATORS, { name: 'None', scopes: [] })
  expectProblem(none, 422, 'validation_failed', ['/scopes'])
})

test('operators: no credential creates, changes or signs in an operator with more scopes', async () => {
  const authorization = `Bearer ${await app.tokenWith('operators:write', 'licenses:read')}`
  const send = (method: string, path: string, body?: object) =>
    app.send(method, path, body, { authorization })
  const strong = await app.createOperator({ name: 'Strong' })
  expectProblem(await send('POST', OPERATORS, { name: 'All' }), 403, 'missing_scope')
  for (const body of [{ disabled: true }, { scopes: ['licenses:read'] }, { name: 'Weak' }]) {
    expectProblem(await send('PUT', `${OPERATORS}/${strong.id}`, body), 403, 'missing_scope')
  }
  const link = await send('POST', `${OPERATORS}/${strong.id}/setup-link`)
  expectProblem(link, 403, 'missing_scope')
  const own = await send('POST', OPERATORS, { name: 'Reader', scopes: ['licenses:read'] })
  expect(own.status).toBe(201)
  const more = await send('PUT', `${OPERATORS}/${own.body.id}`, { scopes: ['*'] })
  expectProblem(more, 403, 'missing_scope')
})

test('operators: an API key that expires, and its session, can only take something away', async () => {
  const grown = await app.createOperator({ name: 'Grown', scopes: ['licenses:read', 'plans:read'] })
  const scopes = ['operators:write', 'licenses:read', 'plans:read', 'usage:read']
  const expiring = { name: 'expiring', scopes, expires_at: '2026-03-07T00:00:00Z' }
  const { token } = (await app.send('POST', '/api/v1/keys', expiring)).body
  const browser = await app.signedIn({ token })
  const path = `${OPERATORS}/${grown.id}`
  const byKey = (method: string, to: string, body?: object) =>
    app.send(method, to, body, { authorization: `Bearer ${token}` })
  for (const send of [byKey, browser.send]) {
    const created = await send('POST', OPERATORS, { name: 'Lasting', scopes: ['licenses:read'] })
    expectProblem(created, 403, 'lasting_key_required')
    expectProblem(await send('POST', `${path}/setup-link`), 403, 'lasting_key_required')
    const more = { scopes: [...grown.scopes, 'usage:read'] }
    expectProblem(await send('PUT', path, more), 403, 'lasting_key_required')
    expect((await send('PUT', path, { disabled: true })).status).toBe(200)
    expectProblem(await send('PUT', path, { disabled: false }), 403, 'lasting_key_required')
  }
  const less = await byKey('PUT', path, { scopes: ['licenses:read'] })
  expect(less.body.scopes).toEqual(['licenses:read'])
})

test('operators: a link that was created before the operator got other scopes does not sign in', async () => {
  const operator = await app.createOperator({ name: 'Promoted', scopes: ['licenses:read'] })
  const [early, later] = [await app.setupToken(operator), await app.setupToken(operator)]
  const path = `${OPERATORS}/${operator.id}`
  await app.send('PUT', path, { name: 'Promoted once' })
  await app.signedIn({ setup: early })
  await app.send('PUT', path, { scopes: ['*'] })
  const refused = await openBrowser(app.url).send('POST', SESSION, { setup: later })
  expectProblem(refused, 401, 'unauthorized')
})

test('operators: a link from the API signs in once, and a replay does not show it', async () => {
  const { id } = await app.createOperator({ name: 'Invited', scopes: ['plans:read'] })
  const path = `${OPERATORS}/${id}/setup-link`
  const once = { 'idempotency-key': 'invite-once' }
  const { status, body } = await app.send('POST', path, undefined, once)
  expect([status, body.expires_at]).toEqual([201, '2026-03-06T00:15:00Z'])
  const replayed = await app.send('POST', path, undefined, once)
  expect(replayed.body).toEqual({ ...body, url: null })
  const [, setup = ''] = /^\/admin#setup=([\w-]{43})$/.exec(body.url) ?? []
  const browser = await app.signedIn({ setup })
  expect((await browser.send('GET', SESSION)).body.session.operator.id).toBe(id)
  expectProblem(await browser.send('GET', '/api/v1/licenses'), 403, 'missing_scope')
})

test('operators: with LICET_PUBLIC_URL, a link is an address there, whatever Host says', async () => {
  await using served = await serveTestApp({ publicUrl: 'https://licenses.example.com' })
  const { id } = await served.createOperator()
  const path = `${OPERATORS}/${id}/setup-link`
  const { body } = await served.send('POST', path, undefined, { host: 'evil.example.com' })
  expect(body.url).toStartWith('https://licenses.example.com/admin#setup=')
})

test('operators: disabling one ends the sessions and links at once, and enabling revives none', async () => {
  const operator = await app.createOperator({ name: 'Leaving' })
  const links = [await app.setupToken(operator), await app.setupToken(operator)]
  const browser = await app.signedIn({ setup: links[0] ?? '' })
  const path = `${OPERATORS}/${operator.id}`
  const { body } = await app.send('PUT', path, { disabled: true })
  expect(body.disabled_at).toBe('2026-03-06T00:00:00Z')
  expectProblem(await browser.send('GET', '/api/v1/licenses'), 401, 'unauthorized')
  expectProblem(await app.send('POST', `${path}/setup-link`), 409, 'invalid_transition')
  const byName = { setup: await app.setupToken(), name: 'Leaving' }
  const refused = await openBrowser(app.url).send('POST', SESSION, byName)
  expectProblem(refused, 409, 'invalid_transition')
  expect((await app.send('PUT', path, { disabled: false })).body.disabled_at).toBeNull()
  expectProblem(await browser.send('GET', '/api/v1/licenses'), 401, 'unauthorized')
  const late = await openBrowser(app.url).send('POST', SESSION, { setup: links[1] })
  expectProblem(late, 401, 'unauthorized')
  // The link that a disabled operator could not use still works for somebody else.
  await app.signedIn({ setup: byName.setup })
})

test('operators: a scope that is taken away is missing at once in sessions', async () => {
  const operator = await app.createOperator({ name: 'Demoted' })
  const browser = await app.signedIn({ setup: await app.setupToken(operator) })
  expect((await browser.send('GET', '/api/v1/plans')).status).toBe(200)
  await app.send('PUT', `${OPERATORS}/${operator.id}`, { scopes: ['licenses:read'] })
  expectProblem(await browser.send('GET', '/api/v1/plans'), 403, 'missing_scope')
  expect((await browser.send('GET', SESSION)).body.session.scopes).toEqual(['licenses:read'])
})

test('sessions: listed newest first without tokens, and one is ended by its ID', async () => {
  await using served = await serveTestApp()
  const token = await served.tokenWith('*')
  const first = await served.signedIn({ setup: await served.setupToken() })
  const second = await served.signedIn({ token })
  const { data } = (await first.send('GET', SESSIONS)).body
  expect(data).toEqual([
    (await second.send('GET', SESSION)).body.session,
    (await first.send('GET', SESSION)).body.session,
  ])
  const [{ id }] = data
  expect((await first.send('DELETE', `${SESSIONS}/${id}`)).status).toBe(204)
  expectProblem(await first.send('DELETE', `${SESSIONS}/${id}`), 404, 'not_found')
  expectProblem(await second.send('GET', SESSIONS), 401, 'unauthorized')
  expect((await first.send('GET', SESSIONS)).body.data).toHaveLength(1)
})

test('sessions: all are ended together, but not those with scopes that the caller lacks', async () => {
  await using served = await serveTestApp()
  const strong = await served.signedIn({ setup: await served.setupToken() })
  const weak = await served.signedIn({ token: await served.tokenWith('sessions:write') })
  const weaker = await served.signedIn({ token: await served.tokenWith('sessions:write') })
  const { session } = (await strong.send('GET', SESSION)).body
  expectProblem(await weak.send('DELETE', `${SESSIONS}/${session.id}`), 403, 'missing_scope')
  expect((await weak.send('DELETE', SESSIONS)).body).toEqual({ ended: 2 })
  expectProblem(await weaker.send('DELETE', SESSIONS), 401, 'unauthorized')
  expect((await strong.send('DELETE', SESSIONS)).body).toEqual({ ended: 1 })
  expect((await strong.send('GET', SESSION)).body).toEqual({ session: null })
})

test('sessions: the 101st of one operator ends the one that was used longest ago', async () => {
  await using served = await serveTestApp()
  const operator = await served.createOperator()
  const first = await served.signedIn({ setup: await served.setupToken(operator) })
  served.clock.advanceMs(60_000)
  for (let count = 0; count < 99; count += 1) {
    await served.signedIn({ setup: await served.setupToken(operator) })
  }
  expect((await first.send('GET', '/api/v1/plans')).status).toBe(200)
  served.clock.advanceMs(60_000)
  await served.signedIn({ setup: await served.setupToken(operator) })
  expect((await first.send('GET', '/api/v1/plans')).status).toBe(200)
  const { data } = (await served.send('GET', `${SESSIONS}?limit=100`)).body
  expect(data).toHaveLength(100)
})

test('sessions: with keep_own, the session that ends all others goes on, and a key has none to keep', async () => {
  await using served = await serveTestApp()
  const own = await served.signedIn({ setup: await served.setupToken() })
  const other = await served.signedIn({ setup: await served.setupToken() })
  const ended = await own.send('DELETE', `${SESSIONS}?keep_own=true`)
  expect([ended.status, ended.body]).toEqual([200, { ended: 1 }])
  expect((await own.send('GET', SESSIONS)).body.data).toHaveLength(1)
  expectProblem(await other.send('GET', SESSIONS), 401, 'unauthorized')
  const refused = await own.send('DELETE', `${SESSIONS}?keep_own=yes`)
  expectProblem(refused, 422, 'validation_failed', ['?keep_own'])
  expect((await served.send('DELETE', `${SESSIONS}?keep_own=true`)).body).toEqual({ ended: 1 })
})
