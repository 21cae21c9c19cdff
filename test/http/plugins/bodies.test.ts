import { expect, test } from 'bun:test'
import { openTestApp, type TestApp } from '../../support/app.ts'
import { readCpuMs } from '../../support/cpu.ts'
import { expectProblem } from '../../support/problems.ts'

const path = '/api/v1/licenses'
const order = { plan: 'professional', customer_email: 'dev@example.com' }
const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)

interface Refused {
  readonly body: unknown
  readonly status: number
  readonly code: string
  readonly pointers?: readonly string[]
}

const fieldCase = (pointer: string, ...values: unknown[]): Refused[] =>
  values.map((value) => ({
    body: { ...order, [pointer.split('/')[1] ?? '']: value },
    status: 422,
    code: 'validation_failed',
    pointers: [pointer],
  }))

const refusals: readonly Refused[] = [
  ...[
    '{',
    ' ',
    'plan=professional',
    '{"plan":"a",}',
    "{'plan':1}",
    'NaN',
    '\u0000',
    '{"a":"\u0000"}',
  ].map((body) => ({ body, status: 400, code: 'invalid_json' })),
  ...['null', '[]', '"text"', '7', 'true', ''].map((body) => ({
    body,
    status: 422,
    code: 'validation_failed',
    pointers: [''],
  })),
  { body: { ...order, note: 'x'.repeat(100_000) }, status: 413, code: 'payload_too_large' },
  { body: { ...order, customer_name: 'a\0b' }, status: 422, code: 'validation_failed' },
  { body: { ...order, customer_name: '\ud800' }, status: 422, code: 'validation_failed' },
  { body: { ...order, metadata: { 'a\udfff': 1 } }, status: 422, code: 'validation_failed' },
  { body: nested(30_000), status: 422, code: 'validation_failed' },
  { body: nested(100_000), status: 413, code: 'payload_too_large' },
  { body: `{"plan":${nested(30_000)}}`, status: 422, code: 'validation_failed' },
  { body: '{"__proto__":{"plan":"professional"}}', status: 422, code: 'validation_failed' },
  { body: '{"metadata":{"__proto__":1}}', status: 422, code: 'validation_failed' },
  { body: '{"\\u005f_proto__":1}', status: 422, code: 'validation_failed' },
  ...fieldCase('/constructor', 1, { prototype: { plan: 'x' } }),
  ...fieldCase('/prototype', {}),
  ...fieldCase('/nope', 1, null),
  ...fieldCase('/plan', 'nope', '', 5, null, [], {}, { toString: 1 }, "x' OR 1=1 --"),
  ...fieldCase('/customer_email', 'dev', '@', 'a b@c.de', 'a@b\n', '', null, 'x'.repeat(300), {}),
  ...fieldCase('/customer_name', '', 5, 'x'.repeat(201), []),
  ...fieldCase('/key', 'x'.repeat(10_000), '', 5, null),
  ...fieldCase('/expires_at', '2026-02-30T00:00:00Z', '2026-02-30', '2025-02-29T00:00:00Z'),
  ...fieldCase('/expires_at', '', 0, '2026-13-01T00:00:00Z', '2026-03-06T25:00:00Z', 'tomorrow'),
  ...fieldCase('/expires_at', '9999-12-31T23:59:59-12:00', '0000-01-01T00:00:00+12:00'),
  ...fieldCase('/max_domains', -1, 1.5, '3', 2 ** 31, 1e308, true, [], {}),
  ...fieldCase('/max_devices', -1, Number.MIN_SAFE_INTEGER),
  ...fieldCase('/features', [], 'sso', null, 5),
  ...fieldCase('/metadata', [], 'x', null),
  ...fieldCase('/metadata/a', { a: {} }, { a: [] }),
  ...fieldCase('/external_ref', '', 5, 'x'.repeat(256)),
  ...fieldCase('/domains', 'example.com', {}, Array(1001).fill('a.de')),
  ...fieldCase('/domains/0', [5], [null], [''], ['co.uk'], ['a b'], ['a@b.de']),
  ...fieldCase('/quantity', 0, -1, 1001, 1.5, '1', null),
  {
    body: '{"plan":"professional","customer_email":"a@b.de","max_domains":1e400}',
    status: 422,
    code: 'validation_failed',
    pointers: ['/max_domains'],
  },
]

