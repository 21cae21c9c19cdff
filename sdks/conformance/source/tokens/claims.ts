import {
  buildAnswer,
  buildFeed,
  buildFile,
  buildLease,
  buildRefusal,
  DAY,
  signAnswer,
  signFeed,
  signFile,
  signLease,
  T0,
} from '../samples.ts'
import type { Claims } from '../sign-token.ts'
import {
  importedFeed,
  malformed,
  newAnswer,
  storedFile,
  storedLease,
  type TokenCase,
} from './case.ts'

const seat = { id: 'seat_01kf0000000000000000000003', exp: T0 + 300 }

/** For each claim of a lease, one value of a wrong type. */
const wrongInLease: Claims = {
  iss: 7,
  jti: null,
  iat: `${T0}`,
  nbf: null,
  exp: `${T0 + 30 * DAY}`,
  aud: ['acme-editor'],
  sub: null,
  valid: 'true',
  plan: null,
  features: [],
  warnings: {},
  fp: 1,
  dom: 'example.com',
  act: 'act_01kf0000000000000000000002',
  sea: 'seat_01kf0000000000000000000003',
  end: '2028-01-15T08:00:00Z',
  rfa: T0 + DAY + 0.5,
  vld: true,
  rev: '12',
  non: 1,
  req: false,
}

const otherWrongLeases: readonly (readonly [id: string, why: string, changes: Claims])[] = [
  ['valid-false', '"valid" is false, which only an answer may say', { valid: false }],
  ['exp-in-ms', '"exp" is in milliseconds', { exp: (T0 + 30 * DAY) * 1000 }],
  ['exp-too-late', '"exp" is after the year 9999', { exp: 253_402_300_800 }],
  ['aud-null', '"aud" is null, which only a refusing answer may say', { aud: null }],
  ['exp-null', '"exp" is null: a lease without an end does not exist', { exp: null }],
  ['iat-negative', '"iat" is negative', { iat: -1, nbf: -301 }],
  ['rev-negative', '"rev" is negative', { rev: -1 }],
  ['nbf-after-iat', '"nbf" is after "iat"', { nbf: T0 + 1 }],
  ['iat-after-exp', '"iat" is after "exp"', { exp: T0 - 1, vld: T0 - 1, rfa: T0 - 1 }],
  ['rfa-after-vld', '"rfa" is after "vld"', { rfa: T0 + 7 * DAY + 1 }],
  ['vld-after-exp', '"vld" is after "exp"', { vld: T0 + 30 * DAY + 1 }],
  ['dom-of-numbers', '"dom" contains a number', { dom: ['example.com', 7] }],
  ['act-of-null', '"act" contains null', { act: [null] }],
  ['warnings-of-numbers', '"warnings" contains a number', { warnings: [1] }],
  ['sea-without-exp', '"sea" has no end', { sea: { id: 'seat_01kf0000000000000000000003' } }],
  ['feature-list', 'a feature is a list', { features: { sso: ['yes'] } }],
]

const wrongAnswers: readonly (readonly [id: string, why: string, claims: Claims])[] = [
  ['valid-text', '"valid" is a string', buildAnswer({ valid: 'false' })],
  ['valid-number', '"valid" is 1', buildAnswer({ valid: 1 })],
  ['valid-missing', '"valid" is missing', omit(buildAnswer(), 'valid')],
  ['valid-without-license', 'it says valid, but "sub" is null', buildAnswer({ sub: null })],
  ['valid-without-plan', 'it says valid, but has no plan', omit(buildAnswer(), 'plan')],
  ['error-missing', 'it refuses without an error', omit(refusal(), 'error')],
  ['error-null', 'it refuses, and "error" is null', refusal({ error: null })],
  ['message-number', 'it refuses, and "message" is a number', refusal({ message: 404 })],
  ['sea-text', '"sea" is a string', buildAnswer({ sea: 'seat_01kf0000000000000000000003' })],
  ['sea-without-exp', '"sea" has no end', buildAnswer({ sea: { id: seat.id } })],
  ['sea-exp-text', 'the end of "sea" is a string', buildAnswer({ sea: { ...seat, exp: `${T0}` } })],
  ['details-list', 'it refuses, and "details" is a list', refusal({ details: [] })],
]

const wrongFeeds: readonly (readonly [id: string, why: string, changes: Claims])[] = [
  ['from-text', '"from" is a string', { from: '0' }],
  ['to-fraction', '"to" is a fraction', { to: 14.5 }],
  ['more-number', '"more" is 0', { more: 0 }],
  ['revoked-object', '"revoked" is an object', { revoked: { lic_1: T0 } }],
  ['entry-without-time', 'an entry of "revoked" has no time', { revoked: [['lic_1']] }],
  ['entry-time-text', 'the time of an entry is a string', { revoked: [['lic_1', `${T0}`]] }],
  ['keys-of-texts', '"keys" contains a bare kid', { keys: ['AAAAAAAAAAAAAAAA'] }],
  ['to-before-from', '"to" is before "from"', { from: 15, to: 14 }],
]

/** Cases in which one claim has a wrong type or an impossible value. All signatures are good. */
export function listClaimCases(): TokenCase[] {
  return [
    ...Object.entries(wrongInLease).map(([claim, value]) =>
      leaseCase(`lease-${claim}-type`, `"${claim}" has a wrong type`, { [claim]: value }),
    ),
    ...otherWrongLeases.map(([id, why, changes]) => leaseCase(`lease-${id}`, why, changes)),
    ...['exp', 'fp', 'dom', 'aud', 'vld'].map((claim) => missingCase(claim)),
    {
      id: 'file-ret-type',
      description: 'A file is malformed if "ret" is a number.',
      text: signFile(buildFile({ ret: 5 })),
      options: storedFile,
      expected: malformed,
    },
    ...wrongAnswers.map(([id, why, claims]) => ({
      id: `answer-${id}`,
      description: `An answer is malformed if ${why}.`,
      text: signAnswer(claims),
      options: newAnswer,
      expected: malformed,
    })),
    ...wrongFeeds.map(([id, why, changes]) => ({
      id: `feed-${id}`,
      description: `A feed is malformed if ${why}.`,
      text: signFeed(buildFeed(changes)),
      options: importedFeed,
      expected: malformed,
    })),
  ]
}

function leaseCase(id: string, why: string, changes: Claims): TokenCase {
  return {
    id,
    description: `A lease is malformed if ${why}.`,
    text: signLease(buildLease(changes)),
    options: storedLease,
    expected: malformed,
  }
}

function missingCase(claim: string): TokenCase {
  return {
    id: `lease-${claim}-missing`,
    description: `A lease is malformed if "${claim}" is missing, because no claim is optional.`,
    text: signLease(omit(buildLease(), claim)),
    options: storedLease,
    expected: malformed,
  }
}

function refusal(changes: Claims = {}): Claims {
  return buildRefusal('LICENSE_EXPIRED', 'This license has expired.', changes)
}

function omit(claims: Claims, name: string): Claims {
  return Object.fromEntries(Object.entries(claims).filter(([each]) => each !== name))
}
