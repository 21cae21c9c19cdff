import { expect, test } from 'bun:test'
import { decodeJwt } from 'jose'
import { DAY_MS } from '~/domain/times.ts'
import { expectProblem, expectRefusal } from '../../support/problems.ts'
import { hashOf, NONCE, openSignedApp, toSeconds } from '../../support/signed.ts'

const start = toSeconds('2026-03-06T00:00:00Z')
const days = (count: number) => start + count * 86_400

/** Expects a refusal as a problem, whose signed answer says the same. Returns its claims. */
async function expectSignedRefusal(
  app: Awaited<ReturnType<typeof openSignedApp>>,
  response: Awaited<ReturnType<typeof app.post>>,
  code: string,
  details?: object,
  status = 409,
) {
  const claims = await app.answer(response)
  const { signed: _, ...problem } = response.body
  expectRefusal({ ...response, body: problem }, code, details, status)
  const { detail: message } = problem
  expect(claims).toMatchObject({ valid: false, error: code, message, non: NONCE })
  expect(claims.details).toEqual(details)
  expect(claims.exp).toBe(Number(claims.iat) + 300)
  return claims
}

test('activate: a lease is bound to the device, and relies on its activation', async () => {
  await using app = await openSignedApp({ features: { sso: true } })
  const request = JSON.stringify({ key: app.key, fingerprint: 'laptop', lease: true, nonce: NONCE })
  const response = await app.post('activate', request)
  expect(response.status).toBe(200)
  const { signed: _, ...activation } = response.body
  expect([activation]).toEqual(await app.activations())
  expect(await app.lease(response)).toMatchObject({
    aud: 'default',
    sub: app.id,
    valid: true,
    plan: 'sold',
    features: { sso: true },
    fp: hashOf('laptop'),
    dom: null,
    act: [activation.id],
    sea: null,
    rfa: days(1),
    vld: days(7),
    exp: days(30),
    non: NONCE,
    req: hashOf(request),
  })
  const again = await app.lease(await app.ask('activate', { fingerprint: 'laptop' }))
  expect(again.act).toEqual([activation.id])
  expect(await app.database.readEventTypes()).toEqual(['license.created', 'activation.created'])
})

test('activate: a lease for a domain covers what its activation covers', async () => {
  await using app = await openSignedApp({ domain_match: 'subdomains' })
  const response = await app.ask('activate', { domain: 'www.app.example.com' })
  expect(await app.lease(response)).toMatchObject({
    fp: null,
    dom: ['example.com', '*.example.com'],
    act: [response.body.id],
  })
  const local = await app.ask('activate', { domain: 'localhost' })
  expect(await app.lease(local)).toMatchObject({ dom: ['localhost'], act: [local.body.id] })
})

test('activate: a nonce alone, or a plan without offline use, gets a signed answer', async () => {
  await using app = await openSignedApp()
  const answered = await app.ask('activate', { fingerprint: 'laptop', lease: false })
  expect(await app.answer(answered)).toMatchObject({ valid: true, plan: 'sold', end: null })
  await app.send('PUT', '/api/v1/plans/sold', { offline: null })
  const online = await app.ask('activate', { fingerprint: 'laptop' })
  expect(await app.answer(online)).toMatchObject({ valid: true, exp: start + 300 })
  const { body } = await app.post('activate', { key: app.key, fingerprint: 'laptop' })
  expect(body).not.toHaveProperty('signed')
})

test('activate: a lease starts a term that waits for the first use, exactly once', async () => {
  await using app = await openSignedApp({ duration_days: 14, starts_on: 'first_validation' })
  await app.ask('activate', { fingerprint: 'laptop', lease: false })
  expect(await app.license()).toMatchObject({ expires_at: null, activated_at: null })
  for (const day of [0, 1]) {
    const claims = await app.lease(await app.ask('activate', { fingerprint: 'laptop' }))
    expect(claims).toMatchObject({ iat: days(day), end: days(14), exp: days(14) })
    app.clock.advanceMs(DAY_MS)
  }
  expect(await app.license()).toMatchObject({ expires_at: '2026-03-20T00:00:00Z' })
  expect((await app.validate({ key: app.key })).body.valid).toBe(true)
  expect(await app.database.readEventTypes()).toEqual([
    'license.created',
    'activation.created',
    'license.activated',
  ])
})

