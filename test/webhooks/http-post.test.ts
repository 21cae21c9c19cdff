import { afterEach, describe, expect, test } from 'bun:test'
import { gzipSync } from 'node:zlib'
import { createAddressGuard } from '~/webhooks/address-guard.ts'
import { createPost, type Lookup, type PostRequest } from '~/webhooks/http-post.ts'
import { testAuthority } from '../support/certificates.ts'
import {
  type Behavior,
  drip,
  findClosedPort,
  flood,
  hang,
  reset,
  respond,
  sendRaw,
  startReceiver,
} from '../support/receiver.ts'

const SHORT_MS = 60
/** Far less than the time limit that holds by default, and enough for a machine that is busy. */
const SHORT_MS_MAX = 8000
const PUBLIC = '93.184.216.34'
const OK = respond(200, {}, 'thanks')

const loopbackGuard = createAddressGuard(['127.0.0.0/8'])
const strictGuard = createAddressGuard([])
const lookupLoopback: Lookup = async () => ['127.0.0.1']
const failingLookup: Lookup = () => Promise.reject(new Error('no lookup was expected'))

const post = createPost({ guard: loopbackGuard, lookup: lookupLoopback, ca: testAuthority })
const untrustingPost = createPost({ guard: loopbackGuard, lookup: lookupLoopback })
const shortPost = createPost({
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

test('post: the body and headers arrive unchanged, with the host name of the URL', async () => {
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

test('post: requests to one receiver share a connection', async () => {
  await using receiver = await startReceiver(OK)
  for (let round = 0; round < 3; round++) await post(to(receiver.url))
  expect(receiver.requests).toHaveLength(3)
  expect(receiver.connectionCount()).toBe(1)
})

describe('response to a post', () => {
  test('post returns the Retry-After header', async () => {
    await using receiver = await startReceiver(respond(429, { 'retry-after': '120' }))
    expect(await post(to(receiver.url))).toMatchObject({ status: 429, retryAfter: '120' })
  })

  test('post follows no redirects', async () => {
    await using trap = await startReceiver(OK)
    for (const location of ['http://169.254.169.254/latest/meta-data/', trap.url]) {
      await using receiver = await startReceiver(respond(302, { location }))
      expect(await post(to(receiver.url))).toMatchObject({ status: 302, error: null })
    }
    expect(trap.connectionCount()).toBe(0)
  })

  test('post returns the first 1 KiB of a response, without half a character at the end', async () => {
    await using receiver = await startReceiver(respond(200, {}, `x${'é'.repeat(2000)}`))
    const { responseBody } = await post(to(receiver.url))
    expect(responseBody).toBe(`x${'é'.repeat(511)}`)
  })

  test('post returns a binary response without NULs, which not every database can store', async () => {
    await using receiver = await startReceiver(respond(200, {}, Buffer.from('a\0b\xff', 'latin1')))
    expect((await post(to(receiver.url))).responseBody).toBe('ab\ufffd')
  })

  test('post stops reading a response without end and keeps its status', async () => {
    await using receiver = await startReceiver(flood)
    const { status, responseBody } = await post(to(receiver.url))
    expect([status, responseBody.length]).toEqual([200, 1024])
    await receiver.waitUntilIdle()
  })

  test('post does not decompress a gzip bomb', async () => {
    const bomb = gzipSync(Buffer.alloc(20_000_000))
    await using receiver = await startReceiver(respond(200, { 'content-encoding': 'gzip' }, bomb))
    const { status, responseBody } = await post(to(receiver.url))
    expect(status).toBe(200)
    expect(responseBody).toStartWith('\x1f')
  })

  test('post keeps the status of a slow response after the timeout', async () => {
    await using receiver = await startReceiver(drip('HTTP/1.1 200 OK\r\n\r\n', 'a'))
    const readingPost = createPost({
      guard: loopbackGuard,
      lookup: lookupLoopback,
      timeoutMs: 1500,
    })
    const result = await readingPost(to(receiver.url))
    expect(result).toMatchObject({ status: 200, error: null })
    expect(result.responseBody).toMatch(/^a+$/)
    await receiver.waitUntilIdle()
  })

  test('post keeps the status of a truncated response', async () => {
    await using receiver = await startReceiver(
      sendRaw('HTTP/1.1 500 Oops\r\ncontent-length: 9\r\n\r\nbro'),
    )
    expect(await post(to(receiver.url))).toMatchObject({ status: 500, error: null })
  })
})

describe('post to a faulty receiver', () => {
  const timeouts: [string, Behavior][] = [
    ['hangs', hang],
    ['drips its headers', drip('HTTP/1.1 200 OK\r\nx-slow: ', 'a')],
    ['sends "continue" without end', drip('', 'HTTP/1.1 100 Continue\r\n\r\n')],
  ]
  test.each(timeouts)('post to a receiver that %s times out', async (_name, behavior) => {
    await using receiver = await startReceiver(behavior)
    const result = await shortPost(to(receiver.url))
    expect(result).toMatchObject({ status: null, error: 'timeout', responseBody: '' })
    expect(result.durationMs).toBeWithin(SHORT_MS - 5, SHORT_MS_MAX)
    await receiver.waitUntilIdle()
  })

  const failures: [string, Behavior, string][] = [
    ['resets the connection', reset, 'reset'],
    ['closes the connection', sendRaw(''), 'reset'],
    [
      'sends endless headers',
      drip('HTTP/1.1 200 OK\r\n', `x: ${'a'.repeat(99_999)}\r\n`),
      'invalid_response',
    ],
    ['switches protocols', sendRaw('HTTP/1.1 101 Hm\r\nupgrade: x\r\n\r\n'), 'invalid_response'],
  ]
  test.each(failures)(
    'post to a receiver that %s reports why it failed',
    async (_name, behavior, error) => {
      await using receiver = await startReceiver(behavior)
      expect(await post(to(receiver.url))).toMatchObject({ status: null, error })
    },
  )

  test('post to a closed port reports connection_refused', async () => {
    const url = `http://127.0.0.1:${await findClosedPort()}/`
    expect(await post(to(url))).toMatchObject({ status: null, error: 'connection_refused' })
  })
})

test('post reports an abort by the caller and closes the connection', async () => {
  const aborting = new AbortController()
  await using receiver = await startReceiver(() => aborting.abort())
  const result = await post(to(receiver.url, { signal: aborting.signal }))
  expect(result).toMatchObject({ status: null, error: 'aborted' })
  await receiver.waitUntilIdle()
})

describe('post over https', () => {
  test('post over https checks the certificate against the host name', async () => {
    await using receiver = await startReceiver(OK, { isTls: true })
    const { status } = await post(to(`https://hooks.test:${receiver.port}/`))
    expect(status).toBe(200)
    expect(receiver.requests[0]?.headers.host).toBe(`hooks.test:${receiver.port}`)
  })

  test('post over https checks the certificate against an address in the URL', async () => {
    await using receiver = await startReceiver(OK, { isTls: true })
    expect(await post(to(receiver.url))).toMatchObject({ status: 200 })
  })

  test('post over https rejects another host name despite a pooled connection', async () => {
    await using receiver = await startReceiver(OK, { isTls: true })
    await post(to(`https://hooks.test:${receiver.port}/`))
    const result = await post(to(`https://other.test:${receiver.port}/`))
    expect(result).toMatchObject({ status: null, error: 'tls' })
    expect(receiver.requests).toHaveLength(1)
  })

  test('post over https rejects an untrusted certificate despite NODE_TLS_REJECT_UNAUTHORIZED=0', async () => {
    await using receiver = await startReceiver(OK, { isTls: true })
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    const result = await untrustingPost(to(`https://hooks.test:${receiver.port}/`))
    expect(result).toMatchObject({ status: null, error: 'tls' })
    expect(receiver.requests).toHaveLength(0)
  })
})

describe('addresses that a post may reach', () => {
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
    'post refuses a host name that resolves to %s',
    async (_name, url, addresses, error) => {
      const strictPost = createPost({ guard: strictGuard, lookup: async () => addresses })
      expect(await strictPost(to(url))).toMatchObject({ status: null, error })
    },
  )

  test('post over plain http needs every address to be allowed', async () => {
    await using receiver = await startReceiver(OK)
    const mixedPost = createPost({
      guard: loopbackGuard,
      lookup: async () => ['127.0.0.1', PUBLIC],
    })
    const result = await mixedPost(to(`http://hooks.test:${receiver.port}/`))
    expect(result.error).toBe('https_required')
    expect(receiver.connectionCount()).toBe(0)
  })

  test('post checks an address in the URL however it is written', async () => {
    await using receiver = await startReceiver(OK)
    const strictPost = createPost({ guard: strictGuard, lookup: failingLookup })
    for (const host of ['127.0.0.1', '0x7f.1', '2130706433', '[::ffff:127.0.0.1]', '127.0.0.1.']) {
      const result = await strictPost(to(`http://${host}:${receiver.port}/`))
      expect([host, result.error]).toEqual([host, 'address_refused'])
    }
    expect(receiver.connectionCount()).toBe(0)
  })

  test('post resolves a name once per request and connects to a checked address', async () => {
    await using receiver = await startReceiver(OK)
    const lookups = [['127.0.0.1'], ['169.254.169.254'], ['127.0.0.1']]
    const rebindingPost = createPost({
      guard: loopbackGuard,
      lookup: async () => lookups.shift() ?? [],
    })
    const url = `http://rebind.test:${receiver.port}/`
    expect(await rebindingPost(to(url))).toMatchObject({ status: 200 })
    expect(await rebindingPost(to(url))).toMatchObject({ error: 'address_refused' })
    expect(lookups).toEqual([['127.0.0.1']])
    expect(receiver.requests).toHaveLength(1)
  })

  test('post falls back to the second address of a host name', async () => {
    await using receiver = await startReceiver(OK)
    const fallbackPost = createPost({
      guard: loopbackGuard,
      lookup: async () => ['127.0.0.2', '127.0.0.1'],
    })
    const result = await fallbackPost(to(`http://hooks.test:${receiver.port}/`))
    expect(result).toMatchObject({ status: 200 })
  })

  test('post connects over IPv4 first, because IPv6 is often broken', async () => {
    await using receiver = await startReceiver(OK)
    const dualPost = createPost({
      guard: createAddressGuard(['127.0.0.0/8', 'fd00::/8']),
      lookup: async () => ['fd00::1', 'fd00::2', 'fd00::3', '127.0.0.1'],
      timeoutMs: 10_000,
    })
    const result = await dualPost(to(`http://hooks.test:${receiver.port}/`))
    expect(result).toMatchObject({ status: 200 })
  })

  test('post reports a lookup that fails or hangs', async () => {
    const lookups: [Lookup, string][] = [
      [failingLookup, 'dns'],
      [() => new Promise(() => {}), 'timeout'],
    ]
    for (const [lookup, error] of lookups) {
      const unresolvedPost = createPost({ guard: strictGuard, lookup, timeoutMs: SHORT_MS })
      expect(await unresolvedPost(to('https://hooks.test/'))).toMatchObject({ status: null, error })
    }
  })

  test('post refuses URLs with a user name, another scheme or no host', async () => {
    for (const url of [
      'http://user@127.0.0.1/',
      'http://:pass@127.0.0.1/',
      'file:///etc/passwd',
      'hook',
    ]) {
      expect(await post(to(url))).toMatchObject({ status: null, error: 'invalid_url' })
    }
  })

  test('post ignores the proxies of the environment', async () => {
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
