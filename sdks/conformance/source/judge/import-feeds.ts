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
  doubt,
  type JudgeCase,
  type LicenseRecord,
  leaseTimes,
  type Ruling,
  refuse,
  type State,
} from './case.ts'
import { buildImportCase, type ImportRow, rule } from './import-case.ts'

const lease = signLease(buildLease())
const file = signFile(buildFile())
const byLease = allow('lease', leaseTimes())
const OTHER_ID = 'lic_01kf0000000000000000000008'
const stolenKid = testKeys.next.kid

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

const feeds: readonly ImportRow[] = [
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

function listBadFeeds(): ImportRow[] {
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

/** Cases of revocation feeds that are imported. */
export function listImportFeedCases(): JudgeCase[] {
  return [...feeds, ...listBadFeeds()].map((row) => buildImportCase('importRevocations', row))
}
