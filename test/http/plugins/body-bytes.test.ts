import { expect, test } from 'bun:test'
import { openTestApp, type TestApp } from '../../support/app.ts'
import { expectProblem } from '../../support/problems.ts'

const path = '/api/v1/licenses'
const order = { plan: 'professional', customer_email: 'dev@example.com', customer_name: 'Zoë' }
const text = JSON.stringify(order)
const utf8 = (body: string) => new TextEncoder().encode(body)

/** Returns the body with `?` in its name replaced by bytes. */
function withBytes(...bytes: number[]): Uint8Array {
  const [before = '', after = ''] = JSON.stringify({ ...order, customer_name: '?' }).split('?')
  return new Uint8Array([...utf8(before), ...bytes, ...utf8(after)])
}

const notUtf8: [what: string, body: Uint8Array][] = [
  ['Latin-1', withBytes(0xe9)],
  ['a byte that UTF-8 never uses', withBytes(0xff)],
  ['a character that is cut off', withBytes(0xe2, 0x82)],
  ['an overlong slash', withBytes(0xc0, 0xaf)],
  ['an encoded surrogate', withBytes(0xed, 0xa0, 0x80)],
  ['a code point beyond Unicode', withBytes(0xf4, 0x90, 0x80, 0x80)],
  ['UTF-16 with a byte order mark', new Uint8Array([0xff, 0xfe, ...Buffer.from(text, 'utf16le')])],
  ['UTF-16 without a byte order mark', new Uint8Array(Buffer.from(text, 'utf16le'))],
]

async function post(
  app: TestApp,
  body: Uint8Array,
  headers: Record<string, string> = {},
  at = path,
) {
  const response = await app.app.handle(
    new Request(`http://localhost${at}`, {
      method: 'POST',
      headers: {
        authorization: 'Bearer the-admin-token-of-all-tests',
        'content-type': 'application/json',
        ...headers,
      },
      body,
    }),
  )
  const responseText = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    text: responseText,
    body: JSON.parse(responseText),
  }
}

test.each(notUtf8)('bodies: %s gets 400 invalid_json and stores nothing', async (_what, body) => {
  await using app = await openTestApp()
  expectProblem(await post(app, body), 400, 'invalid_json')
  expectProblem(await post(app, body, {}, '/api/v1/validate'), 400, 'invalid_json')
  expect(await app.database.readEventTypes()).toEqual([])
  expect(JSON.stringify(await app.database.readRows())).not.toContain('\ufffd')
})

test('bodies: bytes that are not UTF-8 are also found in a chunked body', async () => {
  await using app = await openTestApp()
  const body = new ReadableStream({
    start(controller) {
      for (const byte of withBytes(0xe2, 0x82)) controller.enqueue(Uint8Array.of(byte))
      controller.close()
    },
  })
  const headers = { 'content-type': 'application/json' }
  const response = await app.app.handle(
    new Request('http://localhost/api/v1/validate', { method: 'POST', headers, body }),
  )
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({ code: 'invalid_json' })
})

test('bodies: a UTF-8 byte order mark is ignored', async () => {
  await using app = await openTestApp()
  const { status, body } = await post(app, utf8(`\ufeff${text}`))
  expect([status, body.customer_name]).toEqual([201, 'Zoë'])
})

test.each(['gzip', 'identity', 'br', 'x'])(
  'bodies: Content-Encoding %s gets 415 on every route with a body',
  async (encoding) => {
    await using app = await openTestApp()
    for (const at of [path, '/api/v1/validate', '/api/v1/seats/acquire']) {
      const refused = await post(app, Bun.gzipSync(text), { 'content-encoding': encoding }, at)
      expectProblem(refused, 415, 'unsupported_media_type')
    }
    expect(await app.database.readEventTypes()).toEqual([])
  },
)

test('bodies: a charset other than UTF-8 gets 415', async () => {
  await using app = await openTestApp()
  for (const charset of [
    'iso-8859-1',
    'utf-16',
    '"windows-1252"',
    'us-ascii',
    '',
    'utf-8; charset=x',
  ]) {
    const type = { 'content-type': `application/json; charset=${charset}` }
    expectProblem(await post(app, utf8(text), type), 415, 'unsupported_media_type')
    expectProblem(
      await post(app, utf8(text), type, '/api/v1/validate'),
      415,
      'unsupported_media_type',
    )
  }
  for (const charset of ['utf-8', 'UTF-8', '"utf-8"', 'utf8', 'utf-8; profile=x']) {
    const type = { 'content-type': `application/json;charset=${charset}` }
    expect([charset, (await post(app, utf8(text), type)).status]).toEqual([charset, 201])
  }
})

test('bodies: a number that would change gets 422 with its pointer, wherever it is', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense()
  const bodies: [method: string, path: string, body: string, pointer: string][] = [
    [
      'POST',
      path,
      '{"plan":"professional","customer_email":"a@b.de","metadata":{"a":12345678901234567}}',
      '/metadata/a',
    ],
    ['PUT', `${path}/${id}`, '{"features":{"n":0.12345678901234567890}}', '/features/n'],
    ['PUT', '/api/v1/plans/starter', '{"features":{"n":1e400}}', '/features/n'],
    ['POST', `${path}/bulk`, '{"action":"update","ids":[],"metadata":{"a":1e-400}}', '/metadata/a'],
  ]
  for (const [method, at, body, pointer] of bodies) {
    const refused = await app.send(method, at, body)
    expectProblem(refused, 422, 'validation_failed', [pointer])
    expect(refused.body.detail).toContain('Send it as text.')
  }
  expect(await app.database.readEventTypes()).toEqual(['license.created'])
  const metadata = { a: '12345678901234567', b: 1234567890123456, c: 0.1 }
  expect((await app.send('PUT', `${path}/${id}`, { metadata })).body.metadata).toEqual(metadata)
})

test('bodies: a field that occurs twice gets 422 in management calls, and no part takes effect', async () => {
  await using app = await openTestApp()
  const { id, key } = await app.createLicense()
  const twice = '{"customer_name":"Ann","customer_name":"Zoe"}'
  const refused = await app.send('PUT', `${path}/${id}`, twice)
  expectProblem(refused, 422, 'validation_failed', ['/customer_name'])
  expect((await app.send('GET', `${path}/${id}`)).body.customer_name).toBeNull()
  const lenient = await app.validate(`{"key":"x","key":${JSON.stringify(key)}}`)
  expect(lenient.body.valid).toBe(true)
})
