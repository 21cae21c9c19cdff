import { expect, test } from 'bun:test'
import { peekFields, readFields } from '~/http/compat/bodies.ts'
import { readBytes } from '~/http/plugins/bodies.ts'

const FORM = 'application/x-www-form-urlencoded'

async function read(type: string | null, body: string, query = '') {
  const request = new Request('http://licet.test/', {
    method: 'POST',
    headers: type === null ? {} : { 'content-type': type },
  })
  const bodyBytes = new TextEncoder().encode(body)
  const call = { request, bodyBytes, query: new URLSearchParams(query) }
  const fields = await readFields({
    ...call,
    requestId: 'x',
    nowMs: 0,
    params: {},
    set: { headers: {} },
  })
  return Object.fromEntries(fields)
}

const multipart = (name: string, value: string, more = '') =>
  `--b\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n--b--\r\n`

test.each([
  ['a form', FORM, 'license_key=a+b%26c&name=Ad%C3%A9'],
  ['a form with a charset', `${FORM}; charset=UTF-8`, 'license_key=a+b%26c&name=Ad%C3%A9'],
  ['a body without a type', null, 'license_key=a+b%26c&name=Ad%C3%A9'],
  ['JSON', 'application/json', '{"license_key":"a b&c","name":"Adé"}'],
  ['JSON of a type of its own', 'application/vnd.api+json', '{"license_key":"a b&c","name":"Adé"}'],
])('compat bodies: the fields of %s are read', async (_name, type, body) => {
  expect(await read(type, body)).toEqual({ license_key: 'a b&c', name: 'Adé' })
})

test('compat bodies: a multipart form, which PHP sends, is read without its files', async () => {
  const type = 'multipart/form-data; boundary=b'
  expect(await read(type, multipart('license', 'a b'))).toEqual({ license: 'a b' })
  expect(await read(type, multipart('file', 'x', '; filename="a.txt"'))).toEqual({})
})

test('compat bodies: fields of the body replace those of the query', async () => {
  const fields = await read(FORM, 'license=body', 'license=query&url=a.io')
  expect(fields).toEqual({ license: 'body', url: 'a.io' })
})

test('compat bodies: numbers and booleans are text, and what is nested or null is absent', async () => {
  const json = '{"a":1,"b":true,"c":null,"d":{},"e":[1],"f":""}'
  expect(await read('application/json', json)).toEqual({ a: '1', b: 'true', f: '' })
  expect(await read('application/json', '[1]')).toEqual({})
  expect(await read('application/json', '')).toEqual({})
})

test('compat bodies: what a database cannot store is removed', async () => {
  expect(await read(FORM, 'a=x%00y')).toEqual({ a: 'xy' })
  expect(await read('application/json', '{"a":"x\\ud800y"}')).toEqual({ a: 'xy' })
})

test.each([
  ['JSON that is none', 'application/json', '{'],
  ['a form without its boundary', 'multipart/form-data; boundary=other', multipart('a', 'b')],
  ['too many fields', FORM, Array.from({ length: 201 }, (_, index) => `f${index}=1`).join('&')],
])('compat bodies: %s throws a Fault', async (_name, type, body) => {
  await expect(read(type, body)).rejects.toMatchObject({ name: 'Fault' })
})

test('compat bodies: a body that is looked at can still be read', async () => {
  const request = new Request('http://licet.test/', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"token":"a"}',
  })
  expect(Object.fromEntries(await peekFields(request))).toEqual({ token: 'a' })
  expect(await request.json()).toEqual({ token: 'a' })
})

test('compat bodies: a body that cannot be read has no fields when it is looked at', async () => {
  const post = (type: string, body: string) =>
    new Request('http://licet.test/', { method: 'POST', headers: { 'content-type': type }, body })
  for (const request of [
    post('application/json', '{'),
    post('application/json', ' '.repeat(70_000)),
    post('multipart/form-data; boundary=x', 'y'),
  ]) {
    expect([...(await peekFields(request))]).toEqual([])
  }
})

test('compat bodies: a chunked body that is too large to look at does not hold up its request', async () => {
  const chunk = new Uint8Array(50_000)
  const body = new ReadableStream({ pull: (controller) => controller.enqueue(chunk) })
  const request = new Request('http://licet.test/', { method: 'POST', body })
  expect([...(await peekFields(request))]).toEqual([])
  await expect(readBytes(request, 100_000)).rejects.toMatchObject({ kind: 'payload_too_large' })
})