test('activate: refusals are signed problems, with details if there are any', async () => {
  await using app = await openSignedApp({ max_devices: 1, max_domains: 0 })
  await app.ask('activate', { fingerprint: 'laptop' })
  const ask = (fields: object) => app.ask('activate', fields)
  const full = { limit: 1, used: 1 }
  const claims = await expectSignedRefusal(
    app,
    await ask({ fingerprint: 'other' }),
    'DEVICE_LIMIT_REACHED',
    full,
  )
  expect(claims).toMatchObject({ aud: 'default', sub: app.id })
  await expectSignedRefusal(app, await ask({ domain: 'a b' }), 'DOMAIN_INVALID')
  const none = { limit: 0, used: 0 }
  await expectSignedRefusal(app, await ask({ domain: 'a.de' }), 'DOMAIN_LIMIT_REACHED', none)
  await app.send('POST', `/api/v1/licenses/${app.id}/suspend`)
  await expectSignedRefusal(app, await ask({ fingerprint: 'laptop' }), 'LICENSE_SUSPENDED')
  await app.send('POST', `/api/v1/licenses/${app.id}/revoke`)
  await expectSignedRefusal(app, await ask({ fingerprint: 'laptop' }), 'LICENSE_REVOKED')
  expect(await app.license()).toMatchObject({ devices: 1, domains: [] })
})

test('activate, seats: an unknown and a mistyped key get a signed 404 about no license', async () => {
  await using app = await openSignedApp()
  const mistyped = app.key.slice(0, -1) + (app.key.endsWith('0') ? '1' : '0')
  for (const path of ['activate', 'seats/acquire']) {
    for (const [key, code] of [
      [mistyped, 'LICENSE_KEY_MALFORMED'],
      ['an-unknown-imported-key', 'LICENSE_NOT_FOUND'],
    ] as const) {
      const response = await app.ask(path, { key, fingerprint: 'laptop' })
      const claims = await expectSignedRefusal(app, response, code, undefined, 404)
      expect(claims).toMatchObject({ aud: null, sub: null })
    }
  }
  expect(await app.database.readEventTypes()).toEqual(['license.created'])
})

test('activate, seats: a refusal is not signed unless the request asks for it', async () => {
  await using app = await openSignedApp({ max_devices: 0, max_seats: 0 })
  for (const path of ['activate', 'seats/acquire']) {
    const { status, body } = await app.post(path, { key: app.key, fingerprint: 'laptop' })
    expect(status).toBe(409)
    expect(body).not.toHaveProperty('signed')
  }
})

test('activate, seats: a product or feature that the license lacks is refused as in a validation', async () => {
  await using app = await openSignedApp({ features: { sso: true }, max_seats: 1 })
  const wrong: [fields: object, code: string, details?: object][] = [
    [{ product: 'editor' }, 'PRODUCT_MISMATCH'],
    [{ product: 'default', features: ['sso', 'ai'] }, 'FEATURE_NOT_INCLUDED', { missing: ['ai'] }],
  ]
  for (const path of ['activate', 'seats/acquire']) {
    for (const [fields, code, details] of wrong) {
      const response = await app.ask(path, { fingerprint: 'laptop', ...fields })
      await expectSignedRefusal(app, response, code, details)
      const verdict = await app.ask('validate', { fingerprint: 'laptop', ...fields })
      expect(verdict.body.error).toBe(code)
    }
    const right = { fingerprint: 'laptop', product: 'default', features: ['sso'] }
    const granted = await app.ask(path, right)
    expect((await app.lease(granted)).valid).toBe(true)
    await app.post('deactivate', { key: app.key, fingerprint: 'laptop' })
  }
})

