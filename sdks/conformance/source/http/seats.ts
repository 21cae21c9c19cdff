import { call, exactly, play, type Reply, type Scenario } from './scenario.ts'

const acquirePath = '/api/v1/seats/acquire'
const renewPath = '/api/v1/seats/renew'
const SEAT_ID = 'seat_01kf0000000000000000000003'
const id = SEAT_ID
/** The ends that the server signs, as in tokens and as an app sees them. They do not depend on the clock. */
const first = { sea: { id, exp: 4_102_444_800 }, seen: { id, expiresAt: '2100-01-01T00:00:00Z' } }
const later = { sea: { id, exp: 4_102_445_100 }, seen: { id, expiresAt: '2100-01-01T00:05:00Z' } }
const acquired = { send: 'seat', sea: first.sea } as const
const renewed = { send: 'seat', sea: later.sea } as const
/** Of another seat, with another end. */
const body = { id: 'seat_01kf0000000000000000000009', expires_at: '2199-12-31T23:59:59Z' }
const down: Reply = { send: 'response', status: 503, body: '{"error":"down"}' }
const limit = { limit: 2, used: 2 }
const noSeat: Reply = { send: 'problem', status: 409, code: 'SEAT_LIMIT_REACHED', details: limit }
const plain = { pinned: false }
const noAnswer = { throws: 'NoAnswer' } as const
const seatFull = {
  throws: 'ApiProblem',
  status: 409,
  code: 'SEAT_LIMIT_REACHED',
  details: limit,
} as const

/** Scenarios of floating seats. */
export function listSeatScenarios(): Scenario[] {
  return [...listAcquisitions(), ...listRenewals(), ...listFakeRenewals()]
}

function listAcquisitions(): Scenario[] {
  const ok = { ok: true } as const
  return [
    play(
      'seat',
      'A seat is acquired, renewed and released.',
      [{ send: 'seat' }, { send: 'seat' }, { send: 'response', status: 200, body: '{}' }],
      [call('seats.acquire', { id }), call('seats.renew', { id }), call('seats.release', ok)],
      exactly(3, { paths: [acquirePath, renewPath, '/api/v1/seats/release'] }),
    ),
    play(
      'seat-plain',
      'Without pinned keys, neither a seat nor its renewal is signed.',
      [
        { ...acquired, unsigned: true },
        { ...renewed, unsigned: true },
      ],
      [call('seats.acquire', first.seen), call('seats.renew', later.seen)],
      exactly(2, { hasNot: ['lease', 'nonce'] }),
      plain,
    ),
    play(
      'seat-limit',
      'If no seat is free, the call throws the code and details.',
      [noSeat],
      [call('seats.acquire', seatFull)],
      exactly(1),
    ),
    play(
      'seat-hosts-file',
      'A seat without a signature is no answer.',
      [{ send: 'seat', unsigned: true }],
      [call('seats.acquire', noAnswer)],
      exactly(1),
    ),
    play(
      'seat-forged-end',
      'The ID and the end of a seat are those that are signed, whatever else the response says.',
      [{ ...acquired, body }],
      [call('seats.acquire', first.seen)],
      exactly(1),
    ),
    play(
      'seat-not-signed',
      'A signed answer without a seat is no answer to a request for one.',
      [{ send: 'seat', sea: null }],
      [call('seats.acquire', noAnswer)],
      exactly(1),
    ),
    play(
      'seat-503',
      'A seat is asked for again after status 503.',
      [down, { send: 'seat' }],
      [call('seats.acquire', { id })],
      exactly(2),
    ),
  ]
}

function listRenewals(): Scenario[] {
  const steps = [call('seats.acquire', first.seen), call('seats.renew', later.seen)]
  return [
    play(
      'seat-renewal',
      'A renewal has a nonce of its own, and its answer the new end of the seat.',
      [acquired, renewed],
      steps,
      exactly(2, { has: ['key', 'nonce'], hasNot: ['lease'], distinctMember: 'nonce' }),
    ),
    play(
      'seat-renewal-503',
      'A renewal is repeated after status 503, with a new nonce.',
      [acquired, down, renewed],
      steps,
      exactly(3, { paths: [acquirePath, renewPath, renewPath], distinctMember: 'nonce' }),
    ),
    play(
      'seat-renewal-next-key',
      'A renewal that the next key has signed is accepted.',
      [acquired, { ...renewed, key: 'next' }],
      steps,
      exactly(2),
    ),
    play(
      'seat-renewal-forged-end',
      'The ID and the end of a renewed seat are those that are signed, whatever else the response says.',
      [acquired, { ...renewed, body }],
      steps,
      exactly(2),
    ),
    play(
      'seat-renewal-refused',
      'A refused renewal throws its code and details.',
      [acquired, noSeat],
      [call('seats.acquire', first.seen), call('seats.renew', seatFull)],
      exactly(2),
    ),
  ]
}

/** Replies with which a false server tries to prolong a seat. */
const fakes: readonly (readonly [id: string, description: string, reply: Reply])[] = [
  ['hosts-file', 'A renewal without a signature is no answer.', { ...renewed, unsigned: true }],
  [
    'forged',
    'A renewal that another key has signed is no answer.',
    { ...renewed, key: 'stranger-as-active' },
  ],
  ['broken', 'A renewal whose signature is wrong is no answer.', { ...renewed, broken: true }],
  ['wrong-nonce', 'A renewal with the nonce of another is none.', { ...renewed, nonce: 'other' }],
  ['wrong-request', 'Nor is the renewal of another seat.', { ...renewed, request: 'other' }],
  ['wrong-route', 'Nor is the grant of another route.', { ...renewed, route: '/seats/acquire' }],
  [
    'not-signed',
    'A signed answer without a seat, such as that of a validation, does not renew one.',
    { ...renewed, sea: null },
  ],
  [
    'grants-refusal',
    'A renewal whose signature refuses is no answer.',
    { send: 'refusal', error: 'SEAT_LIMIT_REACHED', message: 'No seat is free.' },
  ],
]

function listFakeRenewals(): Scenario[] {
  return [
    ...fakes.map(([name, description, reply]) =>
      play(
        `seat-renewal-${name}`,
        description,
        [acquired, reply],
        [call('seats.acquire', first.seen), call('seats.renew', noAnswer)],
        exactly(2),
      ),
    ),
    play(
      'seat-renewal-replayed',
      'The answer to an earlier renewal does not renew the seat again.',
      [renewed, { send: 'replay' }],
      [call('seats.renew', later.seen), call('seats.renew', noAnswer)],
      exactly(2, { distinctMember: 'nonce' }),
    ),
  ]
}
