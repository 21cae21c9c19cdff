import { expect, test } from 'bun:test'
import { gzipSync } from 'node:zlib'
import { createPost, type Lookup } from '~/webhooks/http-post.ts'
import { openTestApp } from '../support/app.ts'
import { createWebhook, deliver, deliveriesOf } from '../support/jobs.ts'
import {
  answer,
  type Behaviour,
  drip,
  findClosedPort,
  flood,
  hang,
  reset,
  startReceiver,
} from '../support/receiver.ts'

const TIMEOUT_MS = 400
const SECOND_MS = 1000
const NOW = Date.parse('2026-03-06T00:00:00Z')

const later = (seconds: number) => new Date(NOW + seconds * SECOND_MS).toUTCString()
const busy = (retryAfter: string) => answer(429, { 'retry-after': retryAfter })
const bomb = gzipSync(Buffer.alloc(20_000_000))

interface Ending {
  readonly status?: number
  readonly error?: string
  /** Until the second try; none without. */
  readonly pauseSeconds?: number
}

const delivered = { status: 200 }
const failed = (error: string): Ending => ({ error, pauseSeconds: 5 })

const cases: readonly [name: string, behaviour: Behaviour, ending: Ending][] = [
  ['hangs', hang, failed('timeout')],
  ['drips its headers', drip('HTTP/1.1 200 OK\r\nx-slow: ', 'a'), failed('timeout')],
  ['drips its body', drip('HTTP/1.1 200 OK\r\n\r\n', 'a'), delivered],
  ['floods', flood, delivered],
  ['sends a gzip bomb', answer(200, { 'content-encoding': 'gzip' }, bomb), delivered],
  ['resets', reset, failed('reset')],
  [
    'redirects to a metadata address',
    answer(302, { location: 'http://169.254.169.254/latest/' }),
    { status: 302, pauseSeconds: 5 },
  ],
  ['asks for 7 seconds', busy('7'), { status: 429, pauseSeconds: 7 }],
  ['asks by a date', busy(later(8)), { status: 429, pauseSeconds: 8 }],
  ['asks for ages', busy('999999999'), { status: 429, pauseSeconds: 10 }],
  ['asks for a negative time', busy('-60'), { status: 429, pauseSeconds: 5 }],
  ['is gone', answer(410), { status: 410 }],
]

test('each hostile receiver ends as it should, and the healthy one notices nothing', async () => {
  const answers = new Map([
    ['mixed.test', ['127.0.0.1', '10.0.0.1']],
    ['rebind.test', ['169.254.169.254']],
  ])
  const lookup: Lookup = async (name) => answers.get(name) ?? []
  await using app = await openTestApp()
  const post = createPost({ guard: app.deps.addressGuard, lookup, timeoutMs: TIMEOUT_MS })
  await using stack = new AsyncDisposableStack()
  const start = async (behaviour: Behaviour, options = {}) =>
    stack.use(await startReceiver(behaviour, options))

  const endings = new Map<string, readonly [name: string, Ending]>()
  const add = async (name: string, url: string, ending: Ending) => {
    const { id } = await createWebhook(app, { url }, { events: ['license.created'] })
    endings.set(id, [name, ending])
  }
  for (const [name, behaviour, ending] of cases) {
    await add(name, (await start(behaviour)).url, ending)
  }
  const healthy = await start(answer(200))
  const { url: tlsUrl } = await start(answer(200), { isTls: true })
  const { port } = healthy
  await add('has a certificate that nobody vouches for', tlsUrl, failed('tls'))
  await add(
    'does not listen',
    `http://127.0.0.1:${await findClosedPort()}/`,
    failed('connection_refused'),
  )
  await add('is public and private', `http://mixed.test:${port}/`, failed('address_refused'))
  await add(
    'has moved to a metadata address',
    `http://rebind.test:${port}/`,
    failed('address_refused'),
  )
  await add('has no address', 'https://nowhere.test/', failed('dns'))
  await add('is healthy', healthy.url, delivered)

  await app.createLicense()
  await deliver({ deps: { ...app.deps, post } })

  for (const [id, [name, ending]] of endings) {
    const [delivery] = await deliveriesOf(app, id)
    const { status = null, error = null, pauseSeconds } = ending
    expect([name, delivery.attempts]).toMatchObject([name, [{ status, error }]])
    const next = delivery.next_try_at === null ? null : Date.parse(delivery.next_try_at)
    const dueAt = pauseSeconds === undefined ? null : NOW + pauseSeconds * SECOND_MS
    expect([name, next]).toEqual([name, dueAt])
  }
  expect(healthy.requests).toHaveLength(1)
})
