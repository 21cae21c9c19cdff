import { buildFile, buildLease, DAY, signFile, signLease, T0 } from '../samples.ts'
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
  noRequest,
  type Outcome,
  pinnedOptions,
  plainOptions,
  plainVerdict,
  refuse,
  respond,
  respondPlain,
  respondSigned,
  type State,
} from './case.ts'

const lease = signLease(buildLease())
const file = signFile(buildFile())
const behind = ['CLOCK_BEHIND']

interface Row {
  readonly id: string
  readonly description: string
  readonly record: LicenseRecord
  readonly now: number
  readonly state: State
  readonly refresh: boolean
  readonly floor: number
  readonly options?: JudgeOptions
  readonly outcome?: Outcome
  readonly changes?: Partial<LicenseRecord>
}

const later = T0 + 10 * DAY
const grace = { ...leaseTimes(), staleSince: T0 + 7 * DAY }
const tombstone = { code: 'LICENSE_REVOKED', message: 'Revoked.', at: T0 }
const build = (
  id: string,
  description: string,
  floor: number,
  now: number,
  state: State,
  refresh: boolean,
  newFloor = floor,
) => ({
  id,
  description,
  record: buildRecord({ lease, floor }),
  now,
  state,
  refresh,
  floor: newFloor,
})
const fresh = allow('lease', leaseTimes())

const leases: readonly Row[] = [
  build('at-floor', 'At the floor, the clock is right.', T0 + 60, T0 + 60, fresh, false),
  build(
    'floor-minus-300',
    'A clock 300 seconds behind the floor is normal.',
    T0 + 600,
    T0 + 300,
    fresh,
    false,
  ),
  build(
    'floor-minus-301',
    'A clock 301 seconds behind the floor is behind: there is a warning, and a refresh is due.',
    T0 + 600,
    T0 + 299,
    allow('lease', leaseTimes(), behind),
    true,
  ),
  build(
    'rolled-back',
    'A clock that was set back gains nothing: the lease is evaluated at the floor.',
    later,
    T0,
    allow('lease', grace, behind),
    true,
  ),
  build(
    'rolled-back-expired',
    'A lease that had expired before the clock was set back stays expired.',
    T0 + 30 * DAY,
    T0,
    doubt('LEASE_EXPIRED', 'lease'),
    true,
  ),
  build(
    'in-1970',
    'A clock that starts in 1970 locks nobody out.',
    T0,
    0,
    allow('lease', leaseTimes(), behind),
    true,
  ),
  build(
    'floor-behind-iat',
    'The time at which the lease was issued counts like a floor.',
    0,
    T0 - 301,
    allow('lease', leaseTimes(), behind),
    true,
    T0,
  ),
  build(
    'floor-raised-to-iat',
    'The floor rises to the time at which the lease was issued.',
    T0 - DAY,
    T0 - 60,
    fresh,
    false,
    T0,
  ),
  build(
    'high-water-before',
    'The time is not noted until an hour after the floor, so that records are seldom written.',
    T0,
    T0 + 3599,
    fresh,
    false,
  ),
  build(
    'high-water',
    'An hour after the floor, the time is noted.',
    T0,
    T0 + 3600,
    fresh,
    false,
    T0 + 3600,
  ),
  build(
    'forward-jump',
    'A clock that jumps ahead is no violation.',
    T0,
    T0 + 6 * DAY,
    fresh,
    true,
    T0 + 6 * DAY,
  ),
  build(
    'forward-jump-expired',
    'A clock that jumps beyond the lease ends it, without any other consequence.',
    T0,
    T0 + 400 * DAY,
    doubt('LEASE_EXPIRED', 'lease'),
    true,
    T0 + 400 * DAY,
  ),
  {
    ...build(
      'built-at',
      'No clock is right that is before the build of the app.',
      T0,
      T0,
      allow('lease', { ...leaseTimes(), staleSince: T0 + 7 * DAY }, behind),
      true,
      T0 + 8 * DAY,
    ),
    options: { ...pinnedOptions, builtAt: T0 + 8 * DAY },
  },
  {
    ...build(
      'warning-last',
      'The warning about the clock follows those of the lease.',
      T0 + 600,
      T0,
      allow('lease', leaseTimes(), ['EXPIRES_SOON', ...behind]),
      true,
    ),
    record: buildRecord({
      lease: signLease(buildLease({ warnings: ['EXPIRES_SOON'] })),
      floor: T0 + 600,
    }),
  },
  {
    ...build(
      'file',
      'A file is evaluated at the floor, too, and a refresh is due.',
      T0 + 600,
      T0,
      allow('file', fileTimes(), behind),
      true,
    ),
    record: buildRecord({ file, floor: T0 + 600 }),
  },
  {
    ...build(
      'tombstone',
      'A state that is not allowed has no warnings.',
      T0 + 600,
      T0,
      refuse('cache', 'LICENSE_REVOKED', 'Revoked.'),
      true,
    ),
    record: buildRecord({ tombstone, floor: T0 + 600 }),
  },
  {
    ...build(
      'bad-lease',
      'A lease with a bad signature does not raise the floor.',
      T0,
      T0 + 60,
      doubt('NO_ANSWER'),
      true,
    ),
    record: buildRecord({ lease: `${signLease(buildLease({}, T0 + DAY)).slice(0, -4)}AAAA` }),
  },
  {
    ...build(
      'cache',
      'A stored answer is evaluated at the floor, too.',
      T0 + 2 * DAY,
      T0,
      allow('cache', { ...leaseTimes(), staleSince: T0 + DAY }, behind),
      true,
    ),
    record: buildRecord({ answer: { at: T0, verdict: plainVerdict }, floor: T0 + 2 * DAY }),
    options: plainOptions,
  },
]

