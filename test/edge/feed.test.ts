import { expect, test } from 'bun:test'
import { pino } from 'pino'
import { createPrimaryClock } from '~/edge/clock.ts'
import { createFacts } from '~/edge/facts.ts'
import { createFeed } from '~/edge/feed.ts'
import { createLease } from '~/edge/lease.ts'
import { createPrimary } from '~/edge/primary.ts'

const changes = { all: false, plans: false, licenses: [], activations: [] }
const answer = { ...changes, position: '00000000000000aa.7', good_for_ms: 5000, now_ms: 0 }

/** Starts a server that responds to polls with these statuses, and from then on with the last one. */
function startPrimary(statuses: readonly number[]) {
  const polls: URLSearchParams[] = []
  const waiting: (() => void)[] = []
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch(request) {
      const status = statuses[polls.length] ?? statuses.at(-1) ?? 200
      polls.push(new URL(request.url).searchParams)
      for (const notify of waiting.splice(0)) notify()
      const headers = { 'x-request-id': 'an-id' }
      return Response.json(status === 200 ? answer : {}, { status, headers })
    },
  })
  /** Resolves once there were so many polls. */
  async function waitForPolls(count: number): Promise<void> {
    while (polls.length < count) await new Promise<void>((resolve) => waiting.push(resolve))
  }
  return { server, polls, waitForPolls }
}

function openFeed(url: string) {
  const nowMs = () => 0
  const facts = createFacts({
    licensesMax: 10,
    ttlMs: 1000,
    nowMs,
    read: async () => null,
    onError: () => undefined,
  })
  return createFeed({
    process: 'a.1',
    primary: createPrimary({ url, token: 'licet_edge_fake' }),
    facts,
    lease: createLease(),
    clock: createPrimaryClock(),
    log: pino({ level: 'silent' }),
    staleMs: 980,
    staleMsMax: 1000,
    getDeliveredUntilMs: nowMs,
  })
}

test.each([
  ['that it has confirmed', [200], '00000000000000aa.7'],
  ['that its primary does not know any more', [200, 410, 503], null],
])(
  'edge feed: an edge that stops gives back its lease, also with a position %s',
  async (_title, statuses, after) => {
    const { server, polls, waitForPolls } = startPrimary(statuses)
    await using _ = { [Symbol.asyncDispose]: () => server.stop(true) }
    const feed = openFeed(server.url.origin)
    await feed.start()
    await waitForPolls(3)
    await feed.stop()
    expect(polls.at(-1)?.get('empty')).toBe('true')
    expect(polls.at(-1)?.get('after')).toBe(after)
    expect(polls.at(-1)?.get('process')).toBe('a.1')
  },
)

test('edge feed: an edge that never had a lease gives none back', async () => {
  const { server, polls, waitForPolls } = startPrimary([503])
  await using _ = { [Symbol.asyncDispose]: () => server.stop(true) }
  const feed = openFeed(server.url.origin)
  await feed.start()
  await waitForPolls(3)
  await feed.stop()
  expect(polls.some((poll) => poll.has('empty'))).toBe(false)
})
