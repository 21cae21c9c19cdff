import {
  ACTIVATION_ID,
  buildFile,
  buildLease,
  DAY,
  LICENSE_ID,
  signFile,
  signLease,
  T0,
} from '../samples.ts'
import { testKeys } from '../test-keys.ts'
import {
  allow,
  buildRecord,
  doubt,
  fileTimes,
  type JudgeCase,
  type JudgeOptions,
  judgeOnce,
  type LicenseRecord,
  leaseTimes,
  license,
  noRequest,
  pinnedOptions,
  plainOptions,
  plainVerdict,
  refuse,
  type State,
} from './case.ts'

const lease = signLease(buildLease())
const file = signFile(buildFile())
const shortFile = signFile(buildFile({ exp: T0 + 5 * DAY, vld: T0 + 5 * DAY, rfa: T0 + 5 * DAY }))
const message = 'This license has been revoked.'

interface Row {
  readonly id: string
  readonly description: string
  readonly record: Partial<LicenseRecord> | { readonly damaged: unknown }
  readonly now: number
  readonly state: State
  readonly refresh: boolean
  readonly floor?: number
  readonly options?: JudgeOptions
}

/** Cases in which the record decides, because there was no request. */
export function listRecordCases(): JudgeCase[] {
  return [
    ...listLeases().map((row) => build(row, pinnedOptions)),
    ...listFiles().map((row) => build(row, pinnedOptions)),
    ...listAnswers().map((row) => build(row, plainOptions)),
    ...listDamaged().map((row) => build(row, pinnedOptions)),
  ]
}

function build(row: Row, defaults: JudgeOptions): JudgeCase {
  const { id, description, now, state, refresh } = row
  const isDamaged = 'damaged' in row.record
  const record = 'damaged' in row.record ? row.record.damaged : buildRecord(row.record)
  const base = 'damaged' in row.record ? buildRecord({ floor: 0 }) : buildRecord(row.record)
  // The floor follows the time once it is an hour ahead.
  const floor = row.floor ?? (isDamaged || now >= base.floor + 3600 ? now : base.floor)
  return judgeOnce(
    id,
    description,
    { options: { ...defaults, ...row.options }, record, now, outcome: noRequest },
    { state, refresh, record: { ...base, floor } },
  )
}

