import { expect, test } from 'bun:test'
import { pino } from 'pino'
import { createOutageLog } from '~/edge/outage-log.ts'
import { RejectedError, UnreachableError } from '~/edge/primary.ts'

/** Opens the log of an edge whose lease has this age. */
function open(staleMs: number, ageMs: number | null) {
  const lines: string[] = []
  const log = pino(
    { level: 'info', base: null, timestamp: false },
    { write: (line) => void lines.push(JSON.parse(line).msg) },
  )
  const state = { ageMs }
  const outages = createOutageLog({ log, lease: { getAgeMs: () => state.ageMs }, staleMs })
  const fail = (error: Error = new UnreachableError('no response')) => outages.recordFailure(error)
  return { outages, lines, state, fail }
}

const unanswered = 'the primary cannot be reached, so requests get 503 until it is back'
const answered = 'the primary cannot be reached: known licenses stay valid until'

test.each([
  ['forward', 0, -4000, 0],
  ['stale answers', 60_000, 1000, 60_000],
])(
  'edge outage log: with %s, it says until when licenses stay valid, and when that is over',
  (_title, staleMs, ageMs, overMs) => {
    const { outages, lines, state, fail } = open(staleMs, ageMs)
    fail()
    expect(lines).toEqual([])
    const earliestMs = Date.now() - ageMs + staleMs
    fail()
    const latestMs = Date.now() - ageMs + staleMs
    const [first = ''] = lines
    expect(first).toStartWith(answered)
    const untilMs = Date.parse(first.slice(answered.length).trim())
    expect(untilMs).toBeWithin(earliestMs - 1000, latestMs + 1000)
    fail()
    state.ageMs = overMs
    fail()
    fail()
    expect(lines).toEqual([first, unanswered])
    outages.recordSuccess()
    expect(lines).toEqual([first, unanswered, 'the primary is back'])
    fail()
    fail()
    expect(lines.at(-1)).toBe(unanswered)
  },
)

test('edge outage log: without any lease, requests get 503 from the second failure', () => {
  const { lines, fail } = open(60_000, null)
  fail()
  fail()
  expect(lines).toEqual([unanswered])
})

test('edge outage log: a rejected token is reported at once and once, with what to do', () => {
  const { lines, fail } = open(60_000, null)
  for (let count = 0; count < 3; count += 1) fail(new RejectedError('rejected'))
  expect(lines).toEqual([
    'the primary rejects LICET_EDGE_TOKEN, so requests get 503: replace the token, or stop this edge if it was revoked',
  ])
})
