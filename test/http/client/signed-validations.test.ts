import { describe, expect, test } from 'bun:test'
import { DAY_MS, SECOND_MS } from '~/domain/times.ts'
import { expectProblem } from '../../support/problems.ts'
import { hashOf, NONCE, openSignedApp, toSeconds } from '../../support/signed.ts'

const start = toSeconds('2026-03-06T00:00:00Z')
const days = (count: number) => start + count * 86_400

test('validate: a lease has exactly the claims of the license, its binding and the request', async () => {
  await using app = await openSignedApp({ features: { sso: true, projects: 5 } })
  const request = JSON.stringify({
    key: app.key,
    domain: 'https://www.Example.com:8443/path',
    fingerprint: 'Gerät 7',
    lease: true,
    nonce: NONCE,
  })
  const response = await app.post('validate', request)
  const { signed, ...verdict } = response.body
  expect(signed).toMatch(/^[\w-]+\.[\w-]+\.[\w-]{86}$/)
  expect(verdict).toMatchObject({ valid: true, license: { id: app.id } })
  const [device, domain] = await app.activations()
  expect(await app.lease(response)).toEqual({
    iss: 'licet',
    aud: 'default',
    sub: app.id,
    jti: expect.stringMatching(/^[\w-]{22}$/),
    iat: start,
    nbf: start - 300,
    exp: days(30),
    valid: true,
    plan: 'sold',
    features: { sso: true, projects: 5 },
    warnings: [],
    fp: hashOf('Gerät 7'),
    dom: ['example.com'],
    act: [domain.id, device.id],
    sea: null,
    end: null,
    rfa: days(1),
    vld: days(7),
    rev: 0,
    non: NONCE,
    req: hashOf(request),
    rte: '/validate',
  })
  expect((await app.database.readEventTypes()).slice(1)).toEqual([
    'license.activated',
    'activation.created',
    'activation.created',
  ])
})

test('validate: a limited license gets a lease only for a device or a domain, since others would fit anywhere', async () => {
  await using app = await openSignedApp()
  for (const terms of [{}, { max_domains: null }, { max_devices: null }]) {
    await app.send('PUT', '/api/v1/plans/sold', { max_domains: 2, max_devices: 2, ...terms })
    await app.answer(await app.ask('validate'))
    expect(await app.lease(await app.ask('validate', { domain: 'a.io' }))).toMatchObject({
      dom: ['a.io'],
    })
    expect((await app.lease(await app.ask('validate', { fingerprint: 'laptop' }))).fp).toBeString()
  }
  await app.send('PUT', '/api/v1/plans/sold', { max_domains: null, max_devices: null })
  expect(await app.lease(await app.ask('validate'))).toMatchObject({ fp: null, dom: null, act: [] })
})

test('validate: nothing is signed unless the request asks for it', async () => {
  await using app = await openSignedApp()
  const quiet = [{}, { lease: false }, { lease: null, nonce: null }, { lease: false, nonce: null }]
  for (const fields of quiet) {
    const { body } = await app.post('validate', { key: app.key, ...fields })
    expect(Object.keys(body)).toEqual(['valid', 'license', 'warnings'])
    const unknown = await app.post('validate', { key: 'an-unknown-imported-key', ...fields })
    expect(Object.keys(unknown.body)).toEqual(['valid', 'error', 'message'])
  }
})

test('validate: a repeated lease relies on the same activations and writes nothing', async () => {
  await using app = await openSignedApp()
  const ask = () => app.ask('validate', { domain: 'example.com', fingerprint: 'laptop' })
  const first = await app.lease(await ask())
  await app.deps.store.flush()
  const before = await app.database.readRows()
  const second = await app.lease(await ask())
  expect(second).toEqual({ ...first, jti: expect.any(String) })
  expect(second.jti).not.toBe(first.jti)
  await app.deps.store.flush()
  expect(await app.database.readRows()).toEqual(before)
})

