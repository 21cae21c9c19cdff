import {
  buildFeed,
  buildFile,
  buildLease,
  DAY,
  LICENSE_ID,
  signFeed,
  signFile,
  signLease,
  T0,
} from '../samples.ts'
import { wrapInArmor } from '../sign-token.ts'
import { testKeys } from '../test-keys.ts'
import {
  allow,
  buildRecord,
  doubt,
  fileTimes,
  type JudgeCase,
  type JudgeOptions,
  type LicenseRecord,
  leaseTimes,
  pinnedOptions,
  type Ruling,
  refuse,
  type State,
  type Step,
} from './case.ts'

const NOW = T0 + 60
const lease = signLease(buildLease())
const file = signFile(buildFile())
const oldFile = signFile(buildFile({}, T0 - 100 * DAY))
const tombstone = { code: 'LICENSE_SUSPENDED', message: 'Suspended.', at: T0 - DAY }
const byFile = allow('file', fileTimes())
const byLease = allow('lease', leaseTimes())
const OTHER_ID = 'lic_01kf0000000000000000000008'
const stolenKid = testKeys.next.kid

interface Row {
  readonly id: string
  readonly description: string
  readonly record?: Partial<LicenseRecord>
  readonly text: string
  readonly expected: { readonly error: string } | Ruling
  readonly options?: JudgeOptions
  readonly now?: number
}

/** Cases of files and feeds that are imported by hand. */
export function listImportCases(): JudgeCase[] {
  return [
    ...[...listFiles(), ...listBadFiles()].map((row) => build('importFile', row)),
    ...[...listFeeds(), ...listBadFeeds()].map((row) => build('importRevocations', row)),
  ]
}

function build(action: 'importFile' | 'importRevocations', row: Row): JudgeCase {
  const record = buildRecord(row.record)
  const expected = 'error' in row.expected ? { ...row.expected, record } : row.expected
  const now = row.now ?? NOW
  const step: Step =
    action === 'importFile'
      ? { now, importFile: row.text, expected }
      : { now, importRevocations: row.text, expected }
  const options = { ...pinnedOptions, ...row.options }
  return { id: row.id, description: row.description, options, record, steps: [step] }
}

function rule(state: State, refresh: boolean, changes: Partial<LicenseRecord>): Ruling {
  return { state, refresh, record: buildRecord(changes) }
}

function listFiles(): Row[] {
  const armored = wrapInArmor(file, 'LICENSE').replaceAll('\n', '\r\n')
  const row = (
    id: string,
    description: string,
    record: Partial<LicenseRecord>,
    expected: Ruling,
  ) => ({
    id: `import-file-${id}`,
    description,
    record,
    text: armored,
    expected,
  })
  return [
    row(
      'first',
      'A file allows the app, and is stored without its armor.',
      {},
      rule(byFile, false, { file }),
    ),
    {
      ...row(
        'compact',
        'A file without armor is imported like one with it.',
        {},
        rule(byFile, false, { file }),
      ),
      text: file,
    },
    row(
      'replaces',
      'A file replaces the one before.',
      { file: oldFile },
      rule(byFile, false, { file }),
    ),
    row(
      'newer-than-tombstone',
      'A file that is newer than the refusal removes the tombstone.',
      { tombstone },
      rule(byFile, false, { file }),
    ),
    row(
      'as-old-as-tombstone',
      'A file of the second of the refusal does not remove the tombstone.',
      { tombstone: { ...tombstone, at: T0 } },
      rule(refuse('cache', 'LICENSE_SUSPENDED', 'Suspended.'), true, {
        file,
        tombstone: { ...tombstone, at: T0 },
      }),
    ),
    row(
      'older-than-tombstone',
      'A file that is older than the refusal is stored, but the tombstone decides.',
      { tombstone: { ...tombstone, at: T0 + 30 } },
      rule(refuse('cache', 'LICENSE_SUSPENDED', 'Suspended.'), true, {
        file,
        tombstone: { ...tombstone, at: T0 + 30 },
      }),
    ),
    row(
      'beside-lease',
      'A file is imported beside a lease.',
      { lease },
      rule(byFile, false, { lease, file }),
    ),
    {
      ...row(
        'clock-behind',
        'A device whose clock is behind can import a file.',
        { floor: 0 },
        rule(allow('file', fileTimes(), ['CLOCK_BEHIND']), true, { file }),
      ),
      now: 0,
    },
    {
      ...row(
        'feature',
        'A missing feature refuses the call, but the file is stored.',
        {},
        rule(refuse('file', 'FEATURE_NOT_INCLUDED'), false, { file }),
      ),
      options: { features: ['audit'] },
    },
  ]
}

