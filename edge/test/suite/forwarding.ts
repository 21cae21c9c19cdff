import { openEdge } from '../support/edge.ts'
import { createLicense, manage, primaryUrl } from '../support/primary.ts'
import { expectEqual, expectTrue, test, testEach } from '../support/tap.ts'
import { warm } from './confirmations.ts'

const domain = 'app.example.com'

/** Sends a request to the primary itself, in the way of an app. */
async function sendDirectly(path: string, body: string, type: string | null) {
  const headers = type === null ? {} : { 'content-type': type }
  const response = await fetch(primaryUrl + path, { method: 'POST', headers, body })
  return { status: response.status, text: await response.text() }
}

const withoutId = (text: string) => text.replace(/"request_id":"[^"]*"/, '')

interface Bad {
  readonly body: string
  readonly type?: string
}

const badRequests: Readonly<Record<string, Bad>> = {
  'broken JSON': { body: '{"key":' },
  'a list': { body: '[]' },
  'no body': { body: '' },
  'a key that is a number': { body: '{"key":1}' },
  'a key that is too long': { body: JSON.stringify({ key: 'K'.repeat(301) }) },
  'a field named __proto__': {
    body: '{"key":"TO-7Q4M-X0ZD-9KTB-2F17","__proto__":{"valid":true}}',
  },
  'deep nesting': { body: `{"key":"K","x":${'['.repeat(500)}${']'.repeat(500)}}` },
  'another type': { body: 'key=K', type: 'application/x-www-form-urlencoded' },
  'another charset': { body: '{}', type: 'application/json; charset=latin1' },
}
testEach('a request with $ gets the response of the primary', badRequests, async (bad) => {
  const { body, type = 'application/json' } = bad
  const edge = await openEdge()
  const answer = await edge.post('/api/v1/validate', body, { 'content-type': type })
  const direct = await sendDirectly('/api/v1/validate', body, type)
  expectEqual([answer.status, withoutId(answer.text)], [direct.status, withoutId(direct.text)])
  expectTrue(answer.status >= 400, 'The request is not rejected.')
})

test('a body of more than 64 KiB gets 413, and is not sent to the primary', async () => {
  const edge = await openEdge()
  const answer = await edge.post('/api/v1/validate', JSON.stringify({ key: 'K'.repeat(65_536) }))
  expectEqual([answer.status, answer.json.code], [413, 'payload_too_large'])
  expectEqual(edge.sent, [])
})

test('a body without end gets 413', async () => {
  const edge = await openEdge()
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(8192)),
  })
  const answer = await edge.send('/api/v1/validate', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    // Node.js and Deno need this for a stream; it is not in the types.
    ...{ duplex: 'half' },
  })
  expectEqual(answer.status, 413)
})

test('activations and seats are forwarded', async () => {
  const edge = await openEdge()
  const { key, id } = await createLicense()
  const activated = await edge.post('/api/v1/activate', { key, fingerprint: 'device-1' })
  expectEqual(activated.status, 200)
  const seat = await edge.post('/api/v1/seats/acquire', { key, fingerprint: 'device-1' })
  expectEqual([seat.status, typeof seat.json.id], [200, 'string'])
  const released = await edge.post('/api/v1/seats/release', { key, id: seat.json.id })
  expectTrue(released.status < 300, `The seat is not released: ${released.text}`)
  const path = `/licenses/${id}/activations`
  const { data } = await manage<{ data: { kind: string }[] }>('GET', path)
  expectEqual(
    data.map(({ kind }) => kind),
    ['device'],
  )
})

test('the public keys are relayed, with their caching', async () => {
  const edge = await openEdge()
  const answer = await edge.send('/.well-known/licet/jwks.json')
  expectEqual([answer.status, Array.isArray(answer.json.keys)], [200, true])
  expectEqual(answer.headers.get('cache-control'), 'public, max-age=300')
  const head = await edge.send('/.well-known/licet/jwks.json', { method: 'HEAD' })
  expectEqual([head.status, head.text], [200, ''])
})

test('the revocation feed is relayed, and not sent again to one who has it', async () => {
  const edge = await openEdge()
  const { headers } = await edge.send('/api/v1/revocations')
  const again = { headers: { 'if-none-match': headers.get('etag') ?? '' } }
  expectEqual((await edge.send('/api/v1/revocations', again)).status, 304)
})