describe('the end of a lease', () => {
  test.each<[string, object, object, object]>([
    ['perpetual', {}, {}, { rfa: days(1), vld: days(7), exp: days(30), end: null }],
    [
      'ends tomorrow',
      {},
      { expires_at: '2026-03-07T00:00:00Z' },
      { rfa: days(1), vld: days(1), exp: days(1), end: days(1), warnings: [] },
    ],
    [
      'ends in an hour',
      {},
      { expires_at: '2026-03-06T01:00:00Z' },
      { rfa: start + 3600, vld: start + 3600, exp: start + 3600, end: start + 3600 },
    ],
    [
      'ends tomorrow, with a grace period',
      { grace_days: 10 },
      { expires_at: '2026-03-07T00:00:00Z' },
      { rfa: days(1), vld: days(7), exp: days(11), end: days(11) },
    ],
    [
      'is in its grace period',
      { grace_days: 3 },
      { expires_at: '2026-03-05T00:00:00Z' },
      { rfa: days(1), vld: days(2), exp: days(2), end: days(2), warnings: ['IN_GRACE'] },
    ],
    [
      'has terms of its own plan',
      { offline: { refresh_days: 2, valid_days: 2, hard_days: 3 } },
      { expires_at: '2027-03-06T00:00:00Z' },
      { rfa: days(2), vld: days(2), exp: days(3), end: days(365) },
    ],
  ])('validate: a lease never outlives its license, which %s', async (_, terms, fields, claims) => {
    await using app = await openSignedApp(terms)
    const { key } = await app.createLicense({ plan: 'sold', ...fields })
    expect(
      await app.lease(await app.ask('validate', { key, fingerprint: 'laptop' })),
    ).toMatchObject(claims)
  })

  test('validate: a lease taken within the last second of a license ends with it', async () => {
    await using app = await openSignedApp()
    const expires_at = '2026-03-06T00:00:02Z'
    const { key } = await app.createLicense({ plan: 'sold', expires_at })
    app.clock.advanceMs(1999)
    const claims = await app.lease(await app.ask('validate', { key, fingerprint: 'laptop' }))
    expect(claims).toMatchObject({ iat: start + 1, exp: start + 2, end: start + 2 })
    app.clock.advanceMs(1)
    const refused = await app.ask('validate', { key })
    expect(await app.answer(refused)).toMatchObject({ valid: false, error: 'LICENSE_EXPIRED' })
  })

  test('validate: the first lease starts a term that waits for it, and ends with that', async () => {
    await using app = await openSignedApp({ duration_days: 14, starts_on: 'first_validation' })
    app.clock.advanceMs(DAY_MS)
    const first = await app.lease(await app.ask('validate', { fingerprint: 'laptop' }))
    expect(first).toMatchObject({ exp: days(15), end: days(15) })
    app.clock.advanceMs(10 * DAY_MS)
    expect(await app.lease(await app.ask('validate', { fingerprint: 'laptop' }))).toMatchObject({
      exp: days(15),
    })
    expect(await app.database.readEventTypes()).toEqual([
      'license.created',
      'license.activated',
      'activation.created',
    ])
  })
})