function listBadFiles(): Row[] {
  const row = (
    id: string,
    description: string,
    text: string,
    error: string,
    extra: Partial<Row> = {},
  ) => ({
    id: `import-file-${id}`,
    description,
    record: { file: oldFile },
    text,
    expected: { error },
    ...extra,
  })
  const feed = { to: 20, revoked: { [LICENSE_ID]: T0 + 1 }, keys: {} }
  return [
    row(
      'other-device',
      'A file of another device is not imported, and the file before stays.',
      file,
      'FINGERPRINT_MISMATCH',
      { options: { fingerprint: 'device-2' } },
    ),
    row(
      'other-domain',
      'A file of another domain is not imported.',
      signFile(buildFile({ dom: ['a.io'] })),
      'DOMAIN_MISMATCH',
      { options: { domain: 'data.io' } },
    ),
    row(
      'other-product',
      'A file of another product is not imported.',
      signFile(buildFile({ aud: 'acme-viewer' })),
      'PRODUCT_MISMATCH',
    ),
    row('expired', 'A file that has ended is not imported.', file, 'FILE_EXPIRED', {
      now: T0 + 365 * DAY,
    }),
    row(
      'revoked',
      'A file that the imported feed revokes is not imported.',
      file,
      'LICENSE_REVOKED',
      { record: { feed } },
    ),
    row(
      'stranger',
      'A file of an unknown key is not imported.',
      signFile(buildFile(), testKeys.stranger),
      'KEY_UNKNOWN',
    ),
    row(
      'changed',
      'A file that was changed is not imported.',
      `${file.slice(0, -4)}AAAA`,
      'SIGNATURE_INVALID',
    ),
    row('lease', 'A lease is not imported as a file.', lease, 'TYPE_UNEXPECTED'),
    row('text', 'Any other text is malformed.', 'TO-7Q4M-X0ZD-9KTB-2F17', 'MALFORMED'),
    row('no-keys', 'Without pinned keys, no file is imported.', file, 'KEY_UNKNOWN', {
      options: { publicKeys: [] },
    }),
  ]
}

