import {
  buildFile,
  buildLease,
  buildRefusal,
  DAY,
  signAnswer,
  signFile,
  signLease,
  T0,
} from '../samples.ts'
import {
  allow,
  answerTimes,
  buildRecord,
  captivePortal,
  doubt,
  fileTimes,
  type JudgeCase,
  type JudgeOptions,
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
  type Step,
  timeout,
} from './case.ts'

const message = 'This license has been revoked.'
const serverDown = respond(503, { error: 'down' })
const lease = signLease(buildLease())
const byLease = allow('lease', leaseTimes())
const grace = allow('lease', { ...leaseTimes(), staleSince: T0 + 7 * DAY })

/** Returns one step whose floor is the time of the step, as it is an hour or more after the last. */
function step(
  now: number,
  outcome: Outcome,
  state: State,
  refresh: boolean,
  record: Partial<LicenseRecord>,
): Step {
  return {
    now,
    outcome,
    expected: { state, refresh, record: buildRecord({ floor: now, ...record }) },
  }
}

function story(
  id: string,
  description: string,
  options: JudgeOptions,
  steps: readonly Step[],
): JudgeCase {
  return { id, description, options, record: null, steps }
}

/** Cases of several steps: each gets the record of the one before, as after a restart. */
export function listStories(): JudgeCase[] {
  return [
    ...listOutages(),
    ...listRevocations(),
    story(
      'story-no-connection',
      'An app that has never been online is unknown until a file is imported.',
      pinnedOptions,
      listFirstFile(),
    ),
    story(
      'story-clock',
      'Setting a clock back after a lease has expired gains nothing, and going online ends it.',
      pinnedOptions,
      listRollback(),
    ),
    story(
      'story-plain-clock',
      'A clock that was a year ahead does no lasting harm.',
      plainOptions,
      listYearAhead(),
    ),
  ]
}

function listOutages(): JudgeCase[] {
  const verdict = plainVerdict
  const answer = { at: T0, verdict }
  const cached = allow('cache', answerTimes())
  const stale = allow('cache', { ...answerTimes(), staleSince: T0 + DAY })
  return [
    story(
      'grace lost at restart',
      'A valid license stays licensed when the app restarts during an outage, then in grace, and is unknown after the hard limit.',
      pinnedOptions,
      [
        step(T0, respondSigned(lease), allow('server', leaseTimes()), false, { lease }),
        step(T0 + DAY, serverDown, byLease, true, { lease }),
        step(T0 + 2 * DAY, timeout, byLease, true, { lease }),
        step(T0 + 7 * DAY, captivePortal, grace, true, { lease }),
        step(T0 + 29 * DAY, noRequest, grace, true, { lease }),
        step(T0 + 30 * DAY, serverDown, doubt('LEASE_EXPIRED', 'lease'), true, { lease }),
      ],
    ),
    story('grace lost at restart: plain', 'The same without pinned keys.', plainOptions, [
      step(T0, respondPlain(verdict, T0), allow('server', answerTimes()), false, { answer }),
      step(T0 + 3600, serverDown, cached, false, { answer }),
      step(T0 + DAY, timeout, stale, true, { answer }),
      step(T0 + 29 * DAY, captivePortal, stale, true, { answer }),
      step(T0 + 30 * DAY, noRequest, doubt('CACHE_EXPIRED', 'cache'), true, { answer }),
    ]),
  ]
}

