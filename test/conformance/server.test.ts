import { expect, test } from 'bun:test'
import {
  buildAnswerClaims,
  buildCommonClaims,
  buildLeaseClaims,
  buildRevocationClaims,
  type SignedTerms,
  tokenTypes,
} from '~/domain/tokens.ts'
import { armor } from '~/signing/armor.ts'
import { signToken } from '~/signing/jws.ts'
import {
  ACTIVATION_ID,
  buildAnswer,
  buildFeed,
  buildLease,
  buildRefusal,
  DAY,
  FINGERPRINT,
  features,
  LICENSE_ID,
  NONCE,
  PRODUCT,
  REQUEST,
  T0,
} from '../../sdks/conformance/source/samples.ts'
import { hashToBase64url, testKeys } from '../../sdks/conformance/source/test-keys.ts'
import { cases } from '../../sdks/conformance/vectors/tokens.json'

const { iss, jti } = buildLease()
const NOW_MS = T0 * 1000
const common = buildCommonClaims(String(iss), String(jti), NOW_MS)
const findText = (id: string) => cases.find((each) => each.id === id)?.text ?? ''

const subject = {
  productSlug: PRODUCT,
  licenseId: LICENSE_ID,
  nonce: NONCE,
  requestHash: hashToBase64url(REQUEST),
  feedPosition: 12,
}

const terms: SignedTerms = {
  ...subject,
  planSlug: 'professional',
  features,
  warnings: [],
  fingerprintHash: hashToBase64url(FINGERPRINT),
  domains: null,
  activationIds: [ACTIVATION_ID],
  seat: null,
  endsAtMs: (T0 + 365 * DAY) * 1000,
  refreshAfterMs: (T0 + DAY) * 1000,
  validUntilMs: (T0 + 7 * DAY) * 1000,
  expiresAtMs: (T0 + 30 * DAY) * 1000,
}

test('conformance: the server signs the same claims into the same bytes as the suite', () => {
  expect(signToken(testKeys.active, 'licet-lease+jwt', buildLease())).toBe(findText('new-lease'))
  expect(signToken(testKeys.active, 'licet-answer+jwt', buildAnswer())).toBe(findText('new-answer'))
})

test('conformance: the server writes the armor that the suite expects', () => {
  expect(armor('LICENSE', findText('armor-none'))).toBe(findText('armor'))
  expect(armor('REVOCATIONS', findText('feed'))).toBe(findText('feed-armor'))
})

test('conformance: the server builds leases, answers, refusals and feeds with the claims of the suite', () => {
  const verdict = { valid: true, planSlug: 'professional', features, warnings: [] } as const
  const { endsAtMs } = terms
  const answer = buildAnswerClaims(subject, { ...verdict, endsAtMs }, NOW_MS)
  const message = 'This license has expired.'
  const refusal = buildAnswerClaims(
    subject,
    { valid: false, error: 'LICENSE_EXPIRED', message },
    NOW_MS,
  )
  const part = { from: 0, to: 14, more: false, entries: [], revokedKeys: [] }
  expect<unknown>({ ...common, ...buildLeaseClaims(terms) }).toEqual(buildLease())
  expect<unknown>({ ...common, ...answer }).toEqual(buildAnswer())
  expect<unknown>({ ...common, ...refusal }).toEqual(buildRefusal('LICENSE_EXPIRED', message))
  expect<unknown>({ ...common, ...buildRevocationClaims(part, NOW_MS) }).toEqual(buildFeed())
})

test('conformance: the suite has good and bad tokens of every type that the server signs', () => {
  for (const type of tokenTypes) {
    const own = cases.filter(({ options }) => options.type === type)
    expect(own.some(({ expected }) => expected.ok)).toBe(true)
    expect(own.some(({ expected }) => !expected.ok)).toBe(true)
  }
})