/** Cases in which the clock of the device is wrong, or the floor moves. */
export function listClockCases(): JudgeCase[] {
  return [...leases, ...listVerdicts()].map((row) =>
    judgeOnce(
      `clock-${row.id}`,
      row.description,
      {
        options: row.options ?? pinnedOptions,
        record: row.record,
        now: row.now,
        outcome: row.outcome ?? noRequest,
      },
      {
        state: row.state,
        refresh: row.refresh,
        record: { ...row.record, ...row.changes, floor: row.floor },
      },
    ),
  )
}

function listVerdicts(): Row[] {
  const ahead = T0 + 400 * DAY
  const answer = (at: number) => ({ answer: { at, verdict: plainVerdict } })
  const plain = respondPlain(plainVerdict, T0)
  const late = respond(503, '', { date: new Date((T0 + DAY) * 1000).toUTCString() })
  const row = (id: string, description: string, floor: number, now: number, outcome: Outcome) => ({
    id,
    description,
    record: buildRecord({ floor }),
    now,
    outcome,
    state: allow('server', leaseTimes()),
    refresh: false,
    floor: T0,
  })
  return [
    {
      ...row(
        'healed',
        'A verdict lowers a floor that a clock ahead had raised.',
        ahead,
        T0 + 5,
        respondSigned(lease),
      ),
      changes: { lease },
    },
    {
      ...row(
        'behind-online',
        'A device whose clock is behind is licensed by a verdict, and the floor is the time of the server.',
        T0 - 90 * DAY,
        T0 - 90 * DAY,
        respondSigned(lease),
      ),
      changes: { lease },
    },
    {
      ...row(
        'ahead-online',
        'A device whose clock is ahead is licensed by a verdict, although its clock is after "exp".',
        T0,
        ahead,
        respondSigned(lease),
      ),
      changes: { lease },
    },
    {
      ...row(
        'plain-healed',
        'Without pinned keys, the date of a verdict is the new floor.',
        ahead,
        T0 + 5,
        plain,
      ),
      changes: answer(T0),
      options: plainOptions,
    },
    {
      ...row(
        'plain-ahead',
        'A stored answer has the time of the server, not that of the device.',
        T0,
        ahead,
        plain,
      ),
      changes: answer(T0),
      options: plainOptions,
    },
    {
      ...row(
        'plain-no-date-behind',
        'Without a date, a verdict has the time of the floor if the clock is before it.',
        T0,
        T0 - DAY,
        respond(200, plainVerdict),
      ),
      changes: answer(T0),
      options: plainOptions,
    },
    {
      ...row(
        'date-of-failure',
        'The date of a response that is no verdict is ignored.',
        T0,
        T0 + 60,
        late,
      ),
      record: buildRecord({ lease }),
      state: allow('lease', leaseTimes()),
    },
  ]
}