function listRevocations(): JudgeCase[] {
  const refusal = signAnswer(buildRefusal('LICENSE_REVOKED', message, {}, T0 + DAY))
  const tombstone = { code: 'LICENSE_REVOKED', message, at: T0 + DAY }
  const refused = refuse('cache', 'LICENSE_REVOKED', message)
  const back = signLease(buildLease({}, T0 + 5 * DAY))
  const allowed = allow('server', leaseTimes(T0 + 5 * DAY))
  const file = signFile(buildFile({ act: [] }, T0 + 4 * DAY))
  const end = T0 + 369 * DAY
  const plainRefusal = respondPlain({ valid: false, error: 'LICENSE_REVOKED', message }, T0 + DAY)
  const first = step(T0, respondSigned(lease), allow('server', leaseTimes()), false, { lease })
  const revoked = step(
    T0 + DAY,
    respondSigned(refusal),
    refuse('server', 'LICENSE_REVOKED', message),
    false,
    { tombstone },
  )
  const answer = { at: T0, verdict: plainVerdict }
  return [
    story(
      'story-revoked',
      'A revoked license stays refused through an outage and a restart, until a server says valid.',
      pinnedOptions,
      [
        first,
        revoked,
        step(T0 + DAY + 3600, serverDown, refused, true, { tombstone }),
        step(T0 + 2 * DAY, noRequest, refused, true, { tombstone }),
        step(T0 + 3 * DAY, respond(200, plainVerdict), refused, true, { tombstone }),
        step(T0 + 4 * DAY, respondSigned(lease), refused, true, { tombstone }),
        step(T0 + 5 * DAY, respondSigned(back), allowed, false, { lease: back }),
      ].map((each, index) =>
        index === 5 ? { ...each, options: { nonce: 'nonce-of-a-later-one' } } : each,
      ),
    ),
    story('story-revoked-plain', 'The same without pinned keys.', plainOptions, [
      step(T0, respondPlain(plainVerdict, T0), allow('server', answerTimes()), false, { answer }),
      step(T0 + DAY, plainRefusal, refuse('server', 'LICENSE_REVOKED', message), false, {
        tombstone,
      }),
      step(T0 + DAY + 3600, serverDown, refused, true, { tombstone }),
      step(T0 + 60 * DAY, captivePortal, refused, true, { tombstone }),
      step(
        T0 + 61 * DAY,
        respondPlain(plainVerdict, T0 + 61 * DAY),
        allow('server', answerTimes(T0 + 61 * DAY)),
        false,
        { answer: { at: T0 + 61 * DAY, verdict: plainVerdict } },
      ),
    ]),
    story(
      'story-revoked-file',
      'A file that was issued after the refusal ends it offline.',
      pinnedOptions,
      [
        first,
        revoked,
        {
          now: T0 + 4 * DAY,
          importFile: file,
          expected: {
            state: allow('file', fileTimes(end)),
            refresh: false,
            record: buildRecord({ file, floor: T0 + 4 * DAY }),
          },
        },
        step(T0 + 5 * DAY, serverDown, allow('file', fileTimes(end)), false, { file }),
      ],
    ),
  ]
}

function listFirstFile(): Step[] {
  const file = signFile(buildFile())
  const byFile = allow('file', fileTimes())
  return [
    step(T0, timeout, doubt('NO_ANSWER'), true, {}),
    {
      now: T0 + 60,
      importFile: file,
      expected: { state: byFile, refresh: false, record: buildRecord({ file }) },
    },
    step(T0 + 300 * DAY, noRequest, byFile, false, { file }),
    step(T0 + 365 * DAY, noRequest, doubt('FILE_EXPIRED', 'file'), true, { file }),
  ]
}

function listRollback(): Step[] {
  const end = T0 + 30 * DAY
  const expired = doubt('LEASE_EXPIRED', 'lease')
  const back = signLease(buildLease({}, end + DAY))
  return [
    step(T0, respondSigned(lease), allow('server', leaseTimes()), false, { lease }),
    step(end, timeout, expired, true, { lease }),
    step(T0 + DAY, timeout, expired, true, { lease, floor: end }),
    step(T0 + DAY + 3600, noRequest, expired, true, { lease, floor: end }),
    step(T0 + DAY + 7200, respondSigned(back), allow('server', leaseTimes(end + DAY)), false, {
      lease: back,
      floor: end + DAY,
    }),
  ]
}

function listYearAhead(): Step[] {
  const verdict = plainVerdict
  const answer = { at: T0, verdict }
  const renewed = { at: T0 + DAY, verdict }
  return [
    step(T0, respondPlain(verdict, T0), allow('server', answerTimes()), false, { answer }),
    step(T0 + 365 * DAY, timeout, doubt('CACHE_EXPIRED', 'cache'), true, { answer }),
    step(T0 + DAY, respondPlain(verdict, T0 + DAY), allow('server', answerTimes(T0 + DAY)), false, {
      answer: renewed,
    }),
    step(T0 + DAY + 3600, timeout, allow('cache', answerTimes(T0 + DAY)), false, {
      answer: renewed,
    }),
  ]
}