test('activate, seats: a signed outcome names its route, so it cannot answer the same request to another', async () => {
  await using app = await openSignedApp({ max_seats: 1, max_devices: 1 })
  const ask = (path: string, fingerprint: string) => app.ask(path, { fingerprint })
  expect(await app.lease(await ask('activate', 'laptop'))).toMatchObject({ rte: '/activate' })
  expect(await app.lease(await ask('seats/acquire', 'laptop'))).toMatchObject({
    rte: '/seats/acquire',
  })
  expect(await app.answer(await ask('activate', 'other'))).toMatchObject({ rte: '/activate' })
  expect(await app.answer(await ask('seats/acquire', 'other'))).toMatchObject({
    error: 'SEAT_LIMIT_REACHED',
    rte: '/seats/acquire',
  })
})

test('seats: if seats have no limit but devices or domains do, a seat comes with an answer and no lease', async () => {
  const limits = { max_devices: null, max_domains: null, borrow_days_max: 30 }
  for (const terms of [{ max_devices: 1 }, { max_domains: 1 }]) {
    await using app = await openSignedApp({ ...limits, ...terms })
    const response = await app.ask('seats/acquire', { fingerprint: 'third', borrow_days: 30 })
    expect(await app.answer(response)).toMatchObject({ valid: true, rte: '/seats/acquire' })
  }
  await using app = await openSignedApp(limits)
  const free = await app.lease(await app.ask('seats/acquire', { fingerprint: 'third' }))
  expect(free).toMatchObject({ fp: hashOf('third'), act: [] })
})

test('seats: the lease of a seat is bound to its device and ends with the seat', async () => {
  await using app = await openSignedApp({ max_seats: 1, seat_lease_seconds: 90 })
  app.clock.advanceMs(500)
  const response = await app.ask('seats/acquire', { fingerprint: 'laptop' })
  const { signed: _, ...seat } = response.body
  expect(seat).toEqual({ id: expect.any(String), expires_at: '2026-03-06T00:01:30Z' })
  expect(await app.lease(response)).toMatchObject({
    fp: hashOf('laptop'),
    dom: null,
    act: [],
    sea: { id: seat.id, exp: start + 90 },
    rfa: start + 90,
    vld: start + 90,
    exp: start + 90,
  })
  const refused = await app.ask('seats/acquire', { fingerprint: 'other' })
  await expectSignedRefusal(app, refused, 'SEAT_LIMIT_REACHED', { limit: 1, used: 1 })
  expect(await app.database.readEventTypes()).toEqual(['license.created', 'license.limit_reached'])
})

test('seats: the answer to an acquired or renewed seat contains its ID and its end, also one that is borrowed', async () => {
  await using app = await openSignedApp({ seat_lease_seconds: 90, borrow_days_max: 9 })
  app.clock.advanceMs(500)
  const acquired = await app.ask('seats/acquire', { fingerprint: 'laptop', lease: false })
  const { id } = acquired.body
  const facts = { aud: 'default', sub: app.id, valid: true, plan: 'sold', non: NONCE }
  expect(await app.answer(acquired)).toMatchObject({
    ...facts,
    sea: { id, exp: start + 90 },
    rte: '/seats/acquire',
  })
  app.clock.advanceMs(60_000)
  const request = JSON.stringify({ key: app.key, id, nonce: NONCE })
  const renewed = await app.post('seats/renew', request)
  const { signed: _, ...seat } = renewed.body
  expect(seat).toEqual({ id, expires_at: '2026-03-06T00:02:30Z' })
  expect(await app.answer(renewed)).toMatchObject({
    ...facts,
    sea: { id, exp: start + 150 },
    req: hashOf(request),
    rte: '/seats/renew',
  })
  const borrow = { fingerprint: 'laptop', borrow_days: 9, lease: false }
  const sea = { id, exp: days(9) + 60 }
  expect((await app.answer(await app.ask('seats/acquire', borrow))).sea).toEqual(sea)
  expect((await app.answer(await app.ask('seats/renew', { id }))).sea).toEqual(sea)
})

test('seats: a renewal brings an answer even if it asks for a lease, and no signature without a nonce', async () => {
  await using app = await openSignedApp()
  const { id } = (await app.ask('seats/acquire', { fingerprint: 'laptop' })).body
  expect((await app.answer(await app.ask('seats/renew', { id }))).sea).toMatchObject({ id })
  for (const fields of [{}, { nonce: null }, { lease: true }]) {
    const { status, body } = await app.post('seats/renew', { key: app.key, id, ...fields })
    expect(status).toBe(200)
    expect(body).toEqual({ id, expires_at: expect.any(String) })
  }
  const short = await app.post('seats/renew', { key: app.key, id, nonce: 'short' })
  expectProblem(short, 422, 'validation_failed', ['/nonce'])
})

