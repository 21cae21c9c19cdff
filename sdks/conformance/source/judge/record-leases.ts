import { ACTIVATION_ID, buildLease, DAY, LICENSE_ID, signLease, T0 } from '../samples.ts'
import { testKeys } from '../test-keys.ts'
import {
  allow,
  doubt,
  type JudgeCase,
  type JudgeOptions,
  type LicenseRecord,
  leaseTimes,
  license,
  pinnedOptions,
  plainVerdict,
  refuse,
  type State,
} from './case.ts'
import { buildRecordCase, type RecordRow } from './record-case.ts'

const lease = signLease(buildLease())
const message = 'This license has been revoked.'

const fresh = allow('lease', leaseTimes())
const grace = allow('lease', { ...leaseTimes(), staleSince: T0 + 7 * DAY })
const at = (id: string, description: string, now: number, state: State, refresh: boolean) => ({
  id: `record-lease-${id}`,
  description,
  record: { lease },
  now,
  state,
  refresh,
})
const denied = (
  id: string,
  description: string,
  state: State,
  record: Partial<LicenseRecord>,
  options?: JudgeOptions,
) => ({
  id: `record-${id}`,
  description,
  record: { lease, ...record },
  now: T0 + 60,
  state,
  refresh: true,
  ...(options && { options }),
})
const feedOf = (revoked: Record<string, number>, keys: Record<string, number> = {}) => ({
  feed: { to: 20, revoked, keys },
})

const leases: readonly RecordRow[] = [
  at(
    'fresh',
    'Before "rfa", a lease allows the app without a refresh.',
    T0 + DAY - 1,
    fresh,
    false,
  ),
  at('due', 'From "rfa" on, a refresh is due, and nothing else changes.', T0 + DAY, fresh, true),
  at('valid', 'Before "vld", the license is not in grace.', T0 + 7 * DAY - 1, fresh, true),
  at(
    'grace',
    'From "vld" on, the license is in grace, which began at "vld".',
    T0 + 7 * DAY,
    grace,
    true,
  ),
  at(
    'grace-end',
    'In the last second before "exp", the license is in grace.',
    T0 + 30 * DAY - 1,
    grace,
    true,
  ),
  at(
    'expired',
    'From "exp" on, the license is unknown, not refused.',
    T0 + 30 * DAY,
    doubt('LEASE_EXPIRED', 'lease'),
    true,
  ),
  denied(
    'tombstone',
    'A tombstone decides, even beside a lease.',
    refuse('cache', 'LICENSE_REVOKED', message),
    { tombstone: { code: 'LICENSE_REVOKED', message, at: T0 } },
  ),
  denied(
    'other-device',
    'A lease of another device is unknown, not refused.',
    doubt('FINGERPRINT_MISMATCH', 'lease'),
    {},
    { fingerprint: 'device-2' },
  ),
  denied(
    'other-domain',
    'A lease of another domain is unknown.',
    doubt('DOMAIN_MISMATCH', 'lease'),
    { lease: signLease(buildLease({ dom: ['a.io'] })) },
    { domain: 'data.io' },
  ),
  denied(
    'other-product',
    'A lease of another product is unknown.',
    doubt('PRODUCT_MISMATCH', 'lease'),
    {},
    { product: 'acme-viewer' },
  ),
  denied(
    'revoked',
    'A lease that an imported feed revokes is refused.',
    refuse('lease', 'LICENSE_REVOKED'),
    feedOf({ [LICENSE_ID]: T0 + 1 }),
  ),
  denied(
    'revoked-activation',
    'A lease whose activation an imported feed revokes is refused.',
    refuse('lease', 'LICENSE_REVOKED'),
    feedOf({ [ACTIVATION_ID]: T0 + 1 }),
  ),
  denied(
    'stolen-key',
    'A lease of a stolen key is unknown, because its customer is not at fault.',
    doubt('KEY_REVOKED', 'lease'),
    feedOf({}, { [testKeys.active.kid]: T0 }),
  ),
  denied(
    'key-not-pinned',
    'A lease of a key that is no longer pinned counts as absent.',
    doubt('NO_ANSWER'),
    {},
    { publicKeys: [testKeys.next.x] },
  ),
  denied(
    'lease-changed',
    'A lease that was changed in the store counts as absent.',
    doubt('NO_ANSWER'),
    { lease: `${lease.slice(0, -4)}AAAA` },
  ),
  denied(
    'answer-with-pinned-keys',
    'With pinned keys, a stored answer without a signature does not count.',
    doubt('NO_ANSWER'),
    { lease: null, answer: { at: T0, verdict: plainVerdict } },
  ),
  {
    ...at('feature', 'Features are checked offline.', T0 + 60, fresh, false),
    options: { features: ['sso'] },
  },
  {
    ...at(
      'feature-missing',
      'A feature that the lease lacks refuses the call, and changes nothing else.',
      T0 + 60,
      refuse('lease', 'FEATURE_NOT_INCLUDED'),
      false,
    ),
    options: { features: ['audit'] },
  },
  {
    ...at(
      'feature-inherited',
      'Every object of some languages has a member toString, but no license has it as a feature.',
      T0 + 60,
      refuse('lease', 'FEATURE_NOT_INCLUDED'),
      false,
    ),
    options: { features: ['toString'] },
  },
  {
    ...at(
      'feature-empty-text',
      'An empty text is not false.',
      T0 + 60,
      allow('lease', leaseTimes(), [], { ...license, features: { label: '' } }),
      false,
    ),
    record: { lease: signLease(buildLease({ features: { label: '' } })) },
    options: { features: ['label'] },
  },
  {
    ...at(
      'warnings',
      'The warnings of the lease are those of the state.',
      T0 + 60,
      allow('lease', leaseTimes(), ['EXPIRES_SOON']),
      false,
    ),
    record: { lease: signLease(buildLease({ warnings: ['EXPIRES_SOON'] })) },
  },
  {
    ...at(
      'empty-features',
      'Features without members stay an object.',
      T0 + 60,
      allow('lease', leaseTimes(), [], { ...license, features: {} }),
      false,
    ),
    record: { lease: signLease(buildLease({ features: {} })) },
  },
]

/** Cases in which a stored lease decides. */
export function listRecordLeaseCases(): JudgeCase[] {
  return leases.map((row) => buildRecordCase(row, pinnedOptions))
}