function listLeases(): Row[] {
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
  return [
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
}

function listFiles(): Row[] {
  const row = (
    id: string,
    description: string,
    record: Partial<LicenseRecord>,
    now: number,
    state: State,
    refresh: boolean,
    options?: JudgeOptions,
  ) => ({
    id: `record-file-${id}`,
    description,
    record,
    now,
    state,
    refresh,
    ...(options && { options }),
  })
  const byFile = allow('file', fileTimes())
  const revoked = { to: 20, revoked: { [ACTIVATION_ID]: T0 + 1 }, keys: {} }
  const otherFile = signFile(buildFile({ act: [] }))
  return [
    row(
      'alone',
      'A file allows the app until its end without any request.',
      { file },
      T0 + 364 * DAY,
      byFile,
      false,
    ),
    row(
      'expired',
      'A file that has ended is unknown.',
      { file },
      T0 + 365 * DAY,
      doubt('FILE_EXPIRED', 'file'),
      true,
    ),
    row(
      'later',
      'Of a lease and a file, the one that ends later decides.',
      { lease, file },
      T0 + 60,
      byFile,
      false,
    ),
    row(
      'earlier',
      'A lease that ends later than a file decides.',
      { lease, file: shortFile },
      T0 + 60,
      allow('lease', leaseTimes()),
      false,
    ),
    row(
      'after-lease',
      'A file allows the app after its lease has expired.',
      { lease, file },
      T0 + 31 * DAY,
      byFile,
      true,
    ),
    row(
      'instead-of-grace',
      'A file that is valid prevents the grace of a lease.',
      { lease, file },
      T0 + 8 * DAY,
      byFile,
      true,
    ),
    row(
      'lease-due',
      'A refresh of the lease is due, also if the file decides.',
      { lease, file },
      T0 + DAY,
      byFile,
      true,
    ),
    row(
      'both-expired',
      'If both have ended, the code is that of the later one.',
      { lease, file: shortFile },
      T0 + 30 * DAY,
      doubt('LEASE_EXPIRED', 'lease'),
      true,
    ),
    row(
      'other-device',
      'A file of another device is unknown.',
      { file },
      T0 + 60,
      doubt('FINGERPRINT_MISMATCH', 'file'),
      true,
      { fingerprint: 'device-2' },
    ),
    row(
      'other-device-lease',
      'A file of another device does not spoil a good lease.',
      { lease, file: signFile(buildFile({ fp: 'x' })) },
      T0 + 60,
      allow('lease', leaseTimes()),
      false,
    ),
    row(
      'revoked-lease',
      'If the feed revokes only the lease, the file decides.',
      { lease, file: otherFile, feed: revoked },
      T0 + 60,
      byFile,
      false,
    ),
    row(
      'revoked-first',
      'If one is revoked and the other expired, the license is refused.',
      {
        lease,
        file: signFile(buildFile({ act: [], exp: T0 + 50, vld: T0 + 50, rfa: T0 + 50 })),
        feed: revoked,
      },
      T0 + 60,
      refuse('lease', 'LICENSE_REVOKED'),
      true,
    ),
    row(
      'in-lease',
      'A file in the place of a lease counts as absent.',
      { lease: file },
      T0 + 60,
      doubt('NO_ANSWER'),
      true,
    ),
    row(
      'tombstone',
      'A tombstone that is newer than the file decides.',
      { file, tombstone: { code: 'LICENSE_REVOKED', message, at: T0 + 30 } },
      T0 + 60,
      refuse('cache', 'LICENSE_REVOKED', message),
      true,
    ),
  ]
}

function listAnswers(): Row[] {
  const answer = { at: T0, verdict: plainVerdict }
  const ending = (expiresAt: string | null) => ({
    answer: { at: T0, verdict: { ...plainVerdict, license: { ...license, expiresAt } } },
  })
  const fresh = allow('cache', leaseTimes())
  const grace = allow('cache', { ...leaseTimes(), staleSince: T0 + DAY })
  const expired = doubt('CACHE_EXPIRED', 'cache')
  const row = (
    id: string,
    description: string,
    now: number,
    state: State,
    refresh: boolean,
    record: Partial<LicenseRecord> = { answer },
    options?: JudgeOptions,
  ) => ({
    id: `record-cache-${id}`,
    description,
    record,
    now,
    state,
    refresh,
    ...(options && { options }),
  })
  const endsSoon = { refreshAfter: T0 + DAY, validUntil: T0 + 5 * DAY }
  const soon = { ...license, expiresAt: '2027-01-20T08:00:00Z' }
  return [
    row('fresh', 'A stored answer is fresh for a day.', T0 + DAY - 1, fresh, false),
    row('grace', 'After a day, the license is in grace.', T0 + DAY, grace, true),
    row(
      'grace-end',
      'In the last second of the 30 days, the license is in grace.',
      T0 + 30 * DAY - 1,
      grace,
      true,
    ),
    row('expired', 'After 30 days, the license is unknown.', T0 + 30 * DAY, expired, true),
    row(
      'license-ends',
      'The end of the license ends the stored answer.',
      T0 + 5 * DAY,
      expired,
      true,
      ending(soon.expiresAt),
    ),
    row(
      'license-ends-later',
      'One second before, the answer still counts.',
      T0 + 5 * DAY - 1,
      allow('cache', { ...endsSoon, staleSince: T0 + DAY }, [], soon),
      true,
      ending(soon.expiresAt),
    ),
    row(
      'perpetual',
      'A perpetual license has no end of its own.',
      T0 + 60,
      allow('cache', leaseTimes(), [], { ...license, expiresAt: null }),
      false,
      ending(null),
    ),
    row(
      'limits',
      'The limits of the client replace the defaults.',
      T0 + 3600,
      expired,
      true,
      { answer },
      { refresh: 600, hardLimit: 3600 },
    ),
    row(
      'tombstone',
      'A tombstone decides, even beside a stored answer.',
      T0 + 60,
      refuse('cache', 'LICENSE_REVOKED', message),
      true,
      { answer, tombstone: { code: 'LICENSE_REVOKED', message, at: T0 } },
    ),
    row(
      'lease-without-keys',
      'Without pinned keys, a stored lease does not count.',
      T0 + 60,
      doubt('NO_ANSWER'),
      true,
      { lease },
    ),
  ]
}

function listDamaged(): Row[] {
  const row = (id: string, description: string, damaged: unknown) => ({
    id: `record-damaged-${id}`,
    description,
    record: { damaged },
    now: T0 + 60,
    state: doubt('NO_ANSWER'),
    refresh: true,
  })
  return [
    row('null', 'Without a record, the license is unknown.', null),
    row('text', 'A record that is a string counts as empty.', 'licensed'),
    row('list', 'A record that is a list counts as empty.', [1]),
    row('version', 'A record of an unknown version counts as empty.', {
      ...buildRecord({ lease }),
      v: 2,
    }),
    row('members', 'A record without its members counts as empty.', { v: 1 }),
    row('types', 'Members of a wrong type count as missing.', {
      v: 1,
      lease: 5,
      file: {},
      answer: 'yes',
      tombstone: { code: 7 },
      floor: '0',
      feed: [],
    }),
  ]
}
