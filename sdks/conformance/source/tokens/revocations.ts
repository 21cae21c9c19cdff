import {
  ACTIVATION_ID,
  buildAnswer,
  buildFile,
  buildLease,
  LICENSE_ID,
  PRODUCT,
  signAnswer,
  signFile,
  signLease,
  T0,
} from '../samples.ts'
import type { Claims } from '../sign-token.ts'
import { testKeys } from '../test-keys.ts'
import {
  buildTokenCases,
  licensed,
  newAnswer,
  refused,
  storedLease,
  type TokenCase,
  type TokenRow,
} from './case.ts'

const OTHER_ACTIVATION_ID = 'act_01kf0000000000000000000009'
const { active } = testKeys
const lease = signLease(buildLease())
const withFeed = (revoked: Record<string, number>, keys: Record<string, number> = {}) => ({
  ...storedLease,
  feed: { to: 14, revoked, keys },
})
const revoked = refused('LICENSE_REVOKED')
const voidKey = refused('KEY_REVOKED')
const other: Claims = { act: [ACTIVATION_ID, OTHER_ACTIVATION_ID] }

const revocations: readonly TokenRow[] = [
  [
    'revoked-license',
    'A lease issued before the revocation of its license is void.',
    lease,
    withFeed({ [LICENSE_ID]: T0 + 1 }),
    revoked,
  ],
  [
    'revoked-same-second',
    'A lease issued at the time of an entry, or after it, is not void.',
    lease,
    withFeed({ [LICENSE_ID]: T0 }),
    licensed,
  ],
  [
    'revoked-lifted',
    'An entry with the time 0 voids nothing.',
    lease,
    withFeed({ [LICENSE_ID]: 0 }),
    licensed,
  ],
  [
    'revoked-activation',
    'A lease is void once an activation that it relies on is deleted.',
    lease,
    withFeed({ [ACTIVATION_ID]: T0 + 1 }),
    revoked,
  ],
  [
    'revoked-one-activation',
    'One deleted activation is enough.',
    signLease(buildLease(other)),
    withFeed({ [OTHER_ACTIVATION_ID]: T0 + 1 }),
    revoked,
  ],
  [
    'revoked-other',
    'The revocation of another license voids nothing.',
    lease,
    withFeed({ lic_01kf0000000000000000000008: T0 + 1 }),
    licensed,
  ],
  [
    'revoked-file',
    'A file is void like a lease.',
    signFile(buildFile()),
    { ...withFeed({ [LICENSE_ID]: T0 + 1 }), type: 'licet-file+jwt' },
    revoked,
  ],
  [
    'revoked-kid',
    'A token of a stolen key is void from the given time on.',
    lease,
    withFeed({}, { [active.kid]: T0 }),
    voidKey,
  ],
  [
    'revoked-kid-later',
    'What a key signed before it was stolen remains valid.',
    lease,
    withFeed({}, { [active.kid]: T0 + 1 }),
    licensed,
  ],
  [
    'revoked-kid-answer',
    'An answer of a stolen key is void.',
    signAnswer(buildAnswer()),
    { ...newAnswer, feed: { to: 14, revoked: {}, keys: { [active.kid]: T0 } } },
    voidKey,
  ],
  [
    'revoked-kid-other',
    'The theft of another key voids nothing.',
    lease,
    withFeed({}, { [testKeys.next.kid]: 0 }),
    licensed,
  ],
  [
    'revoked-product-first',
    'A token of another product is reported as such, even if it is void.',
    signLease(buildLease({ aud: `${PRODUCT}-2` })),
    withFeed({ [LICENSE_ID]: T0 + 1 }),
    refused('PRODUCT_MISMATCH'),
  ],
]

/** Cases about tokens that an imported feed voids. */
export function listRevocationCases(): TokenCase[] {
  return buildTokenCases(revocations)
}
