import { DAY } from '../samples.ts'
import { checkStep, exactly, play, type Reply, type Scenario, states } from './scenario.ts'

const lease: Reply = { send: 'lease' }
const status = (code: number, headers?: Readonly<Record<string, string>>): Reply => ({
  send: 'response',
  status: code,
  body: '{"error":"down"}',
  ...(headers && { headers }),
})
const restarted = { client: 'restarted' } as const
const fresh = { with: { fresh: true } } as const
const TOTAL_MS = 10_500
/** Less than the ten seconds of all attempts, with room for a machine that is busy. */
const SOON_MS = 8000

/** Scenarios about outages: attempts, pauses, time limits, and what a stored lease is good for. */
export function listFailureScenarios(): Scenario[] {
  return [...listAttempts(), ...listPauses(), ...listTimeouts(), ...listLeases()]
}

function listAttempts(): Scenario[] {
  const distinct = { distinctMember: 'nonce' }
  return [
    play(
      '503-then-200',
      'Status 503 is repeated, with a new nonce.',
      [status(503), lease],
      [checkStep(states.server)],
      exactly(2, distinct),
    ),
    play(
      '503-503-200',
      'There are up to three attempts.',
      [status(503), status(502), lease],
      [checkStep(states.server)],
      exactly(3, distinct),
    ),
    play(
      '503-always',
      'After three attempts, an app without a record is unknown.',
      [status(503)],
      [checkStep(states.unknown, { withinMs: TOTAL_MS })],
      exactly(3),
    ),
    play(
      '408-then-200',
      'Status 408 is repeated.',
      [status(408), lease],
      [checkStep(states.server)],
      exactly(2),
    ),
    play(
      '425-then-200',
      'Status 425 is repeated.',
      [status(425), lease],
      [checkStep(states.server)],
      exactly(2),
    ),
    play(
      '429-then-200',
      'Status 429 is repeated.',
      [status(429), lease],
      [checkStep(states.server)],
      exactly(2),
    ),
    play(
      '500-then-200',
      'Status 500 is repeated.',
      [status(500), lease],
      [checkStep(states.server)],
      exactly(2),
    ),
    play(
      'reset-then-200',
      'A closed connection is repeated.',
      [{ send: 'reset' }, lease],
      [checkStep(states.server)],
      exactly(2),
    ),
    play(
      '422',
      'The problem of a field is not repeated. It is reported, and the license is unknown.',
      [{ send: 'problem', status: 422, code: 'invalid_fields' }],
      [checkStep(states.unknown, { problem: 'invalid_fields' })],
      exactly(1),
    ),
  ]
}

function listPauses(): Scenario[] {
  const wait = { withinMs: TOTAL_MS }
  return [
    play(
      'retry-after',
      'Retry-After in seconds is waited for.',
      [status(503, { 'retry-after': '2' }), lease],
      [checkStep(states.server, wait)],
      exactly(2, { gapsMs: [1950] }),
    ),
    play(
      'retry-after-429',
      'So is that of a rate limit.',
      [status(429, { 'retry-after': '1' }), lease],
      [checkStep(states.server, wait)],
      exactly(2, { gapsMs: [950] }),
    ),
    play(
      'retry-after-date',
      'Retry-After may be a date.',
      [{ send: 'response', status: 503, retryAfterDateSeconds: 3 }, lease],
      [checkStep(states.server, wait)],
      exactly(2, { gapsMs: [1500] }),
    ),
    play(
      'retry-after-long',
      'A client does not wait longer than ten seconds in total: it stops.',
      [status(503, { 'retry-after': '30' }), lease],
      [checkStep(states.unknown, { withinMs: SOON_MS })],
      exactly(1),
    ),
    play(
      'retry-after-hour',
      'It stops as well if the server asks for an hour.',
      [status(503, { 'retry-after': '3600' }), lease],
      [checkStep(states.unknown, { withinMs: SOON_MS })],
      exactly(1),
    ),
    play(
      'retry-after-text',
      'A Retry-After that cannot be read is ignored.',
      [status(503, { 'retry-after': 'soon' }), lease],
      [checkStep(states.server, wait)],
      exactly(2),
    ),
  ]
}