test('seats: a refused renewal is a signed problem if it has a nonce', async () => {
  await using app = await openSignedApp({ max_seats: 1, seat_lease_seconds: 90 })
  const { id } = (await app.ask('seats/acquire', { fingerprint: 'laptop' })).body
  app.clock.advanceMs(90_000)
  await app.ask('seats/acquire', { fingerprint: 'other' })
  const ask = (fields: object) => app.ask('seats/renew', fields)
  const full = { limit: 1, used: 1 }
  const claims = await expectSignedRefusal(app, await ask({ id }), 'SEAT_LIMIT_REACHED', full)
  expect(claims).toMatchObject({ sub: app.id, rte: '/seats/renew' })
  expect(claims).not.toHaveProperty('sea')
  await expectSignedRefusal(app, await ask({ id: 'seat_unknown' }), 'SEAT_NOT_FOUND')
  const unknown = await ask({ key: 'an-unknown-imported-key', id })
  await expectSignedRefusal(app, unknown, 'LICENSE_NOT_FOUND', undefined, 404)
  const { body } = await app.post('seats/renew', { key: app.key, id })
  expect(body.code).toBe('SEAT_LIMIT_REACHED')
  expect(body).not.toHaveProperty('signed')
})

test('validate, activate: an answer that is not about a seat has none', async () => {
  await using app = await openSignedApp()
  for (const path of ['validate', 'activate']) {
    const response = await app.ask(path, { fingerprint: 'laptop', lease: false })
    expect(await app.answer(response)).not.toHaveProperty('sea')
  }
})

test('validate, activate: once a revocation is acknowledged, no lease is issued, and the feed voids all before it', async () => {
  await using app = await openSignedApp({ max_devices: null })
  const askMany = (round: string) =>
    Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        app.ask(index % 2 === 0 ? 'validate' : 'activate', { fingerprint: `${round}-${index}` }),
      ),
    )
  const [during] = await Promise.all([
    askMany('during'),
    app.send('POST', `/api/v1/licenses/${app.id}/revoke`),
  ])
  const after = await askMany('after')
  for (const response of after) {
    expect((await app.answer(response)).error).toBe('LICENSE_REVOKED')
  }
  const { body } = await app.send('GET', '/api/v1/revocations')
  const feed = decodeJwt(body.signed)
  expect(feed.revoked).toEqual([[app.id, start + 6]])
  const isGranted = ({ body }: (typeof during)[number]) => body.valid !== false && !body.code
  for (const response of during.filter(isGranted)) {
    expect(Number((await app.lease(response)).iat)).toBeLessThan(start + 6)
  }
})

test('activate: a staging host that gives up its slot to its site stays in no entry of the feed, and its lease valid', async () => {
  await using app = await openSignedApp({ max_domains: 1, free_domain_patterns: ['staging.*'] })
  const staging = await app.lease(await app.ask('activate', { domain: 'staging.acme.de' }))
  expect((await app.ask('activate', { domain: 'acme.de' })).status).toBe(200)
  const activations = await app.activations()
  expect(activations.map(({ value, free }: (typeof activations)[number]) => [value, free])).toEqual(
    [
      ['acme.de', false],
      ['staging.acme.de', true],
    ],
  )
  expect(staging.act).toEqual([activations[1].id])
  expect(await app.deps.store.revocations.list(0, 10)).toEqual([])
})

test('validate: a lease that is issued after a reinstatement survives the feed at once', async () => {
  await using app = await openSignedApp()
  await app.send('POST', `/api/v1/licenses/${app.id}/suspend`)
  await app.send('POST', `/api/v1/licenses/${app.id}/reinstate`)
  await app.lease(await app.ask('validate', { fingerprint: 'laptop' }))
  const { body } = await app.send('GET', '/api/v1/revocations')
  expect(decodeJwt(body.signed).revoked).toEqual([[app.id, 0]])
})
