import { afterEach, describe, expect, test } from 'bun:test'
import { gzipSync } from 'node:zlib'
import { createAddressGuard } from '~/webhooks/address-guard.ts'
import { createPost, type Lookup, type PostRequest } from '~/webhooks/http-post.ts'
import { testAuthority } from '../support/certificates.ts'
import {
  answer,
  type Behaviour,
  drip,
  findClosedPort,
  flood,
  hang,
  reset,
  say,
  startReceiver,
} from '../support/receiver.ts'

const SHORT_MS = 60
const PUBLIC = '93.184.216.34'
const OK = answer(200, {}, 'thanks')

const loopbackGuard = createAddressGuard(['127.0.0.0/8'])
const strictGuard = createAddressGuard([])
const lookupLoopback: Lookup = async () => ['127.0.0.1']
const neverLookup: Lookup = () => Promise.reject(new Error('nothing should be looked up'))

const post = createPost({ guard: loopbackGuard, lookup: lookupLoopback, ca: testAuthority })
const hastyPost = createPost({
  guard: loopbackGuard,
  lookup: lookupLoopback,
  timeoutMs: SHORT_MS,
})

const to = (url: string, more: Partial<PostRequest> = {}): PostRequest => ({
  url,
  headers: { 'content-type': 'application/json' },
  body: '{"id":"evt_1"}',
  ...more,
})

const environment = { ...process.env }
afterEach(() => {
  for (const name of Object.keys(process.env)) delete process.env[name]
  Object.assign(process.env, environment)
})

test('the body and the headers arrive as given, under the host name of the URL', async () => {
  await using receiver = await startReceiver(OK)
  const url = `http://hooks.test:${receiver.port}/hook?shop=1`
  const result = await post(to(url, { headers: { 'webhook-id': 'evt_1' }, body: '{"ü":1}' }))
  expect(result).toMatchObject({
    status: 200,
    error: null,
    retryAfter: null,
    responseBody: 'thanks',
  })
  const [request] = receiver.requests
  expect(request).toMatchObject({ line: 'POST /hook?shop=1 HTTP/1.1', body: '{"ü":1}' })
  expect(request?.headers).toMatchObject({
    host: `hooks.test:${receiver.port}`,
    'webhook-id': 'evt_1',
    'accept-encoding': 'identity',
  })
})

test('tries to one receiver share a connection', async () => {
  await using receiver = await startReceiver(OK)
  for (let round = 0; round < 3; round++) await post(to(receiver.url))
  expect(receiver.requests).toHaveLength(3)
  expect(receiver.connectionCount()).toBe(1)
})

describe('an answer', () => {
  test('that asks for patience is handed on', async () => {
    await using receiver = await startReceiver(answer(429, { 'retry-after': '120' }))
    expect(await post(to(receiver.url))).toMatchObject({ status: 429, retryAfter: '120' })
  })

  test('that redirects is not followed, to a metadata address or anywhere', async () => {
    await using trap = await startReceiver(OK)
    for (const location of ['http://169.254.169.254/latest/meta-data/', trap.url]) {
      await using receiver = await startReceiver(answer(302, { location }))
      expect(await post(to(receiver.url))).toMatchObject({ status: 302, error: null })
    }
    expect(trap.connectionCount()).toBe(0)
  })

  test('keeps its first 1 KiB, without half a character at the end', async () => {
    await using receiver = await startReceiver(answer(200, {}, `x${'é'.repeat(2000)}`))
    const { responseBody } = await post(to(receiver.url))
    expect(responseBody).toBe(`x${'é'.repeat(511)}`)
  })

  test('without end is cut off, and its status stands', async () => {
    await using receiver = await startReceiver(flood)
    const { status, responseBody } = await post(to(receiver.url))
    expect([status, responseBody.length]).toEqual([200, 1024])
    await receiver.untilDeserted()
  })

  test('that is a gzip bomb is never inflated', async () => {
    const bomb = gzipSync(Buffer.alloc(20_000_000))
    await using receiver = await startReceiver(answer(200, { 'content-encoding': 'gzip' }, bomb))
    const { status, responseBody } = await post(to(receiver.url))
    expect(status).toBe(200)
    expect(responseBody).toStartWith('\x1f')
  })

  test('whose body drips keeps its status when the time is up', async () => {
    await using receiver = await startReceiver(drip('HTTP/1.1 200 OK\r\n\r\n', 'a'))
    const result = await hastyPost(to(receiver.url))
    expect(result).toMatchObject({ status: 200, error: null })
    expect(result.responseBody).toMatch(/^a+$/)
    await receiver.untilDeserted()
  })

  test('whose body breaks off keeps its status', async () => {
    await using receiver = await startReceiver(
      say('HTTP/1.1 500 Oops\r\ncontent-length: 9\r\n\r\nbro'),
    )
    expect(await post(to(receiver.url))).toMatchObject({ status: 500, error: null })
  })
})

