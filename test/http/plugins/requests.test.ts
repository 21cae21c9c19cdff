import { expect, test } from 'bun:test'
import { openTestApp, type TestApp } from '../../support/app.ts'
import { expectProblem } from '../../support/problems.ts'

/** Waits for the log lines of requests, which are written after the response is sent. */
async function requestLines(app: TestApp, count: number) {
  for (;;) {
    const lines = app.logLines
      .map((line) => JSON.parse(line))
      .filter(({ msg }) => msg === 'request')
    if (lines.length >= count) return lines
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('requests: a well-formed X-Request-Id is used in response and log, others are replaced', async () => {
  await using app = await openTestApp()
  const idFor = async (given: string | undefined) => {
    const { headers } = await app.send('GET', '/livez', undefined, { 'x-request-id': given })
    return headers.get('x-request-id')
  }
  for (const good of ['a', 'req-1:2.3_4', 'x'.repeat(128)]) expect(await idFor(good)).toBe(good)
  for (const bad of [undefined, '', 'a b', 'x'.repeat(129), 'ä', '{"a":1}', '<b>']) {
    expect(await idFor(bad)).toMatch(/^[0-9a-f-]{36}$/)
  }
  const lines = await requestLines(app, 10)
  expect(lines[1]).toMatchObject({ request_id: 'req-1:2.3_4' })
})

test('requests: every response has the security headers and a request id', async () => {
  await using app = await openTestApp()
  const { id, key } = await app.createLicense()
  const license = `/api/v1/licenses/${id}`
  const large = 'x'.repeat(70_000)
  const cases: [status: number, ...Parameters<typeof app.send>][] = [
    [200, 'GET', license],
    [200, 'HEAD', license],
    [200, 'GET', '/livez'],
    [200, 'GET', '/metrics'],
    [201, 'POST', '/api/v1/licenses', { plan: 'starter', customer_email: 'a@b.de' }],
    [204, 'DELETE', '/api/v1/plans/enterprise'],
    [204, 'OPTIONS', '/api/v1/validate'],
    [400, 'PUT', license, '{broken'],
    [401, 'GET', license, undefined, { authorization: undefined }],
    [404, 'GET', '/nope'],
    [404, 'POST', '/api/v1/validate', { key: `${key}-x` }],
    [405, 'PATCH', license],
    [409, 'DELETE', '/api/v1/plans/professional'],
    [412, 'PUT', license, {}, { 'if-match': '"9"' }],
    [413, 'PUT', license, large],
    [415, 'PUT', license, '{}', { 'content-type': 'text/plain' }],
    [422, 'PUT', license, { nope: 1 }],
    [400, 'GET', '/livez', undefined, { host: 'a b' }],
  ]
  for (const [expected, ...request] of cases) {
    const { status, headers } = await app.send(...request)
    expect([...request.slice(0, 2), status]).toEqual([...request.slice(0, 2), expected])
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  }
})

test('requests: a malformed Host is rejected before anything else', async () => {
  await using app = await openTestApp()
  const read = (host: string, path = '/api/v1/licenses') =>
    app.send('GET', path, undefined, { host })
  const malformed = ['a b', 'a/b', 'a@b', 'a,b', 'http://a', 'a:b', 'a:123456', '[::1', 'ä']
  for (const host of malformed) {
    for (const path of ['/api/v1/licenses', '/livez', '/nope']) {
      expectProblem(await read(host, path), 400, 'invalid_request')
    }
  }
  for (const host of ['', ' ']) {
    for (const path of ['/api/v1/licenses', '/nope']) {
      expectProblem(await read(host, path), 400, 'invalid_request')
    }
    // Allowed by RFC 9112, §3.2, and sent by load balancers that have only an address.
    expect((await read(host, '/livez')).status).toBe(200)
  }
  for (const host of ['a', 'ab', 'abc:1', 'licenses.example.com', '10.0.0.7:3000', '[::1]:80']) {
    expect((await read(host)).body).toEqual({ data: [], next_cursor: null })
    expectProblem(await read(host, '/zz/livez'), 404, 'not_found')
  }
})

test('requests: with allowed hosts, others get 421 except loopback and health checks', async () => {
  await using app = await openTestApp({ allowedHosts: ['licenses.example.com', '10.0.0.7'] })
  const read = (host: string, path = '/api/v1/licenses') =>
    app.send('GET', path, undefined, { host })
  const good = ['licenses.example.com', 'LICENSES.example.com:8443', '10.0.0.7:3000']
  for (const host of [...good, 'localhost', 'localhost:3000', '127.0.0.1', '[::1]:3000']) {
    expect((await read(host)).status).toBe(200)
  }
  const bad = [
    'evil.example',
    'licenses.example.com.evil.example',
    'localhost.evil.example',
    '10.0.0.70',
  ]
  for (const host of bad) {
    expectProblem(await read(host), 421, 'misdirected_request')
    expectProblem(await read(host, '/livez/..%2fapi'), 421, 'misdirected_request')
    expect((await read(host, '/livez')).status).toBe(200)
    expect((await read(host, '/readyz?x=1')).status).toBe(200)
  }
  const validate = { host: 'evil.example', authorization: undefined }
  const refused = await app.send('POST', '/api/v1/validate', { key: 'x' }, validate)
  expectProblem(refused, 421, 'misdirected_request')
})

test('requests: allowed hosts match in any spelling, with any port', async () => {
  const allowedHosts = ['münchen.example', '2001:DB8:0:0::1', 'Licenses.example.com.']
  await using app = await openTestApp({ allowedHosts })
  const read = async (host: string) =>
    (await app.send('GET', '/api/v1/licenses', undefined, { host })).status
  for (const host of [
    'xn--mnchen-3ya.example',
    'XN--MNCHEN-3YA.EXAMPLE.:443',
    '[2001:db8::1]',
    '[2001:0DB8:0000::0001]:8443',
    'licenses.example.com',
    'LICENSES.example.com.:3000',
    'localhost.',
    'app.localhost:3000',
    '[0:0:0:0:0:0:0:1]:3000',
  ]) {
    expect([host, await read(host)]).toEqual([host, 200])
  }
  for (const host of ['mnchen.example', '[2001:db8::2]', 'licenses.example.com..', '999.1.1.1']) {
    expect([host, await read(host)]).toEqual([host, 421])
  }
})

test('requests: the log has one line per request, with the route pattern and no query string', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense()
  await app.send('GET', `/api/v1/licenses/${id}?q=secret-query`, undefined, {
    'x-request-id': 'r1',
  })
  await app.send('GET', '/api/v1/nope/secret-path', undefined, { 'x-request-id': 'r2' })
  await app.send('GET', '/api/v1/licenses', undefined, {
    authorization: 'Bearer a-guessed-token',
    'x-request-id': 'r3',
  })
  expect(await requestLines(app, 4)).toMatchObject([
    { method: 'POST', route: '/api/v1/licenses', status: 201 },
    { request_id: 'r1', method: 'GET', route: '/api/v1/licenses/:id', status: 200 },
    { request_id: 'r2', method: 'GET', route: 'none', status: 404 },
    { request_id: 'r3', method: 'GET', route: 'none', status: 401 },
  ])
  expect(app.logLines.join('')).not.toMatch(/secret-|a-guessed-token/)
})

test('requests: the log contains no license key or token', async () => {
  await using app = await openTestApp()
  const license = await app.createLicense({ quantity: 1 })
  const [{ id, key }] = license.data
  const { body } = await app.send('POST', '/api/v1/keys', { name: 'x', scopes: ['*'] })
  const authorization = `Bearer ${body.token}`
  await app.validate({ key, domain: 'example.com' })
  await app.validate({ key: key.toLowerCase(), domain: 5 })
  await app.send('POST', '/api/v1/licenses/lookup', { key }, { authorization })
  await app.send('GET', `/api/v1/licenses/${key}`, undefined, { authorization })
  await app.send('GET', `/api/v1/licenses?q=${key}`, undefined, { authorization })
  await app.send('POST', '/api/v1/licenses', { plan: 'starter', key, customer_email: key })
  await app.send('POST', `/api/v1/licenses/${id}/rotate-key`, '{broken', { authorization })
  const rotated = await app.send('POST', `/api/v1/licenses/${id}/rotate-key`)
  await app.send('GET', '/api/v1/keys', undefined, { authorization: `Bearer ${body.token}x` })
  await app.send('DELETE', `/api/v1/keys/${body.id}`)
  await requestLines(app, 12)
  const log = app.logLines.join('').toUpperCase()
  for (const secret of [key, key.replaceAll('-', ''), rotated.body.key, body.token]) {
    expect(log).not.toContain(secret.toUpperCase())
  }
})

test('requests: X-Forwarded-For from an untrusted peer is logged once', async () => {
  await using app = await openTestApp()
  const warnings = () => app.logLines.filter((line) => line.includes('X-Forwarded-For is ignored'))
  await app.send('GET', '/livez')
  expect(warnings()).toEqual([])
  for (let index = 0; index < 3; index += 1) {
    await app.send('GET', '/livez', undefined, { 'x-forwarded-for': '192.0.2.1' })
  }
  expect(warnings()).toHaveLength(1)

  await using trusting = await openTestApp({ trustedProxies: ['127.0.0.1'] })
  trusting.app.listen({ hostname: '127.0.0.1', port: 0 })
  const url = `http://127.0.0.1:${trusting.app.server?.port}/livez`
  await fetch(url, { headers: { 'x-forwarded-for': '192.0.2.1' } })
  expect(trusting.logLines.join('')).not.toContain('X-Forwarded-For is ignored')
  await trusting.app.server?.stop(true)
})