describe('the domains of a lease', () => {
  const subdomains = { domain_match: 'subdomains' }
  const site = ['example.com', '*.example.com']
  test.each<[object, string, string[], number]>([
    [{}, 'app.example.com', ['app.example.com'], 1],
    [{}, 'www.example.com', ['example.com'], 1],
    [{}, 'BÜCHER.example.com', ['xn--bcher-kva.example.com'], 1],
    [{}, 'localhost:3000', ['localhost'], 0],
    [{}, 'http://[::1]/', ['::1'], 0],
    [{}, '203.0.113.7', ['203.0.113.7'], 1],
    [subdomains, 'a.b.example.com', site, 1],
    [subdomains, 'example.com.', site, 1],
    [subdomains, 'app.example.co.uk', ['example.co.uk', '*.example.co.uk'], 1],
    [subdomains, 'shop.test', ['shop.test'], 0],
    [subdomains, '203.0.113.7', ['203.0.113.7'], 1],
    [
      { ...subdomains, development_domains_free: false },
      'shop.test',
      ['shop.test', '*.shop.test'],
      1,
    ],
    [
      { ...subdomains, free_domain_patterns: ['*.wpengine.com'] },
      'x.wpengine.com',
      ['x.wpengine.com'],
      1,
    ],
    [{ free_domain_patterns: ['*.wpengine.com'] }, 'x.wpengine.com', ['x.wpengine.com'], 1],
  ])('validate: with %o, a lease for %s covers %p', async (terms, domain, dom, count) => {
    await using app = await openSignedApp(terms)
    const claims = await app.lease(await app.ask('validate', { domain }))
    expect(claims).toMatchObject({ dom, fp: null })
    expect(claims.act).toHaveLength(count)
    expect(claims.act).toEqual((await app.activations()).map(({ id }: { id: string }) => id))
  })

  test('validate: a host that was activated on its own covers its whole domain once the plan says so', async () => {
    await using app = await openSignedApp()
    const first = await app.lease(await app.ask('validate', { domain: 'app.example.com' }))
    await app.send('PUT', '/api/v1/plans/sold', subdomains)
    const second = await app.lease(await app.ask('validate', { domain: 'blog.example.com' }))
    expect(second).toMatchObject({ dom: site, act: first.act })
  })

  test('validate: a staging host is covered on its own, and relies on its own activation', async () => {
    await using app = await openSignedApp({ free_domain_patterns: ['staging.*'] })
    const staging = await app.lease(await app.ask('validate', { domain: 'staging.example.com' }))
    const live = await app.lease(await app.ask('validate', { domain: 'example.com' }))
    expect(live.dom).toEqual(['example.com'])
    const again = await app.lease(await app.ask('validate', { domain: 'staging.example.com' }))
    expect(again).toMatchObject({ dom: ['staging.example.com'], act: staging.act })
    expect(live.act).not.toEqual(staging.act)
  })
})

