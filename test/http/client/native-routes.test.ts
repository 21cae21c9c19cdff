import { afterAll, beforeAll, expect, test } from 'bun:test'
import { clientPaths, openTestApp, respond, type TestApp } from '../../support/app.ts'

let app: TestApp
let key: string
beforeAll(async () => {
  app = await openTestApp({ allowedHosts: ['licet.test'] })
  const license = await app.createLicense({ max_seats: 1, max_devices: 1 })
  key = license.key
})
afterAll(() => app.close())

interface Sent {
  readonly body?: string | Uint8Array
  readonly headers?: Record<string, string>
}

const requestsOf = (): Record<string, Sent> => ({
  'a valid body': { body: JSON.stringify({ key, domain: 'example.com', fingerprint: 'machine' }) },
  'a seat': { body: JSON.stringify({ key, id: 'seat_1' }) },
  'an unknown key': { body: '{"key":"TO-0000-0000-0000-0000"}' },
  'an unknown domain': { body: JSON.stringify({ key, domain: 'a b' }) },
  'a byte order mark': { body: `\ufeff${JSON.stringify({ key, domain: 'example.com' })}` },
  'unknown fields': { body: JSON.stringify({ key, domain: 'example.com', other: [{}] }) },
  'no body': {},
  'an empty body': { body: '' },
  'no JSON': { body: '{' },
  'no object': { body: '[]' },
  'a missing key': { body: '{}' },
  'wrong types': { body: '{"key":1,"domain":2,"fingerprint":{},"id":[]}' },
  'a reserved field': { body: '{"key":"x","__proto__":{}}' },
  'deep nesting': { body: `{"key":"x","a":${'['.repeat(50)}${']'.repeat(50)}}` },
  'bytes that are not UTF-8': { body: new Uint8Array([0x7b, 0xff, 0x7d]) },
  'too many bytes': { body: ' '.repeat(65_537) },
  'no content type': { body: '{}', headers: { 'content-type': '' } },
  text: { body: '{}', headers: { 'content-type': 'text/plain' } },
  'another charset': {
    body: '{}',
    headers: { 'content-type': 'application/json; charset=latin1' },
  },
  compression: { body: '{}', headers: { 'content-encoding': 'gzip' } },
  'a request ID': { body: '{}', headers: { 'x-request-id': 'given' } },
  'a malformed request ID': { body: '{}', headers: { 'x-request-id': 'a b' } },
})

/** Returns everything that a client can see, without the ID and the tags of the moment. */
async function read(response: Response, requestId: string) {
  const headers = Object.fromEntries(response.headers)
  const id = headers['x-request-id'] ?? ''
  const isGiven = id === requestId
  const text = (await response.text()).replaceAll(id, 'ID').replaceAll(/\b(act|seat)_\w{26}/g, '$1')
  const type = headers['content-type']?.replace(/;\s*charset=utf-8$/i, '')
  return {
    status: response.status,
    headers: { ...headers, 'content-type': type, 'x-request-id': isGiven },
    text,
  }
}

test.each(clientPaths)(
  'client routes: %s responds natively as it does through Elysia',
  async (path) => {
    for (const [name, { body, headers = {} }] of Object.entries(requestsOf())) {
      const build = () =>
        new Request(`http://licet.test${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', host: 'licet.test', ...headers },
          ...(body !== undefined && { body }),
        })
      // The first request may change something, which a repetition does not.
      await respond(app.app, build())
      const given = headers['x-request-id'] ?? 'none'
      const native = await read(await respond(app.app, build()), given)
      const elysia = await read(await app.app.handle(build()), given)
      expect({ name, ...native }).toEqual({ name, ...elysia })
    }
  },
)

test('client routes: a native route rejects a host that is not allowed', async () => {
  const request = new Request('http://other.test/api/v1/validate', {
    method: 'POST',
    headers: { 'content-type': 'application/json', host: 'other.test' },
    body: JSON.stringify({ key }),
  })
  expect((await respond(app.app, request)).status).toBe(421)
})

test('client routes: a native response is logged and counted like any other', async () => {
  const read = () => app.logLines.map((line) => JSON.parse(line))
  const ofValidate = () => read().filter(({ route }) => route === '/api/v1/validate')
  const before = ofValidate().length
  await app.validate({ key })
  await app.validate({ key: 'x' })
  const logged = ofValidate().slice(before)
  expect(logged).toMatchObject([
    { msg: 'request', method: 'POST', route: '/api/v1/validate', status: 200 },
    { msg: 'request', method: 'POST', route: '/api/v1/validate', status: 404 },
  ])
  const { text } = await app.send('GET', '/metrics')
  const metric = 'licet_http_requests_total{method="POST",route="/api/v1/validate",status="404"}'
  expect(text).toContain(metric)
  expect(text).toMatch(
    /licet_http_request_duration_seconds_count\{route="\/api\/v1\/validate"\} \d+/,
  )
})
