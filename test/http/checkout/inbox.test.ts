import { afterAll, beforeAll, expect, test } from 'bun:test'
import { openRawEvent } from '~/checkout/raw-events.ts'
import { type Provider, providers } from '~/domain/purchases.ts'
import { openTestApp, readResponse, type TestApp, type TestResponse } from '../../support/app.ts'
import { signEvent } from '../../support/checkout.ts'
import { testCheckoutSecrets } from '../../support/deps.ts'
import { expectProblem } from '../../support/problems.ts'

/** A server in this process that listens on a socket. */
let app: TestApp
let url: string

beforeAll(async () => {
  app = await openTestApp()
  app.app.listen({ port: 0, hostname: '127.0.0.1' })
  url = `http://127.0.0.1:${app.app.server?.port}/api/v1/checkout`
})
afterAll(async () => {
  await app.app.stop(true)
  await app.close()
})

type SentBody = string | Uint8Array

interface Sending {
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: string
}

async function post(
  provider: string,
  body: SentBody | ReadableStream,
  { headers = {}, query = '' }: Sending = {},
): Promise<TestResponse> {
  const response = await fetch(`${url}/${provider}${query}`, { method: 'POST', body, headers })
  return readResponse(response)
}

const sign = (provider: Provider, body: SentBody, id?: string) =>
  signEvent(provider, body, { atMs: app.clock.nowMs(), ...(id && { id }) })

const deliver = (provider: Provider, body: SentBody, id?: string, query?: string) =>
  post(provider, body, { headers: sign(provider, body, id), ...(query && { query }) })

const countRows = async () => (await app.database.readRows()).checkout_events?.length

const listStored = async () => {
  const { data } = await app.deps.store.checkout.events.list({}, { limit: 100, after: null })
  return data
}

async function openStored(index = 0) {
  const [event] = (await listStored()).slice(index)
  const record = await app.deps.store.checkout.events.find(event?.id ?? '')
  return openRawEvent(app.deps.vault, record?.bodySealed ?? '')
}

const metric = async (provider: Provider, outcome: string) => {
  const name = `licet_checkout_events_total{provider="${provider}",outcome="${outcome}"}`
  const text = await app.deps.metrics.registry.metrics()
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(name))
      ?.slice(name.length) ?? 0,
  )
}

/** The JSON of an event with an ID where its provider has one. */
const eventOf = (id: string, more = '') => `{"id":"${id}","event_id":"${id}","data":"${id}"${more}}`

test.each([...providers])(
  'inbox: a signed event of %s gets 200 and is stored once',
  async (provider) => {
    const before = (await countRows()) ?? 0
    const body = eventOf(`first of ${provider}`)
    for (let count = 0; count < 3; count += 1) {
      const response = await deliver(provider, body, `first-of-${provider}`)
      expect(response).toMatchObject({ status: 200, body: {}, text: '{}' })
      expect(response.headers.get('set-cookie')).toBeNull()
      expect(response.headers.get('cache-control')).toBe('no-store')
    }
    expect(await countRows()).toBe(before + 1)
    const [stored] = await listStored()
    expect(stored).toMatchObject({ provider, endpointLabel: null })
    expect((await openStored()).body).toBe(body)
    expect(await metric(provider, 'stored')).toBe(1)
    expect(await metric(provider, 'repeated')).toBe(2)
  },
)

test('inbox: eight equal events at once are stored once', async () => {
  const before = (await countRows()) ?? 0
  const body = eventOf('at once')
  const responses = await Promise.all(Array.from({ length: 8 }, () => deliver('stripe', body)))
  expect(responses.map(({ status }) => status)).toEqual(Array(8).fill(200))
  expect(await countRows()).toBe(before + 1)
})

test('inbox: the label of the endpoint keeps equal events apart', async () => {
  const before = (await countRows()) ?? 0
  const body = eventOf('two endpoints')
  for (const query of ['?endpoint=europe', '?endpoint=asia-1.b_C', '?endpoint=europe']) {
    expect((await deliver('paddle', body, undefined, query)).status).toBe(200)
  }
  expect(await countRows()).toBe(before + 2)
  expect((await listStored()).slice(0, 2).map(({ endpointLabel }) => endpointLabel)).toEqual([
    'asia-1.b_C',
    'europe',
  ])
  expectProblem(await deliver('paddle', body, undefined, '?endpoint='), 422, 'validation_failed', [
    '?endpoint',
  ])
  expectProblem(await deliver('paddle', body, undefined, '?label=x'), 422, 'validation_failed', [
    '?label',
  ])
  expect(await countRows()).toBe(before + 2)
})