describe('signed answers', () => {
  test('validate: with only a nonce, a valid license gets an answer that is void after five minutes', async () => {
    await using app = await openSignedApp({ features: { sso: true } })
    const request = JSON.stringify({ key: app.key, nonce: NONCE })
    const response = await app.post('validate', request)
    expect(await app.answer(response)).toEqual({
      iss: 'licet',
      aud: 'default',
      sub: app.id,
      jti: expect.any(String),
      iat: start,
      nbf: start - 300,
      exp: start + 300,
      valid: true,
      plan: 'sold',
      features: { sso: true },
      warnings: [],
      end: null,
      non: NONCE,
      req: hashOf(request),
      rte: '/validate',
      rev: 0,
    })
    app.clock.advanceMs(300 * SECOND_MS)
    await expect(app.answer(response)).rejects.toThrow('"exp" claim timestamp check failed')
  })

  test('validate: a plan without offline use signs an answer instead of a lease', async () => {
    await using app = await openSignedApp({ offline: null })
    const claims = await app.answer(await app.ask('validate', { fingerprint: 'laptop' }))
    expect(claims).toMatchObject({ valid: true, non: NONCE, plan: 'sold' })
    expect(claims).not.toHaveProperty('fp')
    await app.send('PUT', '/api/v1/plans/sold', { offline: {} })
    const later = await app.lease(await app.ask('validate', { fingerprint: 'laptop' }))
    expect(later).toMatchObject({ fp: hashOf('laptop'), exp: days(30) })
  })

  test('validate: a refusal is signed with its code, message and details, with a lease or a nonce', async () => {
    await using app = await openSignedApp({ max_devices: 0 })
    for (const fields of [{ lease: true }, { nonce: NONCE }, { lease: true, nonce: NONCE }]) {
      const request = JSON.stringify({ key: app.key, fingerprint: 'laptop', ...fields })
      const response = await app.post('validate', request)
      const { signed: _, ...verdict } = response.body
      expect(response.status).toBe(200)
      expect(verdict).toMatchObject({ valid: false, error: 'DEVICE_LIMIT_REACHED' })
      expect(await app.answer(response)).toEqual({
        ...verdict,
        details: { limit: 0, used: 0 },
        iss: 'licet',
        aud: 'default',
        sub: app.id,
        jti: expect.any(String),
        iat: start,
        nbf: start - 300,
        exp: start + 300,
        non: 'nonce' in fields ? NONCE : null,
        req: hashOf(request),
        rte: '/validate',
        rev: 0,
      })
    }
    expect(await app.database.readEventTypes()).toEqual([
      'license.created',
      'license.limit_reached',
    ])
    expect(await app.license()).toMatchObject({ devices: 0, activated_at: null })
  })

  test('validate: an unknown and a mistyped key get 404 with a signed answer about no license', async () => {
    await using app = await openSignedApp()
    const mistyped = app.key.slice(0, -1) + (app.key.endsWith('0') ? '1' : '0')
    for (const [key, error] of [
      [mistyped, 'LICENSE_KEY_MALFORMED'],
      ['an-unknown-imported-key', 'LICENSE_NOT_FOUND'],
      ['', 'LICENSE_NOT_FOUND'],
    ]) {
      const response = await app.ask('validate', { key })
      expect(response.status).toBe(404)
      expect(response.body).toMatchObject({ valid: false, error })
      const claims = await app.answer(response)
      expect(claims).toMatchObject({ aud: null, sub: null, valid: false, error, non: NONCE })
    }
    expect(await app.database.readEventTypes()).toEqual(['license.created'])
  })

  test('validate: a suspended, a revoked and an expired license get no lease, but a signed refusal', async () => {
    await using app = await openSignedApp()
    const path = `/api/v1/licenses/${app.id}`
    const errorOf = async () => (await app.answer(await app.ask('validate'))).error
    await app.lease(await app.ask('validate', { fingerprint: 'laptop' }))
    await app.send('POST', `${path}/suspend`)
    expect(await errorOf()).toBe('LICENSE_SUSPENDED')
    await app.send('POST', `${path}/reinstate`)
    await app.lease(await app.ask('validate', { fingerprint: 'laptop' }))
    await app.send('PUT', path, { expires_at: '2026-03-05T00:00:00Z' })
    expect(await errorOf()).toBe('LICENSE_EXPIRED')
    await app.send('POST', `${path}/revoke`)
    expect(await errorOf()).toBe('LICENSE_REVOKED')
    expect((await app.ask('validate', { product: 'other' })).body.error).toBe('PRODUCT_MISMATCH')
  })

  test('validate: the position of the revocation feed grows with each revocation', async () => {
    await using app = await openSignedApp()
    const before = (await app.lease(await app.ask('validate', { fingerprint: 'laptop' }))).rev
    await app.send('POST', `/api/v1/licenses/${app.id}/suspend`)
    const after = (await app.answer(await app.ask('validate'))).rev
    expect(Number(after)).toBeGreaterThan(Number(before))
  })
})

