import { buildLease, DAY, signLease, T0 } from '../samples.ts'
import {
  allow,
  buildRecord,
  doubt,
  type JudgeCase,
  type JudgeOptions,
  type LicenseRecord,
  leaseTimes,
  license,
  pinnedOptions,
  plainOptions,
  plainVerdict,
  refuse,
  type State,
} from './case.ts'
import { buildRecordCase, type RecordRow } from './record-case.ts'

const lease = signLease(buildLease())
const message = 'This license has been revoked.'

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

const answers: readonly RecordRow[] = [
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

function listDamaged(): RecordRow[] {
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

/** Cases in which an answer without a signature decides, or nothing does, because the record is damaged. */
export function listRecordAnswerCases(): JudgeCase[] {
  return [
    ...answers.map((row) => buildRecordCase(row, plainOptions)),
    ...listDamaged().map((row) => buildRecordCase(row, pinnedOptions)),
  ]
}
