import { type EdgeCache, memory } from '../../src/index.ts'
import { openEdge } from '../support/edge.ts'
import { createLicense } from '../support/primary.ts'
import { expectEqual, expectTrue, test, testEach } from '../support/tap.ts'
import { warm } from './confirmations.ts'

const domain = 'app.example.com'

test('while the primary is away, known licenses are confirmed for 300 seconds', async () => {
  const edge = await openEdge()
  const { key } = await createLicense()
  await warm(edge, { key, domain })
  edge.isCut = true
  edge.clock.advance(290_000)
  const answer = await edge.validate({ key, domain })
  await edge.settle()
  expectEqual([answer.status, answer.json.valid], [200, true])
  edge.clock.advance(10_000)
  const late = await edge.validate({ key, domain })
  expectEqual([late.status, late.json.code], [503, 'primary_unreachable'])
  expectEqual(late.headers.get('retry-after'), '1')
  expectEqual(late.headers.get('access-control-allow-origin'), '*')
})

test('while the primary is away, everything else gets 503', async () => {
  const edge = await openEdge()
  edge.isCut = true
  const unknown = await edge.validate({ key: 'TO-7Q4M-X0ZD-9KTB-2F17' })
  const seat = await edge.post('/api/v1/seats/acquire', { key: 'TO-7Q4M-X0ZD-9KTB-2F17' })
  expectEqual([unknown.status, seat.status], [503, 503])
})

test('a license that could not be refreshed is refreshed as soon as the primary is back', async () => {
  const edge = await openEdge()
  const { key } = await createLicense()
  await warm(edge, { key, domain })
  edge.isCut = true
  edge.clock.advance(100_000)
  await warm(edge, { key, domain })
  edge.isCut = false
  edge.clock.advance(100_000)
  await warm(edge, { key, domain })
  expectEqual((await edge.validate({ key, domain })).headers.get('age'), '0')
})

test('a token that was revoked is a failure of the edge, and not of the app, however often it is tried', async () => {
  const edge = await openEdge({ token: 'licet_edge_fake' })
  const { key } = await createLicense()
  for (let count = 0; count < 40; count += 1) {
    const answer = await edge.validate({ key, domain })
    expectEqual([answer.status, answer.json.code], [503, 'primary_unreachable'])
  }
})

const withId = { headers: { 'x-request-id': 'id-of-a-proxy' } }
const pageWithId = { headers: { ...withId.headers, 'content-type': 'text/html' } }
const foreign: Readonly<Record<string, () => Response>> = {
  'a page': () => new Response('<h1>Welcome</h1>', { headers: { 'content-type': 'text/html' } }),
  'a page with an ID': () => new Response('<h1>Welcome</h1>', pageWithId),
  'JSON without an ID': () => Response.json({ valid: true }),
  'a missing page': () => new Response('default backend - 404', { status: 404 }),
  'a limit of its own': () => Response.json({ error: 'slow down' }, { status: 429 }),
  'an error in JSON': () => Response.json({ error: 'bad gateway' }, { ...withId, status: 502 }),
  'a redirect': () =>
    new Response(null, { status: 302, headers: { location: 'https://example.com/' } }),
  'that it does not serve this name': () => Response.json({}, { ...withId, status: 421 }),
}
testEach(
  'a proxy that responds with $ counts as a primary that is away',
  foreign,
  async (reply) => {
    const edge = await openEdge({ fetch: async () => reply() })
    for (const [path, init] of [
      ['/api/v1/validate', { method: 'POST', body: '{"key":"TO-7Q4M-X0ZD-9KTB-2F17"}' }],
      ['/api/v1/revocations', {}],
    ] as const) {
      const headers = { 'content-type': 'application/json' }
      const { status, json, headers: received } = await edge.send(path, { ...init, headers })
      expectEqual([path, status, json.code], [path, 503, 'primary_unreachable'])
      expectEqual(received.get('retry-after'), '1')
    }
  },
)

test('a client that guesses gets the 429 of the primary, and others do not', async () => {
  const edge = await openEdge()
  const statuses = []
  for (let count = 0; count < 31; count += 1) {
    statuses.push((await edge.validate({ key: `ED-UNKNOWN-${crypto.randomUUID()}` })).status)
  }
  expectEqual(statuses, [...Array.from({ length: 30 }, () => 404), 429])
  const other = await openEdge()
  expectEqual((await other.validate({ key: `ED-UNKNOWN-${crypto.randomUUID()}` })).status, 404)
})

const replies: Readonly<Record<string, () => Promise<Response>>> = {
  'another status': async () => new Response('{"error":"down"}', { status: 500 }),
  'a page': async () => new Response('<h1>Welcome</h1>'),
  'broken JSON': async () => new Response('{"valid":tr'),
  'another format': async () => Response.json({ format: 99, license: {}, plan: {} }),
  'missing parts': async () => Response.json({ format: 1, position: 'x' }),
  'a redirect': async () => Response.redirect('https://example.com/'),
}
testEach('facts that are $ are not relied on', replies, async (reply) => {
  const { key } = await createLicense()
  const isFacts = ({ url }: Request) => url.endsWith('/edge/facts')
  const edge = await openEdge({
    fetch: (request) => (isFacts(request) ? reply() : fetch(request)),
  })
  await warm(edge, { key, domain })
  const answer = await edge.validate({ key, domain })
  expectEqual([answer.status, answer.json.valid], [200, true])
  expectEqual(answer.headers.get('age'), null)
})

test('a response without end gets 503, and is not kept in memory', async () => {
  const endless = () =>
    new Response(
      new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(new Uint8Array(1_048_576)),
      }),
    )
  const edge = await openEdge({ fetch: async () => endless() })
  expectEqual((await edge.validate({ key: 'K' })).status, 503)
})

const fail = () => Promise.reject(new Error('The cache is broken.'))
const brokenCaches: Readonly<Record<string, EdgeCache>> = {
  'cannot be read': { get: fail, put: async () => undefined },
  'cannot be written': { get: async () => null, put: fail },
  'never answers': { get: () => new Promise(() => undefined), put: async () => undefined },
  'returns what is not JSON': { get: async () => '{', put: async () => undefined },
  'returns another list': { get: async () => '[1]', put: async () => undefined },
  'returns other facts': {
    get: async () => JSON.stringify({ askedAtMs: Date.now(), body: { format: 1 } }),
    put: async () => undefined,
  },
}
testEach('a cache that $ breaks no answer', brokenCaches, async (cache) => {
  const edge = await openEdge({ cache })
  const { key } = await createLicense()
  await warm(edge, { key, domain })
  const answer = await edge.validate({ key, domain })
  expectEqual([answer.json.valid, answer.isLocal], [true, false])
})

test('facts from a clock that is far ahead are not relied on', async () => {
  const edge = await openEdge()
  const cache = memory()
  const [ahead, { key }] = [await openEdge({ cache }), await createLicense()]
  ahead.clock.advance(60_000)
  await warm(ahead, { key, domain })
  const other = await openEdge({ cache, clock: edge.clock })
  expectTrue(!(await other.validate({ key, domain })).isLocal, 'Facts of the future are used.')
})