function listTimeouts(): Scenario[] {
  const short = { timeoutMs: 1000 }
  // A client that reads on for longer would need too much memory.
  const long = { timeoutMs: 2000 }
  const three = { min: 2, max: 3 }
  // Some platforms repeat a request on their own if its connection is closed.
  const repeatedByPlatform = { min: 3, max: 6 }
  const unknown = checkStep(states.unknown, { withinMs: TOTAL_MS })
  return [
    play(
      'hang',
      'A server that does not answer leaves the license unknown within ten seconds.',
      [{ send: 'nothing' }],
      [unknown],
      three,
      short,
    ),
    play(
      'hang-then-200',
      'A timeout is repeated.',
      [{ send: 'nothing' }, lease],
      [checkStep(states.server, { withinMs: TOTAL_MS })],
      exactly(2),
      short,
    ),
    play(
      'hang-licensed',
      'With a lease, there is one attempt, and the app stays licensed.',
      [lease, { send: 'nothing' }],
      [checkStep(states.server), checkStep(states.lease, { ...fresh, withinMs: SOON_MS })],
      exactly(2),
      short,
    ),
    play(
      'reset',
      'A server that closes each connection leaves the license unknown.',
      [{ send: 'reset' }],
      [unknown],
      repeatedByPlatform,
      short,
    ),
    play(
      'slow-body',
      'The time limit includes the body.',
      [{ send: 'slow' }],
      [unknown],
      three,
      short,
    ),
    play(
      'slow-body-licensed',
      'With a lease, a slow body changes nothing.',
      [lease, { send: 'slow' }],
      [checkStep(states.server), checkStep(states.lease, { ...fresh, withinMs: SOON_MS })],
      exactly(2),
      short,
    ),
    play(
      'huge-body',
      'A body without end is cut off, and is no answer.',
      [{ send: 'endless' }],
      [unknown],
      { min: 1, max: 3 },
      long,
    ),
    play(
      'huge-body-licensed',
      'With a lease, a body without end changes nothing.',
      [lease, { send: 'endless' }],
      [checkStep(states.server), checkStep(states.lease, { ...fresh, withinMs: SOON_MS })],
      exactly(2),
      long,
    ),
  ]
}

function listLeases(): Scenario[] {
  const aged = (days: number): Reply => ({ send: 'lease', ageSeconds: days * DAY })
  const expired = {
    allowed: false,
    status: 'unknown',
    source: 'lease',
    code: 'LEASE_EXPIRED',
  } as const
  return [
    play(
      'refresh-in-background',
      'A lease whose refresh is due answers at once, and is renewed in the background.',
      [aged(2), lease],
      [
        checkStep(states.server),
        checkStep(states.lease, { thenRequests: 2 }),
        checkStep(states.lease, restarted),
      ],
      exactly(2),
    ),
    play(
      'refresh-does-not-wait',
      'A check does not wait for its refresh in the background.',
      [aged(2), { send: 'nothing' }],
      [checkStep(states.server), checkStep(states.lease, { withinMs: 3000, thenRequests: 2 })],
      exactly(2),
      { timeoutMs: 5000 },
    ),
    play(
      'refresh-fails',
      'A refresh that fails is not tried again within a minute.',
      [aged(2), status(503)],
      [
        checkStep(states.server),
        checkStep(states.lease, { thenRequests: 2 }),
        checkStep(states.lease),
        checkStep(states.lease),
      ],
      exactly(2),
    ),
    play(
      'refresh-refused',
      'A refusal in the background takes effect at the next check.',
      [aged(2), { send: 'refusal', error: 'LICENSE_SUSPENDED', message: 'Suspended.' }],
      [
        checkStep(states.server),
        checkStep(states.lease, { thenRequests: 2 }),
        checkStep(
          { allowed: false, status: 'refused', source: 'server', code: 'LICENSE_SUSPENDED' },
          { with: { fresh: true } },
        ),
      ],
      exactly(3),
    ),
    play(
      'grace lost at 503',
      'A lease in its grace allows the app while the server answers 503.',
      [aged(8), status(503)],
      [checkStep(states.server), checkStep(states.grace, fresh)],
      exactly(2),
    ),
    play(
      'grace lost at restart',
      'It still does after a restart during the outage.',
      [aged(8), status(503)],
      [
        checkStep(states.server),
        checkStep(states.grace, { ...restarted, thenRequests: 2 }),
        checkStep(states.grace, { client: 'restarted', with: { fresh: true } }),
      ],
      exactly(3),
    ),
    play(
      'lease-expired',
      'After the hard limit, a lease is no longer usable: there are three attempts, then the license is unknown.',
      [aged(31), status(503)],
      [checkStep(states.server), checkStep(expired, { ...restarted, withinMs: TOTAL_MS })],
      exactly(4),
    ),
  ]
}
