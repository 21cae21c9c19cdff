import { expect, test } from 'bun:test'
import { gzipSync } from 'node:zlib'
import { createPost, type Lookup, type Post } from '~/webhooks/http-post.ts'
import { openTestApp } from '../support/app.ts'
import { createWebhook, deliver, deliveriesOf } from '../support/jobs.ts'
import {
  type Behavior,
  drip,
  findClosedPort,
  flood,
  hang,
  reset,
  respond,
  startReceiver,
} from '../support/receiver.ts'

/** Long enough for the beginning of a response, even on a busy machine. */
const TIMEOUT_MS = 1500
const SECOND_MS = 1000
const NOW = Date.parse('2026-03-06T00:00:00Z')

const later = (seconds: number) => new Date(NOW + seconds * SECOND_MS).toUTCString()
const busy = (retryAfter: string) => respond(429, { 'retry-after': retryAfter })
const bomb = gzipSync(Buffer.alloc(20_000_000))

interface Outcome {
  readonly status?: number
  readonly error?: string
  /** The pause before the second attempt; undefined if there is none. */
  readonly pauseSeconds?: number
}

const delivered = { status: 200 }
const failed = (error: string): Outcome => ({ error, pauseSeconds: 5 })

const cases: readonly [name: string, behavior: Behavior, outcome: Outcome][] = [
  ['hangs', hang, failed('timeout')],
  ['drips its headers', drip('HTTP/1.1 200 OK\r\nx-slow: ', 'a'), failed('timeout')],
  ['drips its body', drip('HTTP/1.1 200 OK\r\n\r\n', 'a'), delivered],
  ['floods', flood, delivered],
  ['sends a gzip bomb', respond(200, { 'content-encoding': 'gzip' }, bomb), delivered],
  ['resets', reset, failed('reset')],
  [
    'redirects to a metadata address',
    respond(302, { location: 'http://169.254.169.254/latest/' }),
    { status: 302, pauseSeconds: 5 },
  ],
  ['asks for a retry after 7 seconds', busy('7'), { status: 429, pauseSeconds: 7 }],
  ['asks for a retry at a date', busy(later(8)), { status: 429, pauseSeconds: 8 }],
  ['asks for a retry in 30 years', busy('999999999'), { status: 429, pauseSeconds: 10 }],
  ['asks for a retry in the past', busy('-60'), { status: 429, pauseSeconds: 5 }],
  ['is gone', respond(410), { status: 410 }],
]

test('hostile receivers: each attempt ends as specified, and a healthy receiver is not affected', async () => {
  const addresses = new Map([
    ['mixed.test', ['127.0.0.1', '10.0.0.1']],
    ['rebind.test', ['169.254.169.254']],
  ])
  const lookup: Lookup = async (name) => addresses.get(name) ?? []
  await using app = await openTestApp()
  const guard = app.deps.addressGuard
  const hastyPost = createPost({ guard, lookup, timeoutMs: TIMEOUT_MS })
  const patientPost = createPost({ guard, lookup })
  const slow = new Set<string>()
  const post: Post = (request) => (slow.has(request.url) ? hastyPost : patientPost)(request)
  await using stack = new AsyncDisposableStack()
  const start = async (behavior: Behavior, options = {}) =>
    stack.use(await startReceiver(behavior, options))

  const outcomes = new Map<string, readonly [name: string, Outcome]>()
  const add = async (name: string, url: string, outcome: Outcome) => {
    const { id } = await createWebhook(app, { url }, { events: ['license.created'] })
    outcomes.set(id, [name, outcome])
  }
  for (const [name, behavior, outcome] of cases) {
    const { url } = await start(behavior)
    if (behavior === hang || /drips/.test(name)) slow.add(url)
    await add(name, url, outcome)
  }
  const healthy = await start(respond(200))
  const { url: tlsUrl } = await start(respond(200), { isTls: true })
  const { port } = healthy
  await add('has an untrusted certificate', tlsUrl, failed('tls'))
  await add(
    'does not listen',
    `http://127.0.0.1:${await findClosedPort()}/`,
    failed('connection_refused'),
  )
  await add(
    'resolves to a public and a private address',
    `http://mixed.test:${port}/`,
    failed('address_refused'),
  )
  await add(
    'resolves to a metadata address',
    `http://rebind.test:${port}/`,
    failed('address_refused'),
  )
  await add('does not resolve', 'https://nowhere.test/', failed('dns'))
  await add('is healthy', healthy.url, delivered)

  await app.createLicense()
  await deliver({ deps: { ...app.deps, post } })

  for (const [id, [name, outcome]] of outcomes) {
    const [delivery] = await deliveriesOf(app, id)
    const { status = null, error = null, pauseSeconds } = outcome
    expect([name, delivery.attempts]).toMatchObject([name, [{ status, error }]])
    const next = delivery.next_try_at === null ? null : Date.parse(delivery.next_try_at)
    const dueAt = pauseSeconds === undefined ? null : NOW + pauseSeconds * SECOND_MS
    expect([name, next]).toEqual([name, dueAt])
  }
  expect(healthy.requests).toHaveLength(1)
})