test('inbox: an event without an ID is known by its body', async () => {
  const before = (await countRows()) ?? 0
  const bodies = ['{"data":1}', '{"data":2}', '{"data":1}', '{"data": 1}', '{"id":""}', '{"id":{}}']
  for (const body of bodies) expect((await deliver('lemonsqueezy', body)).status).toBe(200)
  expect(await countRows()).toBe(before + 5)
})

test('inbox: of the headers, only the ID of Standard Webhooks is stored with the event', async () => {
  await deliver('polar', '{"type":"order.paid"}', 'msg_of_polar')
  expect((await openStored()).headers).toEqual({ 'webhook-id': 'msg_of_polar' })
})

const bodiesAsSent: [what: string, body: string][] = [
  ['a byte order mark', `\ufeff${eventOf('bom')}`],
  ['CRLF', eventOf('crlf').replaceAll(',', ',\r\n')],
  ['escaped Unicode', eventOf('escaped', ',"name":"Zo\\u00eb \\ud83d\\udddd"')],
  ['Unicode', eventOf('unicode', ',"name":"Zoë 🗝"')],
  ['a NUL in a string', eventOf('nul', ',"name":"\\u0000"')],
  ['an unpaired surrogate', eventOf('surrogate', ',"name":"\\ud83d"')],
  ['a field that occurs twice', eventOf('twice', ',"data":1')],
  ['a number with 30 digits', eventOf('digits', `,"amount":${'9'.repeat(30)}`)],
  ['blanks around it', `\n ${eventOf('blanks')}\t\n`],
  ['deep nesting', eventOf('deep', `,"inner":${'['.repeat(200)}${']'.repeat(200)}`)],
]

test.each(bodiesAsSent)(
  'inbox: a body with %s is verified and stored byte for byte',
  async (_what, body) => {
    for (const provider of ['stripe', 'standard'] as const) {
      expect((await deliver(provider, body, 'byte-for-byte')).status).toBe(200)
    }
    expect((await deliver('stripe', body)).status).toBe(200)
    const stored = await Promise.all((await listStored()).map((_event, index) => openStored(index)))
    expect(stored.map((raw) => raw.body)).toContain(body)
  },
)

test.each([
  undefined,
  'application/json',
  'application/json; charset=utf-8',
  'application/json; charset=latin1',
  'application/vnd.api+json',
  'text/plain;charset=UTF-8',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/octet-stream',
  'nonsense',
])('inbox: the content type %p is accepted', async (type) => {
  const body = eventOf(`type ${type}`)
  const bytes = new TextEncoder().encode(body)
  const headers = { ...sign('stripe', body), ...(type !== undefined && { 'content-type': type }) }
  expect((await post('stripe', bytes, { headers })).status).toBe(200)
  expect((await openStored()).body).toBe(body)
})

test('inbox: a chunked body is accepted, and so is one of exactly 512 KiB', async () => {
  const start = eventOf('large').slice(0, -1)
  const pad = (bytes: number) => `${start},"pad":"${'x'.repeat(bytes - start.length - 10)}"}`
  const largest = pad(524_288)
  expect(Buffer.byteLength(largest)).toBe(524_288)
  expect((await deliver('stripe', largest)).status).toBe(200)
  const chunks = (body: string) =>
    new ReadableStream({
      start(controller) {
        for (let at = 0; at < body.length; at += 50_000) {
          controller.enqueue(new TextEncoder().encode(body.slice(at, at + 50_000)))
        }
        controller.close()
      },
    })
  const chunked = largest.replace('large', 'again')
  const sent = await post('stripe', chunks(chunked), { headers: sign('stripe', chunked) })
  expect(sent.status).toBe(200)
  expect((await openStored()).body).toBe(chunked)

  const before = await countRows()
  for (const size of [524_289, 525_312, 3_000_000]) {
    const body = pad(size)
    const headers = sign('stripe', body)
    expectProblem(await post('stripe', body, { headers }), 413, 'payload_too_large')
    expectProblem(await post('stripe', chunks(body), { headers }), 413, 'payload_too_large')
  }
  expect(await countRows()).toBe(before)
})