describe('a receiver that', () => {
  const timeouts: [string, Behaviour][] = [
    ['hangs', hang],
    ['drips its headers', drip('HTTP/1.1 200 OK\r\nx-slow: ', 'a')],
    ['says "continue" for ever', drip('', 'HTTP/1.1 100 Continue\r\n\r\n')],
  ]
  test.each(timeouts)('%s is given up in time', async (_name, behaviour) => {
    await using receiver = await startReceiver(behaviour)
    const result = await hastyPost(to(receiver.url))
    expect(result).toMatchObject({ status: null, error: 'timeout', responseBody: '' })
    expect(result.durationMs).toBeWithin(SHORT_MS - 5, SHORT_MS + 2000)
    await receiver.untilDeserted()
  })

  const failures: [string, Behaviour, string][] = [
    ['resets the connection', reset, 'reset'],
    ['hangs up', say(''), 'reset'],
    [
      'sends endless headers',
      drip('HTTP/1.1 200 OK\r\n', `x: ${'a'.repeat(99_999)}\r\n`),
      'invalid_response',
    ],
    ['changes the protocol', say('HTTP/1.1 101 Hm\r\nupgrade: x\r\n\r\n'), 'invalid_response'],
  ]
  test.each(failures)('%s fails with a reason', async (_name, behaviour, error) => {
    await using receiver = await startReceiver(behaviour)
    expect(await post(to(receiver.url))).toMatchObject({ status: null, error })
  })

  test('does not listen fails with a reason', async () => {
    const url = `http://127.0.0.1:${await findClosedPort()}/`
    expect(await post(to(url))).toMatchObject({ status: null, error: 'connection_refused' })
  })
})

test('a caller that gives up is told so, and the connection ends', async () => {
  const giveUp = new AbortController()
  await using receiver = await startReceiver(() => giveUp.abort())
  const result = await post(to(receiver.url, { signal: giveUp.signal }))
  expect(result).toMatchObject({ status: null, error: 'aborted' })
  await receiver.untilDeserted()
})

describe('https', () => {
  test('is checked against the name, though the connection goes to an address', async () => {
    await using receiver = await startReceiver(OK, { isTls: true })
    const { status } = await post(to(`https://hooks.test:${receiver.port}/`))
    expect(status).toBe(200)
    expect(receiver.requests[0]?.headers.host).toBe(`hooks.test:${receiver.port}`)
  })

  test('is checked against the address where the URL has no name', async () => {
    await using receiver = await startReceiver(OK, { isTls: true })
    expect(await post(to(receiver.url))).toMatchObject({ status: 200 })
  })

  test('with a certificate for another name fails, even beside a pooled connection', async () => {
    await using receiver = await startReceiver(OK, { isTls: true })
    await post(to(`https://hooks.test:${receiver.port}/`))
    const result = await post(to(`https://other.test:${receiver.port}/`))
    expect(result).toMatchObject({ status: null, error: 'tls' })
    expect(receiver.requests).toHaveLength(1)
  })

  test('with a certificate that nobody vouches for fails, whatever the environment says', async () => {
    await using receiver = await startReceiver(OK, { isTls: true })
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    const result = await hastyPost(to(`https://hooks.test:${receiver.port}/`))
    expect(result).toMatchObject({ status: null, error: 'tls' })
    expect(receiver.requests).toHaveLength(0)
  })
})