function listFeeds(): Row[] {
  const revoked = { [OTHER_ID]: T0 - 50 * DAY }
  const stored = { to: 14, revoked, keys: { [stolenKid]: T0 - DAY } }
  const feedOf = (from: number, to: number, entries: readonly (readonly [string, number])[]) =>
    wrapInArmor(signFeed(buildFeed({ from, to, revoked: entries })), 'REVOCATIONS')
  const row = (
    id: string,
    description: string,
    record: Partial<LicenseRecord>,
    text: string,
    expected: Ruling,
  ) => ({
    id: `import-feed-${id}`,
    description,
    record: { lease, ...record },
    text,
    expected,
  })
  const withFeed = (state: State, refresh: boolean, feed: LicenseRecord['feed']) =>
    rule(state, refresh, { lease, feed })
  const mine = [LICENSE_ID, T0 + 1] as const
  const voided = refuse('lease', 'LICENSE_REVOKED')
  const keys = { [stolenKid]: T0 - DAY }
  const withKeys = signFeed(buildFeed({ keys: [[testKeys.active.kid, T0]] }), testKeys.next)
  return [
    row(
      'first',
      'A feed that does not concern the license changes nothing but the record.',
      {},
      feedOf(0, 14, [[OTHER_ID, T0]]),
      withFeed(byLease, false, { to: 14, revoked: { [OTHER_ID]: T0 }, keys: {} }),
    ),
    row(
      'revokes',
      'A feed that revokes the license refuses it.',
      {},
      feedOf(0, 14, [mine]),
      withFeed(voided, true, { to: 14, revoked: { [LICENSE_ID]: T0 + 1 }, keys: {} }),
    ),
    row(
      'merged',
      'A feed that continues the stored one is merged into it.',
      { feed: stored },
      feedOf(14, 15, [mine]),
      withFeed(voided, true, { to: 15, revoked: { ...revoked, [LICENSE_ID]: T0 + 1 }, keys }),
    ),
    row(
      'overlaps',
      'A feed may begin before the end of the stored one.',
      { feed: stored },
      feedOf(10, 15, [mine]),
      withFeed(voided, true, { to: 15, revoked: { ...revoked, [LICENSE_ID]: T0 + 1 }, keys }),
    ),
    row(
      'replaced',
      'A feed from the beginning replaces the stored one, besides the keys.',
      { feed: stored },
      feedOf(0, 15, []),
      withFeed(byLease, false, { to: 15, revoked: {}, keys }),
    ),
    row(
      'lifted',
      'An entry with the time 0 lifts an earlier one.',
      { feed: { to: 14, revoked: { [LICENSE_ID]: T0 + 1 }, keys: {} } },
      feedOf(14, 15, [[LICENSE_ID, 0]]),
      withFeed(byLease, false, { to: 15, revoked: { [LICENSE_ID]: 0 }, keys: {} }),
    ),
    row(
      'older',
      'A feed that ends before the stored one changes nothing, so no entry can be taken back.',
      { feed: stored },
      feedOf(0, 13, [mine]),
      withFeed(byLease, false, stored),
    ),
    row(
      'again',
      'A feed can be imported twice.',
      { feed: { to: 14, revoked: { [LICENSE_ID]: T0 + 1 }, keys: {} } },
      feedOf(0, 14, [mine]),
      withFeed(voided, true, { to: 14, revoked: { [LICENSE_ID]: T0 + 1 }, keys: {} }),
    ),
    row(
      'stolen-key',
      'A feed of the next key revokes the active one.',
      {},
      withKeys,
      withFeed(doubt('KEY_REVOKED', 'lease'), true, {
        to: 14,
        revoked: {},
        keys: { [testKeys.active.kid]: T0 },
      }),
    ),
    {
      ...row(
        'late',
        'A feed can be imported long after its "exp".',
        {},
        signFeed(buildFeed({}, T0 - 30 * DAY)),
        withFeed(byLease, false, { to: 14, revoked: {}, keys: {} }),
      ),
    },
    {
      id: 'import-feed-raises-floor',
      description: 'The time of a feed raises the floor.',
      record: { lease, floor: T0 - DAY },
      text: signFeed(buildFeed({}, T0 + 600)),
      now: T0 + 590,
      expected: rule(byLease, false, {
        lease,
        floor: T0 + 600,
        feed: { to: 14, revoked: {}, keys: {} },
      }),
    },
  ]
}

function listBadFeeds(): Row[] {
  const stored = { to: 14, revoked: {}, keys: {} }
  const row = (
    id: string,
    description: string,
    text: string,
    error: string,
    record: Partial<LicenseRecord> = {},
  ) => ({
    id: `import-feed-${id}`,
    description,
    record: { lease, ...record },
    text,
    expected: { error },
  })
  const later = signFeed(buildFeed({ from: 15, to: 20 }))
  return [
    row('gap', 'A feed that begins after the stored one would leave a gap.', later, 'FEED_GAP', {
      feed: stored,
    }),
    row('gap-first', 'The first feed must begin at 0.', later, 'FEED_GAP'),
    row(
      'stranger',
      'A feed of an unknown key is not imported.',
      signFeed(buildFeed(), testKeys.stranger),
      'KEY_UNKNOWN',
    ),
    row('file', 'A file is not imported as a feed.', file, 'TYPE_UNEXPECTED'),
    row(
      'stolen',
      'A feed of a key that was revoked before is not imported.',
      signFeed(buildFeed({ to: 15 })),
      'KEY_REVOKED',
      { feed: { ...stored, keys: { [testKeys.active.kid]: T0 } } },
    ),
  ]
}
