import { expect, test } from 'bun:test'
import { createAddressLimit, createRequestLimit } from '~/http/plugins/request-limits.ts'
import { openTestApp, type TestApp, type TestResponse } from '../../support/app.ts'
import { createTestEdge } from '../../support/edges.ts'
import { expectProblem } from '../../support/problems.ts'
import { postForm } from '../compat/forms.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

const limitsOf = ({ headers }: TestResponse) => [
  headers.get('ratelimit'),
  headers.get('ratelimit-policy'),
  headers.get('retry-after'),
]
const none = [null, null, null]

/** Reads the counter of requests beyond a limit. */
async function countRejected({ deps }: TestApp, limit: string): Promise<number> {
  const { values } = await deps.metrics.rateLimited.get()
  return values.find(({ labels }) => labels.limit === limit)?.value ?? 0
}

test('request limits: without the settings, no response mentions a limit', async () => {
  await using app = await openTestApp()
  const { key } = await app.createLicense()
  expect(limitsOf(await app.validate({ key }))).toEqual(none)
  expect(limitsOf(await app.send('GET', '/api/v1/licenses'))).toEqual(none)
})

test('API key limit: requests beyond it get 429 until the minute is over, and change nothing', async () => {
  await using app = await openTestApp({ rateLimitApiKey: 3 })
  const policy = '"api-key";q=3;w=60'
  const read = () => app.send('GET', '/api/v1/licenses')
  expect(limitsOf(await read())).toEqual(['"api-key";r=2;t=60', policy, null])
  app.clock.advanceMs(20_500)
  expect(limitsOf(await read())).toEqual(['"api-key";r=1;t=40', policy, null])
  // Failures count as well.
  expect(limitsOf(await app.send('GET', '/api/v1/none'))).toEqual([
    '"api-key";r=0;t=40',
    policy,
    null,
  ])
  const order = { plan: 'professional', customer_email: 'dev@example.com' }
  const refused = await app.send('POST', '/api/v1/licenses', order)
  expectProblem(refused, 429, 'rate_limited')
  expect(refused.body.detail).toBe(
    'The limit of requests with this API key is 3 per minute. Wait, then retry.',
  )
  expect(limitsOf(refused)).toEqual(['"api-key";r=0;t=40', policy, '40'])
  app.clock.advanceMs(MINUTE_MS - 20_501)
  expect(limitsOf(await read())).toEqual(['"api-key";r=0;t=1', policy, '1'])
  app.clock.advanceMs(1)
  const { status, body, ...again } = await read()
  expect([status, body.data]).toEqual([200, []])
  expect(again.headers.get('ratelimit')).toBe('"api-key";r=2;t=60')
  expect(await countRejected(app, 'api-key')).toBe(2)
})

test('API key limit: each API key has its own, and metrics and apps are not limited by it', async () => {
  await using app = await openTestApp({ rateLimitApiKey: 2 })
  const other = { authorization: `Bearer ${await app.tokenWith('*')}` }
  const { key } = await app.createLicense()
  await app.send('GET', '/api/v1/plans')
  expect((await app.send('GET', '/api/v1/plans')).status).toBe(429)
  expect((await app.send('GET', '/api/v1/plans', undefined, other)).status).toBe(200)
  const metrics = await app.send('GET', '/metrics')
  expect([metrics.status, ...limitsOf(metrics)]).toEqual([200, ...none])
  expect(metrics.text).toContain('licet_rate_limited_total{limit="api-key"} 1')
  expect(limitsOf(await app.validate({ key }))).toEqual(none)
})

test('API key limit: a rejected token is no request of an API key', async () => {
  await using app = await openTestApp({ rateLimitApiKey: 5 })
  const wrong = { authorization: 'Bearer a-guess' }
  const refused = await app.send('GET', '/api/v1/plans', undefined, wrong)
  expectProblem(refused, 401, 'unauthorized')
  expect(limitsOf(refused)).toEqual(none)
})

test('address limit: apps beyond it get 429 that pages can read, and other requests go on', async () => {
  await using app = await openTestApp({ rateLimitAddress: 3 })
  const policy = '"address";q=3;w=60'
  const { key } = await app.createLicense()
  const open = { authorization: undefined }
  const first = await app.validate({ key })
  expect([first.body.valid, ...limitsOf(first)]).toEqual([true, '"address";r=2;t=60', policy, null])
  const revocations = await app.send('GET', '/api/v1/revocations', undefined, open)
  expect([revocations.status, ...limitsOf(revocations)]).toEqual([
    200,
    '"address";r=1;t=60',
    policy,
    null,
  ])
  expect((await app.validate('{broken')).status).toBe(400)
  for (const path of ['validate', 'activate', 'seats/acquire', 'validate/']) {
    const refused = await app.callAsClient(path, { key })
    expectProblem(refused, 429, 'rate_limited')
    expect(limitsOf(refused)).toEqual(['"address";r=0;t=60', policy, '60'])
    expect(refused.headers.get('access-control-allow-origin')).toBe('*')
    const exposed = refused.headers.get('access-control-expose-headers')
    expect(exposed).toContain('ratelimit, ratelimit-policy, retry-after')
  }
  for (const path of ['/livez', '/readyz', '/', '/swagger/json', '/api/v1/session']) {
    const response = await app.send('GET', path, undefined, open)
    expect([path, response.status === 429, ...limitsOf(response)]).toEqual([path, false, ...none])
  }
  expect((await app.send('OPTIONS', '/api/v1/validate', undefined, open)).status).toBe(204)
  expect((await app.send('GET', '/api/v1/licenses')).status).toBe(200)
  expect(await countRejected(app, 'address')).toBe(4)
  app.clock.advanceMs(MINUTE_MS)
  expect((await app.validate({ key })).status).toBe(200)
})

