import { expect, test } from 'bun:test'
import {
  buildAnswerClaims,
  buildCommonClaims,
  buildLeaseClaims,
  buildRevocationClaims,
  type SignedTerms,
} from '~/domain/tokens.ts'
import { licenseRevoked } from '~/domain/verdicts.ts'

const terms: SignedTerms = {
  productSlug: 'default',
  licenseId: 'lic_a',
  planSlug: 'professional',
  features: { sso: true },
  warnings: [],
  fingerprintHash: 'hash',
  domains: ['example.com'],
  activationIds: ['act_a'],
  seat: { id: 'seat_a', expiresAtMs: 5999 },
  endsAtMs: 9999,
  refreshAfterMs: 1999,
  validUntilMs: 2999,
  expiresAtMs: 3999,
  feedPosition: 7,
  nonce: 'nonce',
  requestHash: 'request',
}

test('tokens: times in a lease are whole seconds, rounded down so that it never lasts longer', () => {
  expect(buildLeaseClaims(terms)).toEqual({
    aud: 'default',
    sub: 'lic_a',
    valid: true,
    plan: 'professional',
    features: { sso: true },
    warnings: [],
    fp: 'hash',
    dom: ['example.com'],
    act: ['act_a'],
    sea: { id: 'seat_a', exp: 5 },
    end: 9,
    rfa: 1,
    vld: 2,
    exp: 3,
    rev: 7,
    non: 'nonce',
    req: 'request',
  })
})

test('tokens: a lease without an end, a seat or bindings has null instead', () => {
  const unbound = { ...terms, seat: null, endsAtMs: null, fingerprintHash: null, domains: null }
  expect(buildLeaseClaims(unbound)).toMatchObject({ sea: null, end: null, fp: null, dom: null })
})

const subject = {
  productSlug: 'default',
  licenseId: 'lic_a',
  nonce: 'nonce',
  requestHash: 'request',
  feedPosition: 7,
}

test('tokens: an answer to a valid license has its terms and its seat, if it is about one, and is valid for five minutes', () => {
  const verdict = {
    valid: true,
    planSlug: 'professional',
    features: {},
    warnings: ['A'],
    endsAtMs: 9999,
  } as const
  expect(buildAnswerClaims(subject, verdict, 1999)).toEqual({
    aud: 'default',
    sub: 'lic_a',
    non: 'nonce',
    req: 'request',
    rev: 7,
    exp: 301,
    valid: true,
    plan: 'professional',
    features: {},
    warnings: ['A'],
    end: 9,
  })
  const seat = { id: 'seat_a', expiresAtMs: 5999 }
  expect(buildAnswerClaims(subject, { ...verdict, seat }, 1999)).toMatchObject({
    sea: { id: 'seat_a', exp: 5 },
  })
})

test('tokens: an answer that refuses has the error, and no terms', () => {
  const unknown = { ...subject, productSlug: null, licenseId: null }
  const { message } = licenseRevoked
  const facts = { aud: null, sub: null, non: 'nonce', req: 'request', rev: 7, exp: 301 }
  const refusal = { ...facts, valid: false, error: 'LICENSE_REVOKED', message }
  expect(buildAnswerClaims(unknown, licenseRevoked, 1999)).toEqual(
    refusal as ReturnType<typeof buildAnswerClaims>,
  )
  const details = { limit: 3 }
  expect(buildAnswerClaims(unknown, { ...licenseRevoked, details }, 1999)).toMatchObject({
    details,
  })
})

test('tokens: a part of the feed lists pairs of an ID and a time', () => {
  const part = {
    from: 3,
    to: 9,
    more: true,
    entries: [
      { id: 'lic_a', beforeMs: 5000 },
      { id: 'lic_b', beforeMs: 0 },
    ],
    revokedKeys: [{ kid: 'key', sinceMs: 6999 }],
  }
  expect(buildRevocationClaims(part, 1999)).toEqual({
    from: 3,
    to: 9,
    more: true,
    revoked: [
      ['lic_a', 5],
      ['lic_b', 0],
    ],
    keys: [['key', 6]],
    exp: 1 + 7 * 86_400,
  })
})

test('tokens: a token is accepted by clocks that are up to five minutes behind', () => {
  const claims = buildCommonClaims('licet', 'an-id', 400_999)
  expect(claims).toEqual({ iss: 'licet', jti: 'an-id', iat: 400, nbf: 100 })
})
