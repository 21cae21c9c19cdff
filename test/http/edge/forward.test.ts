import { expect, test } from 'bun:test'
import { openTestApp } from '../../support/app.ts'
import { createTestEdge } from '../../support/edges.ts'
import { expectProblem } from '../../support/problems.ts'

const withoutToken = { authorization: undefined }

test('edge forward: the response is that of the client route, byte for byte, with its headers', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  const { key } = await app.createLicense({ plan: 'starter' })
  const requests: [method: string, path: string, body?: unknown][] = [
    ['POST', '/api/v1/validate', { key, domain: 'example.com' }],
    ['POST', '/api/v1/validate', { key, domain: 'other.example' }],
    ['POST', '/api/v1/validate', { key: 'an-unknown-imported-key' }],
    ['POST', '/api/v1/validate', '{broken'],
    ['POST', '/api/v1/validate', {}],
    ['POST', '/api/v1/validate', 'x'.repeat(70_000)],
    ['POST', '/api/v1/activate', { key, domain: 'example.com' }],
    ['POST', '/api/v1/activate', { key, domain: 'other.example' }],
    ['POST', '/api/v1/deactivate', { key, domain: 'third.example.com' }],
    ['POST', '/api/v1/seats/acquire', { key, fingerprint: 'x' }],
    ['GET', '/api/v1/revocations'],
    ['GET', '/api/v1/revocations?after=x'],
    ['HEAD', '/api/v1/revocations'],
    ['GET', '/.well-known/licet/jwks.json'],
    ['GET', '/api/v1/checkout/sessions/standard/x'],
  ]
  await app.validate({ key, domain: 'example.com' })
  for (const [method, path, body] of requests) {
    const headers = { 'x-request-id': 'the-same' }
    const direct = await app.send(method, path, body, { ...withoutToken, ...headers })
    const forwarded = await edge.forward(method, path, body, headers)
    expect([path, forwarded.status, forwarded.text]).toEqual([path, direct.status, direct.text])
    const mark: [string, string] = ['licet-forwarded', '1']
    const marked = [...direct.headers, mark]
    expect([path, [...forwarded.headers].sort()]).toEqual([path, marked.sort()])
  }
})

test('edge forward: only routes of clients can be reached, and only with the token of an edge', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  const { key } = await app.createLicense()
  for (const path of ['/api/v1/licenses', '/metrics', '/admin', '/api/v1/edge/feed', '/livez']) {
    expectProblem(await edge.forward('GET', path), 404, 'not_found')
  }
  const path = '/api/v1/edge/forward/api/v1/validate'
  expectProblem(await app.send('POST', path, { key }), 401, 'unauthorized')
  expectProblem(await app.send('POST', path, { key }, withoutToken), 401, 'unauthorized')
  const { token } = edge
  const headers = { authorization: `Bearer ${token}` }
  expectProblem(await app.send('GET', '/api/v1/licenses', undefined, headers), 401, 'unauthorized')
})

test('edge forward: usage, country and rate limit are those of the client that the edge names', async () => {
  await using app = await openTestApp({ ipStorage: 'full' })
  const edge = await createTestEdge(app)
  const { id, key } = await app.createLicense()
  const validate = (address: string, body: object, more = {}) => {
    const headers = { 'licet-client-address': address, ...more }
    return edge.forward('POST', '/api/v1/validate', body, headers)
  }
  await validate('203.0.113.7', { key }, { 'licet-client-country': 'de' })
  const { body } = await app.send('GET', `/api/v1/licenses/${id}/usage`)
  expect(body.data[0]).toMatchObject({ address: '203.0.113.7', country: 'DE' })
  const guess = { key: 'an-unknown-imported-key' }
  for (let count = 0; count < 30; count += 1) await validate('203.0.113.8', guess)
  expectProblem(await validate('203.0.113.8', guess), 429, 'rate_limited')
  expect((await validate('203.0.113.9', guess)).status).toBe(404)
})

test('edge forward: a client that names its address itself is not believed', async () => {
  await using app = await openTestApp({ ipStorage: 'full' })
  const { id, key } = await app.createLicense()
  const headers = { ...withoutToken, 'licet-client-address': '203.0.113.7' }
  await app.send('POST', '/api/v1/validate', { key }, { ...headers, 'licet-client-country': 'DE' })
  const { body } = await app.send('GET', `/api/v1/licenses/${id}/usage`)
  expect(body.data[0]).toMatchObject({ address: null, country: null })
})

test('edge forward: a request of an edge runs once, and a repeat gets its response', async () => {
  await using app = await openTestApp()
  const [one, other] = [await createTestEdge(app), await createTestEdge(app, 'eu-2')]
  const { id, key } = await app.createLicense()
  const headers = { 'licet-forward-id': 'a-run-1', 'licet-client-address': '203.0.113.7' }
  const deactivate = (edge: typeof one, more = {}) =>
    edge.forward('POST', '/api/v1/deactivate', { key, fingerprint: 'x' }, { ...headers, ...more })
  await app.send('POST', '/api/v1/activate', { key, fingerprint: 'x' }, withoutToken)
  const both = await Promise.all([deactivate(one), deactivate(one)])
  const late = await deactivate(one)
  expect(both.map(({ status, text }) => [status, text])).toEqual([
    [200, late.text],
    [200, late.text],
  ])
  expect(late.headers.get('content-type')).toBe('application/json')
  expect((await deactivate(other)).status).toBe(409)
  expect((await deactivate(one, { 'licet-forward-id': 'a-run-2' })).status).toBe(409)
  const types = await app.eventTypesOf(id)
  expect(types.filter((type) => type === 'activation.deleted')).toHaveLength(1)
})
