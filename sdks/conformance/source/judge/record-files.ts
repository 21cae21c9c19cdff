import { ACTIVATION_ID, buildFile, buildLease, DAY, signFile, signLease, T0 } from '../samples.ts'
import {
  allow,
  doubt,
  fileTimes,
  type JudgeCase,
  type JudgeOptions,
  type LicenseRecord,
  leaseTimes,
  pinnedOptions,
  refuse,
  type State,
} from './case.ts'
import { buildRecordCase, type RecordRow } from './record-case.ts'

const lease = signLease(buildLease())
const file = signFile(buildFile())
const shortFile = signFile(buildFile({ exp: T0 + 5 * DAY, vld: T0 + 5 * DAY, rfa: T0 + 5 * DAY }))
const message = 'This license has been revoked.'

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

const files: readonly RecordRow[] = [
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
    'revoked-other-device',
    'The same if the other one is for another device, although it ends later.',
    { lease, file: signFile(buildFile({ act: [], fp: 'x' })), feed: revoked },
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

/** Cases in which an imported file decides. */
export function listRecordFileCases(): JudgeCase[] {
  return files.map((row) => buildRecordCase(row, pinnedOptions))
}