test('a signed answer is that of the primary', async () => {
  const edge = await openEdge()
  const { key } = await createLicense()
  await warm(edge, { key, domain })
  const answer = await edge.validate({ key, domain, nonce: 'a-nonce-of-22-characters' })
  expectEqual([answer.isLocal, typeof answer.json.signed], [false, 'string'])
})

test('routes for vendors get 421, and never reach the primary', async () => {
  const edge = await openEdge()
  for (const path of ['/', '/admin', '/api/v1/licenses', '/api/v1/validate/x', '/_licet/hook']) {
    const answer = await edge.send(path, { headers: { authorization: 'Bearer licet_fake' } })
    expectEqual([path, answer.status, answer.json.code], [path, 421, 'misdirected_request'])
  }
  expectEqual(edge.sent, [])
})

test('a slash at the end of a path changes nothing, as at the primary', async () => {
  const edge = await openEdge()
  const { key } = await createLicense()
  const direct = await sendDirectly(
    '/api/v1/validate/',
    JSON.stringify({ key }),
    'application/json',
  )
  const answer = await edge.post('/api/v1/validate/', { key })
  expectEqual([answer.status, answer.text], [direct.status, direct.text])
})

test('a method that a route does not support gets 405 with Allow', async () => {
  const edge = await openEdge()
  const answer = await edge.send('/api/v1/validate')
  expectEqual([answer.status, answer.headers.get('allow')], [405, 'POST'])
  const deleted = await edge.send('/api/v1/revocations', { method: 'DELETE' })
  expectEqual([deleted.status, deleted.headers.get('allow')], [405, 'GET, HEAD'])
})

test('pages of any origin may call the routes of apps', async () => {
  const edge = await openEdge()
  const { status, headers } = await edge.send('/api/v1/validate', { method: 'OPTIONS' })
  expectEqual([status, headers.get('access-control-allow-origin')], [204, '*'])
  expectEqual(headers.get('access-control-allow-methods'), 'POST, OPTIONS')
  expectEqual(headers.get('access-control-allow-headers'), 'content-type, x-request-id')
})

test('the primary learns the address and country of the client, and nothing that the app claims', async () => {
  const edge = await openEdge()
  const { key } = await createLicense()
  const init = {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'licet-client-address': '203.0.113.66',
      authorization: 'Bearer licet_fake',
      cookie: 'a=b',
    },
    body: JSON.stringify({ key }),
  }
  await edge.send('/api/v1/validate', init, { address: '198.51.100.7', country: 'DE' })
  const [{ headers }] = edge.requests as [Request]
  expectEqual(headers.get('licet-client-address'), '198.51.100.7')
  expectEqual(headers.get('licet-client-country'), 'DE')
  expectEqual(headers.get('cookie'), null)
  expectTrue(headers.get('authorization') !== 'Bearer licet_fake', 'The token of the app is sent.')
})

test('the ID of a request is the same at the app, the edge and the primary', async () => {
  const edge = await openEdge()
  const { key } = await createLicense()
  const headers = { 'x-request-id': 'request-of-the-app' }
  const answers = [await edge.post('/api/v1/validate', { key }, headers)]
  await edge.settle()
  answers.push(await edge.post('/api/v1/validate', { key }, headers))
  expectEqual(
    answers.map((answer) => [answer.isLocal, answer.headers.get('x-request-id')]),
    [
      [false, 'request-of-the-app'],
      [true, 'request-of-the-app'],
    ],
  )
})

test('an unknown key is asked for once within two seconds', async () => {
  const edge = await openEdge()
  const body = { key: `ED-UNKNOWN-${crypto.randomUUID()}` }
  const answers = [await edge.validate(body), await edge.validate(body)]
  expectEqual(
    answers.map(({ status, isLocal }) => [status, isLocal]),
    [
      [404, false],
      [404, true],
    ],
  )
  expectEqual(answers[1]?.text, answers[0]?.text)
  edge.clock.advance(2001)
  expectEqual((await edge.validate(body)).isLocal, false)
})