/** Returns all rows, after the use of the admin key is written. */
async function readRows(app: TestApp) {
  await app.send('GET', path)
  await app.deps.store.flush()
  return await app.database.readRows()
}

test('bodies: every invalid body gets the right status, code and pointer and changes nothing', async () => {
  await using app = await openTestApp()
  const before = await readRows(app)
  for (const { body, status, code, pointers = [] } of refusals) {
    const refused = await app.send('POST', path, body)
    const shown = String(JSON.stringify(body)).slice(0, 200)
    expect({ shown, status: refused.status }).toEqual({ shown, status })
    expectProblem(refused, status, code, pointers)
    expect(refused.text.length).toBeLessThan(2000)
  }
  expect(await readRows(app)).toEqual(before)
})

test('bodies: only JSON content types are accepted', async () => {
  await using app = await openTestApp()
  const before = await readRows(app)
  const text = JSON.stringify(order)
  const types: [type: string | undefined, body: string][] = [
    ['text/plain', text],
    ['text/plain; application/json', text],
    ['application/x-www-form-urlencoded', 'plan=professional&customer_email=a%40b.de'],
    ['multipart/form-data; boundary=x', '--x\r\n\r\n--x--'],
    ['application/octet-stream', text],
    ['application/jsonp', text],
    ['json', text],
    ['', text],
    [undefined, text],
  ]
  for (const [type, body] of types) {
    const refused = await app.send('POST', path, body, { 'content-type': type })
    expectProblem(refused, 415, 'unsupported_media_type')
  }
  expect(await readRows(app)).toEqual(before)
  for (const type of [
    'application/json; charset=utf-8',
    'APPLICATION/JSON',
    'application/x+json',
  ]) {
    const { status } = await app.send('POST', path, text, { 'content-type': type })
    expect([type, status]).toEqual([type, 201])
  }
})

test('bodies: a chunked body beyond the limit gets 413 and is not read further', async () => {
  await using app = await openTestApp()
  let pulls = 0
  const endless = new ReadableStream({
    pull(controller) {
      pulls += 1
      controller.enqueue(new Uint8Array(16_384).fill(32))
    },
  })
  const headers = { 'content-type': 'application/json' }
  const response = await app.app.handle(
    new Request('http://localhost/api/v1/validate', { method: 'POST', headers, body: endless }),
  )
  expect(response.status).toBe(413)
  expect(pulls).toBeLessThan(10)
})

test('bodies: chunks of a body may split a UTF-8 character', async () => {
  await using app = await openTestApp()
  const { key } = await app.createLicense({ key: 'schlüssel-für-kunden' })
  const bytes = new TextEncoder().encode(JSON.stringify({ key }))
  const body = new ReadableStream({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte))
      controller.close()
    },
  })
  const headers = { 'content-type': 'application/json' }
  const response = await app.app.handle(
    new Request('http://localhost/api/v1/validate', { method: 'POST', headers, body }),
  )
  expect(await response.json()).toMatchObject({ valid: true })
})

test('bodies: brackets inside strings do not count as nesting', async () => {
  await using app = await openTestApp()
  const name = `${'[{'.repeat(40)}"\\"${'[{'.repeat(40)}\\`
  const { customer_name } = await app.createLicense({ customer_name: name })
  expect(customer_name).toBe(name)
})

test('bodies: metadata and features accept names such as constructor', async () => {
  await using app = await openTestApp()
  const special = { constructor: 1, prototype: 'x', toString: true, hasOwnProperty: 0 }
  const license = await app.createLicense({ metadata: special, features: special })
  expect(license.metadata).toEqual(special)
  expect(license.features).toEqual(special)
  const { body } = await app.validate({ key: license.key, features: ['constructor', 'toString'] })
  expect(body.license.features).toEqual(special)
})