test('inbox: forged, stale and malformed events get the same 400, and nothing is stored', async () => {
  const before = await countRows()
  const rejectedBefore = await metric('stripe', 'rejected')
  const body = eventOf('forged')
  const genuine = sign('stripe', body)
  const at = (ms: number) => signEvent('stripe', body, { atMs: app.clock.nowMs() + ms })
  const value = genuine['stripe-signature'] ?? ''
  const notUtf8 = Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d)
  const rejected: [body: SentBody, headers: Record<string, string>][] = [
    [body, {}],
    [body, { 'stripe-signature': '' }],
    [body, { 'stripe-signature': value.slice(0, -1) }],
    [body, { 'stripe-signature': `${value}, ${value}` }],
    [body, { 'stripe-signature': `${value}\u00e4` }],
    [body, { 'stripe-signature': 'x'.repeat(10_000) }],
    [`${body} `, genuine],
    [body, signEvent('stripe', body, { atMs: app.clock.nowMs(), secret: 'another-secret' })],
    [body, at(-600_000)],
    [body, at(600_000)],
    ...['', 'null', '[]', '"text"', '1', '{broken', '{}{}', '\ufeff'].map(
      (malformed): [string, Record<string, string>] => [malformed, sign('stripe', malformed)],
    ),
    [notUtf8, sign('stripe', notUtf8)],
  ]
  const seen = new Set<string>()
  for (const [sent, headers] of rejected) {
    const response = await post('stripe', sent, { headers })
    expectProblem(response, 400, 'event_rejected')
    seen.add(JSON.stringify({ ...response.body, request_id: null }))
  }
  expect(seen.size).toBe(1)
  expect(await countRows()).toBe(before)
  expect(await metric('stripe', 'rejected')).toBe(rejectedBefore + rejected.length)
  for (const ms of [60_000, -60_000]) {
    const headers = at(ms)
    expect((await post('stripe', body, { headers })).status).toBe(200)
  }
})

test('inbox: a rejection names the variable that contains the secret', async () => {
  for (const provider of ['stripe', 'lemonsqueezy']) {
    const { status, body } = await app.send('POST', `/api/v1/checkout/${provider}`, {})
    expect(status).toBe(400)
    expect(body.detail).toContain(`LICET_${provider.toUpperCase()}_SECRETS`)
  }
})

test('inbox: both secrets are accepted during a rotation', async () => {
  for (const provider of providers) {
    for (const secret of testCheckoutSecrets.signing[provider]) {
      const body = eventOf(`signed with ${secret.length}`)
      const headers = signEvent(provider, body, { atMs: app.clock.nowMs(), secret })
      expect((await post(provider, body, { headers })).status).toBe(200)
    }
  }
})

test('inbox: a provider that is unknown, or has no secret, gets 404', async () => {
  const body = eventOf('nowhere')
  for (const name of ['gumroad', 'Stripe', 'constructor', '__proto__', 'toString', 'events']) {
    const token = { authorization: 'Bearer the-admin-token-of-all-tests' }
    const response = await post(name, body, { headers: { ...sign('stripe', body), ...token } })
    expectProblem(response, 404, 'not_found')
  }
  const deps = {
    ...app.deps,
    checkoutSecrets: {
      ...testCheckoutSecrets,
      signing: { ...testCheckoutSecrets.signing, polar: [] },
    },
  }
  const { buildApp } = await import('~/server/app.ts')
  const request = new Request('http://localhost/api/v1/checkout/polar', {
    method: 'POST',
    body,
    headers: sign('polar', body),
  })
  const response = await readResponse(await buildApp(deps).handle(request))
  expectProblem(response, 404, 'not_found')
  expect(response.body.detail).toContain('LICET_POLAR_SECRETS')
})

test('inbox: the route needs no API key, ignores one, and supports only POST', async () => {
  const body = eventOf('with a token')
  const headers = { ...sign('stripe', body), authorization: 'Bearer wrong', cookie: 'a=b' }
  expect((await post('stripe', body, { headers })).status).toBe(200)
  const got = await readResponse(await fetch(`${url}/stripe`))
  expectProblem(got, 405, 'method_not_allowed')
  expect(got.headers.get('allow')).toBe('POST')
  const preflight = await fetch(`${url}/stripe`, { method: 'OPTIONS' })
  expect(preflight.headers.get('access-control-allow-origin')).toBeNull()
})

test('inbox: many forged events of one address are rate limited, and genuine ones never', async () => {
  const body = eventOf('after many')
  const statuses = new Map<number, number>()
  for (let count = 0; count < 320; count += 1) {
    const { status } = await post('polar', body, { headers: { 'webhook-id': 'x' } })
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
  }
  expect([...statuses.keys()].sort()).toEqual([400, 429])
  expect((await deliver('polar', body, 'after-many')).status).toBe(200)
  expect((await app.validate({ key: 'an-unknown-imported-key' })).status).toBe(404)
  app.clock.advanceMs(60_000)
  expect((await post('polar', body)).status).toBe(400)
})

test('inbox: no address, body or secret of an event is in the log or in the metrics', async () => {
  const body = eventOf('private', ',"email":"ada@private.example"')
  await deliver('standard', body, 'private-1')
  await post('standard', body, { headers: sign('polar', body) })
  const shown = app.logLines.join('\n') + (await app.deps.metrics.registry.metrics())
  expect(shown).toContain('/api/v1/checkout/:provider')
  expect(shown).not.toContain('private.example')
  for (const secret of Object.values(testCheckoutSecrets.signing).flat()) {
    expect(shown).not.toContain(secret)
  }
  expect(JSON.stringify(await app.database.readRows())).not.toContain('private.example')
})