describe('where it may go', () => {
  const refusals: [string, string, readonly string[], string][] = [
    ['a private address', 'https://hooks.test/', ['10.0.0.1'], 'address_refused'],
    [
      'a public and a private address',
      'https://hooks.test/',
      [PUBLIC, '127.0.0.1'],
      'address_refused',
    ],
    ['a private and a public address', 'https://hooks.test/', ['::1', PUBLIC], 'address_refused'],
    ['no address', 'https://hooks.test/', [], 'dns'],
    ['a public address over plain http', 'http://hooks.test/', [PUBLIC], 'https_required'],
  ]
  test.each(refusals)(
    'a name that leads to %s is refused',
    async (_name, url, addresses, error) => {
      const strictPost = createPost({ guard: strictGuard, lookup: async () => addresses })
      expect(await strictPost(to(url))).toMatchObject({ status: null, error })
    },
  )

  test('plain http needs every address exempt', async () => {
    await using receiver = await startReceiver(OK)
    const mixedPost = createPost({
      guard: loopbackGuard,
      lookup: async () => ['127.0.0.1', PUBLIC],
    })
    const result = await mixedPost(to(`http://hooks.test:${receiver.port}/`))
    expect(result.error).toBe('https_required')
    expect(receiver.connectionCount()).toBe(0)
  })

  test('an address in the URL is judged like any other, however it is written', async () => {
    await using receiver = await startReceiver(OK)
    const strictPost = createPost({ guard: strictGuard, lookup: neverLookup })
    for (const host of ['127.0.0.1', '0x7f.1', '2130706433', '[::ffff:127.0.0.1]', '127.0.0.1.']) {
      const result = await strictPost(to(`http://${host}:${receiver.port}/`))
      expect([host, result.error]).toEqual([host, 'address_refused'])
    }
    expect(receiver.connectionCount()).toBe(0)
  })

  test('a name that changes is looked up once a try, and what was judged is connected to', async () => {
    await using receiver = await startReceiver(OK)
    const answers = [['127.0.0.1'], ['169.254.169.254'], ['127.0.0.1']]
    const rebindingPost = createPost({
      guard: loopbackGuard,
      lookup: async () => answers.shift() ?? [],
    })
    const url = `http://rebind.test:${receiver.port}/`
    expect(await rebindingPost(to(url))).toMatchObject({ status: 200 })
    expect(await rebindingPost(to(url))).toMatchObject({ error: 'address_refused' })
    expect(answers).toEqual([['127.0.0.1']])
    expect(receiver.requests).toHaveLength(1)
  })

  test('a name whose first address is dead is reached by its second', async () => {
    await using receiver = await startReceiver(OK)
    const patientPost = createPost({
      guard: loopbackGuard,
      lookup: async () => ['127.0.0.2', '127.0.0.1'],
    })
    const result = await patientPost(to(`http://hooks.test:${receiver.port}/`))
    expect(result).toMatchObject({ status: 200 })
  })

  test('a name is tried by IPv4 first, for IPv6 is often broken in silence', async () => {
    await using receiver = await startReceiver(OK)
    const dualPost = createPost({
      guard: createAddressGuard(['127.0.0.0/8', 'fd00::/8']),
      lookup: async () => ['fd00::1', 'fd00::2', 'fd00::3', '127.0.0.1'],
      timeoutMs: 1000,
    })
    const result = await dualPost(to(`http://hooks.test:${receiver.port}/`))
    expect(result).toMatchObject({ status: 200 })
  })

  test('a look-up that fails or never ends is an ordinary failure', async () => {
    const lookups: [Lookup, string][] = [
      [neverLookup, 'dns'],
      [() => new Promise(() => {}), 'timeout'],
    ]
    for (const [lookup, error] of lookups) {
      const lostPost = createPost({ guard: strictGuard, lookup, timeoutMs: SHORT_MS })
      expect(await lostPost(to('https://hooks.test/'))).toMatchObject({ status: null, error })
    }
  })

  test('a URL with a user name, of another scheme or of no sense is refused', async () => {
    for (const url of [
      'http://user@127.0.0.1/',
      'http://:pass@127.0.0.1/',
      'file:///etc/passwd',
      'hook',
    ]) {
      expect(await post(to(url))).toMatchObject({ status: null, error: 'invalid_url' })
    }
  })

  test('the proxies of the environment are passed by', async () => {
    await using proxy = await startReceiver(OK)
    await using receiver = await startReceiver(OK)
    for (const name of ['http_proxy', 'https_proxy', 'all_proxy']) {
      process.env[name] = `http://127.0.0.1:${proxy.port}`
      process.env[name.toUpperCase()] = `http://127.0.0.1:${proxy.port}`
    }
    process.env.no_proxy = ''
    process.env.NO_PROXY = ''
    await fetch(receiver.url)
    expect([proxy.requests.length, receiver.requests.length]).toEqual([1, 0])
    await post(to(receiver.url))
    expect([proxy.requests.length, receiver.requests.length]).toEqual([1, 1])
  })
})
