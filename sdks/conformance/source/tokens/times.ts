import { buildFile, buildLease, DAY, signFile, signLease, T0 } from '../samples.ts'
import type { Claims } from '../sign-token.ts'
import {
  licensed,
  refused,
  storedFile,
  storedLease,
  type TokenCase,
  type TokenExpectation,
} from './case.ts'

const FILE_END = T0 + 365 * DAY
/** 9999-12-31T23:59:59Z, the end of a perpetual file. */
const FOREVER = 253_402_300_799

const due: TokenExpectation = { ok: true, state: 'licensed', refresh: true, clockBehind: false }
const grace: TokenExpectation = { ok: true, state: 'grace', refresh: true, clockBehind: false }
const behind: TokenExpectation = { ok: true, state: 'licensed', refresh: true, clockBehind: true }

type Row = readonly [id: string, description: string, now: number, expected: TokenExpectation]

const leaseTimes: readonly Row[] = [
  ['at-iat', 'A lease is valid at the time at which it was issued.', T0, licensed],
  ['at-nbf', 'A clock that is 300 seconds behind is normal.', T0 - 300, licensed],
  [
    'before-nbf',
    'A clock that is 301 seconds behind is reported, and the lease is evaluated as at its issue.',
    T0 - 301,
    behind,
  ],
  ['in-1970', 'A clock that starts in 1970 locks nobody out.', 0, behind],
  ['before-rfa', 'One second before "rfa", no refresh is due.', T0 + DAY - 1, licensed],
  ['at-rfa', 'At "rfa", a refresh is due.', T0 + DAY, due],
  ['before-vld', 'One second before "vld", the license is not in grace.', T0 + 7 * DAY - 1, due],
  ['at-vld', 'At "vld", the grace starts.', T0 + 7 * DAY, grace],
  ['before-exp', 'One second before "exp", the license is in grace.', T0 + 30 * DAY - 1, grace],
  ['at-exp', 'At "exp", the lease has expired.', T0 + 30 * DAY, refused('LEASE_EXPIRED')],
  [
    'after-exp',
    'One second after "exp", the lease has expired.',
    T0 + 30 * DAY + 1,
    refused('LEASE_EXPIRED'),
  ],
]

const fileTimes: readonly Row[] = [
  [
    'before-exp',
    'One second before "exp", a file is valid without any refresh or grace.',
    FILE_END - 1,
    licensed,
  ],
  ['at-exp', 'At "exp", a file has expired.', FILE_END, refused('FILE_EXPIRED')],
]

const short: Claims = { rfa: T0 + 600, vld: T0 + 600, exp: T0 + 600, end: T0 + 600 }
const perpetual: Claims = { rfa: FOREVER, vld: FOREVER, exp: FOREVER, end: null }

/** Cases about times, each at the second before and the second of a change. */
export function listTimeCases(): TokenCase[] {
  const seat = { sea: { id: 'seat_01kf0000000000000000000003', exp: T0 + 30 * DAY } }
  return [
    ...leaseTimes.map((row) => build('lease', row, signLease(buildLease()))),
    ...fileTimes.map((row) => build('file', row, signFile(buildFile()))),
    build(
      'file',
      ['perpetual', 'A perpetual file is valid in a hundred years.', T0 + 36_525 * DAY, licensed],
      signFile(buildFile(perpetual)),
    ),
    build(
      'lease',
      [
        'no-grace',
        'A lease whose times are equal has no grace.',
        T0 + 600,
        refused('LEASE_EXPIRED'),
      ],
      signLease(buildLease(short)),
    ),
    build(
      'lease',
      ['no-grace-before', 'A lease whose times are equal is fresh until then.', T0 + 599, licensed],
      signLease(buildLease(short)),
    ),
    build(
      'lease',
      ['seat', 'A lease of a borrowed seat is accepted.', T0 + 60, licensed],
      signLease(buildLease(seat)),
    ),
    build(
      'lease',
      ['end-null', 'A lease of a perpetual license has no end.', T0 + 60, licensed],
      signLease(buildLease({ end: null })),
    ),
  ]
}

function build(kind: 'lease' | 'file', row: Row, text: string): TokenCase {
  const [id, description, now, expected] = row
  const options = { ...(kind === 'lease' ? storedLease : storedFile), now }
  return { id: `time-${kind}-${id}`, description, text, options, expected }
}