test('address limit: requests in the format of another product count, and fail in that format', async () => {
  await using app = await openTestApp({ rateLimitAddress: 1, compat: ['lemonsqueezy'] })
  const { key } = await app.createLicense()
  const validate = () => postForm(app, '/v1/licenses/validate', { license_key: key })
  const first = await validate()
  expect([first.body.valid, first.headers.get('ratelimit')]).toEqual([true, '"address";r=0;t=60'])
  const refused = await validate()
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60'])
  expect(refused.body).toEqual({ error: expect.stringContaining('from this address') })
})

test('address limit: an edge that forwards is limited by the address of the client', async () => {
  await using app = await openTestApp({ rateLimitAddress: 2 })
  const edge = await createTestEdge(app)
  const { key } = await app.createLicense()
  const validateAs = (address: string) =>
    edge.forward('POST', '/api/v1/validate', { key }, { 'licet-client-address': address })
  const readAs = (address: string) =>
    edge.forward('GET', '/api/v1/revocations', undefined, { 'licet-client-address': address })
  expect((await validateAs('203.0.113.7')).headers.get('ratelimit')).toBe('"address";r=1;t=60')
  expect((await readAs('203.0.113.7')).headers.get('ratelimit')).toBe('"address";r=0;t=60')
  for (const response of [await validateAs('203.0.113.7'), await readAs('203.0.113.7')]) {
    expectProblem(response, 429, 'rate_limited')
    expect(response.headers.get('retry-after')).toBe('60')
  }
  expect((await validateAs('203.0.113.8')).status).toBe(200)
  expect((await readAs('203.0.113.9')).status).toBe(200)
  // Those of the edge itself, and of other clients, are counted on their own.
  for (let count = 0; count < 4; count += 1) expect((await edge.poll()).status).toBe(200)
  expect((await app.validate({ key })).headers.get('ratelimit')).toBe('"address";r=1;t=60')
})

test('address limit: clients behind one trusted proxy are limited separately', async () => {
  await using app = await openTestApp({ trustedProxies: ['127.0.0.1'], rateLimitAddress: 1 })
  const { key } = await app.createLicense()
  app.app.listen({ hostname: '127.0.0.1', port: 0 })
  const url = `http://127.0.0.1:${app.app.server?.port}/api/v1/validate`
  const validateAs = async (forwarded: string) => {
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': forwarded }
    return (await fetch(url, { method: 'POST', headers, body: JSON.stringify({ key }) })).status
  }
  expect(await validateAs('2001:db8:0:1::1')).toBe(200)
  expect(await validateAs('2001:db8:0:1::2')).toBe(429)
  expect(await validateAs('2001:db8:0:2::1')).toBe(200)
  await app.app.server?.stop(true)
})

test('request limits: a jump of the clock neither locks out nor lets in', async () => {
  await using app = await openTestApp({ rateLimitAddress: 1 })
  const { key } = await app.createLicense()
  expect((await app.validate({ key })).status).toBe(200)
  for (const jumpMs of [HOUR_MS, -2 * HOUR_MS]) {
    app.clock.jumpMs(jumpMs)
    const refused = await app.validate({ key })
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60'])
  }
  app.clock.advanceMs(MINUTE_MS)
  expect((await app.validate({ key })).status).toBe(200)
})

test('request limits: at most 50,000 sources are stored; the one that was idle longest is dropped', () => {
  const limit = createRequestLimit('api-key', 1, { elapsedMs: () => 0, onRejected: () => {} })
  const isRefused = (source: string) => limit?.take(source).fault !== null
  expect([isRefused('first'), isRefused('first')]).toEqual([false, true])
  for (let index = 0; index < 49_999; index += 1) isRefused(`source ${index}`)
  expect([isRefused('first'), isRefused('source 0')]).toEqual([true, true])
  for (let index = 0; index < 50_000; index += 1) isRefused(`other ${index}`)
  expect(isRefused('first')).toBe(false)
})

test('address limit: IPv4 counts by address and IPv6 by /64, and each request once', () => {
  const limit = createAddressLimit(1, { elapsedMs: () => 0, onRejected: () => {} })
  const isRefused = (address: string, request = new Request('http://localhost/')) =>
    limit?.take(request, () => address).fault !== null
  const request = new Request('http://localhost/')
  expect([isRefused('192.0.2.1', request), isRefused('192.0.2.1', request)]).toEqual([false, false])
  expect(isRefused('192.0.2.1')).toBe(true)
  expect(isRefused('::ffff:192.0.2.1')).toBe(true)
  expect(isRefused('192.0.2.2')).toBe(false)
  expect(isRefused('2001:db8:0:1::1')).toBe(false)
  expect(isRefused('2001:db8:0:1:ffff::')).toBe(true)
  expect(isRefused('2001:db8:0:2::')).toBe(false)
})

test('request limits: vendors that call the API of another product have the limit of their API key', async () => {
  await using app = await openTestApp({ rateLimitApiKey: 1, compat: ['trafficorchestrator'] })
  const list = () => app.send('GET', '/api/v1/portal/licenses')
  const policy = '"api-key";q=1;w=60'
  const first = await list()
  expect([first.status, ...limitsOf(first)]).toEqual([200, '"api-key";r=0;t=60', policy, null])
  const refused = await list()
  expect([refused.status, refused.body.code]).toEqual([429, 'QUOTA_EXCEEDED'])
  expect(limitsOf(refused)).toEqual(['"api-key";r=0;t=60', policy, '60'])
})