/** Posts a body of which each chunk is counted when it is read. */
async function countReads(app: TestApp, target: string, headers: Record<string, string>) {
  let reads = 0
  const body = new ReadableStream(
    {
      pull(controller) {
        reads += 1
        controller.enqueue(new Uint8Array(65_536).fill(32))
        if (reads === 100) controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  const request = new Request(`http://localhost${target}`, { method: 'POST', headers, body })
  return { status: (await app.app.handle(request)).status, reads }
}

test('bodies: a bulk body that its token, scope, type or declared size rules out is not read', async () => {
  await using app = await openTestApp()
  const json = { 'content-type': 'application/json' }
  const reader = `Bearer ${await app.tokenWith('licenses:read')}`
  const writer = `Bearer ${await app.tokenWith('licenses:write')}`
  const cases: [status: number, headers: Record<string, string>][] = [
    [401, json],
    [401, { ...json, authorization: 'Bearer unknown' }],
    [403, { ...json, authorization: reader }],
    [403, { authorization: reader, 'content-type': 'text/plain', 'content-length': '9000000' }],
    [413, { ...json, authorization: writer, 'content-length': '8388609' }],
    [415, { ...json, authorization: writer, 'content-encoding': 'gzip' }],
    [415, { authorization: writer, 'content-type': 'text/plain', 'content-length': '6500000' }],
  ]
  for (const [status, headers] of cases) {
    const counted = await countReads(app, `${path}/bulk`, headers)
    expect({ ...headers, ...counted }).toEqual({ ...headers, status, reads: 0 })
  }
  const typed = { authorization: writer, 'content-type': 'text/plain' }
  expect(await countReads(app, `${path}/bulk`, typed)).toEqual({ status: 415, reads: 1 })
})

test('bodies: a bulk body of 8 MiB that is rejected holds up nothing, whatever it contains', async () => {
  await using app = await openTestApp()
  const bytes = 8_388_608
  const fill = (unit: string, start: string, end: string) =>
    start + unit.repeat((bytes - start.length - end.length) / unit.length) + end
  const start = '{"action":"suspend","ids":['
  const large: [status: number, body: string][] = [
    [422, fill('"",', start, '""]}')],
    [422, fill('1,', start, '1]}')],
    [422, fill('{},', start, '{}]}')],
    [422, fill('12345678901234567,', start, '1]}')],
    [422, fill('"a":1,', '{', '"b":1}')],
    [422, fill('x', '{"action":"suspend","ids":["a"],"reason":"', '"}')],
    [422, fill('\\', '{"action":"suspend","ids":["a"],"reason":"', '"}')],
    [422, fill('1', '{"action":"renew","ids":["a"],"days":', '}')],
    [422, fill(' ', '{"action":"renew","ids":["a"],"days":12345678901234567', '}')],
    [422, fill('[', '', '')],
    [422, fill('"', '', '')],
    [400, fill('x', '', '')],
  ]
  for (const [status, body] of large) {
    const startedAtMs = readCpuMs()
    const refused = await app.send('POST', `${path}/bulk`, body)
    const durationMs = readCpuMs() - startedAtMs
    const shown = body.slice(0, 60)
    expect({ shown, status: refused.status }).toEqual({ shown, status })
    // Ten times what is expected.
    expect([shown, durationMs < 1000]).toEqual([shown, true])
  }
})

test('bodies: an optional body that is no object gets 422, and nothing changes', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense()
  const before = await app.database.readRows()
  for (const body of ['5', 'true', '"a reason"', '[]', '["a reason"]', 'null']) {
    for (const action of ['suspend', 'revoke', 'rotate-key', 'reinstate']) {
      const refused = await app.send('POST', `/api/v1/licenses/${id}/${action}`, body)
      expect([body, action, refused.body.detail]).toEqual([
        body,
        action,
        'The request body is invalid. body: Must be an object.',
      ])
      expectProblem(refused, 422, 'validation_failed', [''])
    }
  }
  expect(await app.database.readRows()).toEqual(before)
  expect((await app.send('POST', `/api/v1/licenses/${id}/suspend`, {})).status).toBe(200)
  expect((await app.send('POST', `/api/v1/licenses/${id}/reinstate`)).status).toBe(200)
})