describe('nonces and requests', () => {
  test.each<[unknown, boolean]>([
    ['x'.repeat(15), false],
    ['x'.repeat(16), true],
    [`${'Aa0-_'.repeat(12)}abcd`, true],
    ['x'.repeat(64), true],
    ['x'.repeat(65), false],
    ['', false],
    [`${'x'.repeat(16)}\n`, false],
    [`${'x'.repeat(15)} `, false],
    [`${'x'.repeat(15)}=`, false],
    [`${'x'.repeat(15)}+`, false],
    [`${'x'.repeat(15)}/`, false],
    [`${'x'.repeat(15)}é`, false],
    [`${'x'.repeat(15)}\0`, false],
    [1_234_567_890_123_456, false],
    [['x'.repeat(16)], false],
    [{}, false],
    [true, false],
  ])('validate: %p is accepted as a nonce: %p', async (nonce, isNonce) => {
    await using app = await openSignedApp()
    for (const path of ['validate', 'activate', 'seats/acquire']) {
      const response = await app.post(path, { key: app.key, fingerprint: 'laptop', nonce })
      if (isNonce) expect(await app.answer(response)).toMatchObject({ valid: true, non: nonce })
      else expectProblem(response, 422, 'validation_failed', ['/nonce'])
    }
    const happened = isNonce ? ['license.activated', 'activation.created'] : []
    expect(await app.database.readEventTypes()).toEqual(['license.created', ...happened])
  })

  test('validate: lease is a boolean', async () => {
    await using app = await openSignedApp()
    for (const lease of ['true', 1, {}, []]) {
      const response = await app.post('validate', { key: app.key, lease })
      expectProblem(response, 422, 'validation_failed', ['/lease'])
    }
    expect(await app.database.readEventTypes()).toEqual(['license.created'])
  })

  test('validate: a signature covers the exact bytes of the body, however it is written', async () => {
    await using app = await openSignedApp()
    const fields = `"key":"${app.key}","nonce":"${NONCE}"`
    const bodies = [
      `{${fields}}`,
      `{${fields}}\n`,
      `\r\n\t {\n  ${fields.replace(',', ' ,\t')} }  `,
      `\ufeff{${fields}}`,
      `{${fields},"a":"\\u00e9"}`,
      `{${fields},"a":"é"}`,
      `{${fields},"nested":{"a":[1, 2,\t3]}}`,
      `{"nonce":"another-nonce-before",${fields}}`,
    ]
    const hashes = new Set<unknown>()
    for (const text of bodies) {
      const bytes = new TextEncoder().encode(text)
      const { req, non } = await app.answer(await app.post('validate', bytes))
      expect({ text, req, non }).toEqual({ text, req: hashOf(bytes), non: NONCE })
      hashes.add(req)
    }
    expect(hashes.size).toBe(bodies.length)
  })

  test('validate: a chunked body and a path with a slash at its end are signed like any other', async () => {
    await using app = await openSignedApp()
    const text = JSON.stringify({ key: app.key, nonce: NONCE })
    const halves = [text.slice(0, 20), text.slice(20)].map((half) => new TextEncoder().encode(half))
    const chunked = new ReadableStream({
      start(controller) {
        for (const half of halves) controller.enqueue(half)
        controller.close()
      },
    })
    const url = `http://127.0.0.1:${app.app.server?.port}/api/v1/validate`
    const init = { method: 'POST', headers: { 'content-type': 'application/json' } }
    for (const [address, body] of [
      [url, chunked],
      [`${url}/`, text],
    ] as const) {
      const response = await fetch(address, { ...init, body })
      const read = { status: response.status, headers: response.headers, text: '' }
      const claims = await app.answer({ ...read, body: await response.json() })
      expect(claims).toMatchObject({ non: NONCE, req: hashOf(text) })
    }
  })

  test('validate: requests at the same time each get their own nonce, request and token', async () => {
    await using app = await openSignedApp({ max_devices: 2 })
    const requests = Array.from({ length: 60 }, (_, index) =>
      JSON.stringify({
        key: index % 5 === 4 ? 'an-unknown-imported-key' : app.key,
        fingerprint: `device-${index % 3}`,
        lease: index % 2 === 0,
        nonce: `nonce-number-${String(index).padStart(4, '0')}`,
      }),
    )
    const responses = await Promise.all(requests.map((text) => app.post('validate', text)))
    const ids = new Set<unknown>()
    for (const [index, response] of responses.entries()) {
      const isLease = index % 2 === 0 && response.body.valid
      const claims = await (isLease ? app.lease(response) : app.answer(response))
      const request = requests[index] ?? ''
      expect(claims).toMatchObject({
        non: JSON.parse(request).nonce,
        req: hashOf(request),
        valid: response.body.valid,
      })
      ids.add(claims.jti)
    }
    expect(ids.size).toBe(requests.length)
    expect(await app.license()).toMatchObject({ devices: 2 })
    const created = (await app.database.readEventTypes()).filter(
      (type) => type === 'activation.created',
    )
    expect(created).toHaveLength(2)
  })
})
