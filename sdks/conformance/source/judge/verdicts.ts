import {
  buildAnswer,
  buildFile,
  buildLease,
  buildRefusal,
  DAY,
  signAnswer,
  signFile,
  signLease,
  T0,
} from '../samples.ts'
import { testKeys } from '../test-keys.ts'
import {
  allow,
  answerTimes,
  buildRecord,
  type JudgeCase,
  type JudgeOptions,
  judgeOnce,
  type LicenseRecord,
  leaseTimes,
  license,
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

const NOW = T0 + 2
const lease = signLease(buildLease())
const oldLease = signLease(buildLease({}, T0 - 5 * DAY))
const file = signFile(buildFile({}, T0 - DAY))
const message = 'This license has been revoked.'
const tombstone = { code: 'LICENSE_REVOKED', message, at: T0 - DAY }
const newTombstone = { ...tombstone, at: T0 }
const refusal = signAnswer(buildRefusal('LICENSE_REVOKED', message))
const plainRefusal = { valid: false, error: 'LICENSE_REVOKED', message }

type Row = readonly [
  id: string,
  description: string,
  record: LicenseRecord,
  outcome: Outcome,
  state: State,
  changed: LicenseRecord,
  options?: JudgeOptions,
]

/** Cases in which a verdict decides. */
export function listVerdictCases(): JudgeCase[] {
  const rows = [
    ...listSigned().map((row) => [row, pinnedOptions] as const),
    ...listPlain().map((row) => [row, plainOptions] as const),
  ]
  return rows.map(([[id, description, record, outcome, state, changed, extra], options]) =>
    judgeOnce(
      id,
      description,
      { options: { ...options, ...extra }, record, now: NOW, outcome },
      { state, refresh: false, record: changed },
    ),
  )
}

function listSigned(): Row[] {
  const fromServer = allow('server', leaseTimes())
  const withoutLease = allow('server', {})
  const refused = refuse('server', 'LICENSE_REVOKED', message)
  const perpetual = signLease(buildLease({ end: null, features: {}, warnings: ['EXPIRES_SOON'] }))
  const unknownKey = { aud: null, sub: null }
  const notFound = buildRefusal('LICENSE_NOT_FOUND', 'No license has this key.', unknownKey)
  const answer = { at: T0 - DAY, verdict: plainVerdict }
  return [
    [
      'signed-lease',
      'A signed lease is stored, and its claims are the state.',
      buildRecord(),
      respondSigned(lease),
      fromServer,
      buildRecord({ lease }),
    ],
    [
      'signed-lease-replaces',
      'A new lease replaces the old one.',
      buildRecord({ lease: oldLease }),
      respondSigned(lease),
      fromServer,
      buildRecord({ lease }),
    ],
    [
      'signed-claims-only',
      'Only the claims are read: what a proxy writes beside them does not count.',
      buildRecord(),
      respond(200, { valid: false, error: 'LICENSE_REVOKED', message, signed: lease }),
      fromServer,
      buildRecord({ lease }),
    ],
    [
      'signed-claims-only-refusal',
      'A signed refusal counts, although the body says valid.',
      buildRecord({ lease: oldLease }),
      respond(200, { ...plainVerdict, signed: refusal }),
      refused,
      buildRecord({ tombstone: newTombstone }),
    ],
    [
      'signed-answer',
      'A signed answer without a lease allows the app, and stores nothing.',
      buildRecord(),
      respondSigned(signAnswer(buildAnswer())),
      withoutLease,
      buildRecord(),
    ],
    [
      'signed-answer-removes-lease',
      'If the plan no longer allows leases, the old lease is removed.',
      buildRecord({ lease: oldLease }),
      respondSigned(signAnswer(buildAnswer())),
      withoutLease,
      buildRecord(),
    ],
    [
      'signed-refusal',
      'A signed refusal removes the lease at once, and leaves a tombstone.',
      buildRecord({ lease: oldLease }),
      respondSigned(refusal),
      refused,
      buildRecord({ tombstone: newTombstone }),
    ],
    [
      'signed-refusal-keeps-file',
      'A refusal does not delete an imported file.',
      buildRecord({ lease: oldLease, file }),
      respondSigned(refusal),
      refused,
      buildRecord({ file, tombstone: newTombstone }),
    ],
    [
      'signed-404',
      'An unknown key is a verdict with status 404.',
      buildRecord({ lease: oldLease }),
      respondSigned(signAnswer(notFound), 404),
      refuse('server', 'LICENSE_NOT_FOUND', 'No license has this key.'),
      buildRecord({
        tombstone: { code: 'LICENSE_NOT_FOUND', message: 'No license has this key.', at: T0 },
      }),
    ],
    [
      'signed-valid-clears-tombstone',
      'A signed valid answer removes the tombstone.',
      buildRecord({ tombstone }),
      respondSigned(lease),
      fromServer,
      buildRecord({ lease }),
    ],
    [
      'signed-answer-clears-tombstone',
      'So does one without a lease.',
      buildRecord({ tombstone }),
      respondSigned(signAnswer(buildAnswer())),
      withoutLease,
      buildRecord(),
    ],
    [
      'signed-refusal-replaces-tombstone',
      'A newer refusal replaces an older one.',
      buildRecord({ tombstone: { ...tombstone, code: 'LICENSE_SUSPENDED' } }),
      respondSigned(refusal),
      refused,
      buildRecord({ tombstone: newTombstone }),
    ],
    [
      'signed-next-key',
      'The next key signs after a rotation.',
      buildRecord(),
      respondSigned(signLease(buildLease(), testKeys.next)),
      fromServer,
      buildRecord({ lease: signLease(buildLease(), testKeys.next) }),
    ],
    [
      'signed-empty-features',
      'Features without members stay an object, and a perpetual license has no end.',
      buildRecord(),
      respondSigned(perpetual),
      allow('server', leaseTimes(), ['EXPIRES_SOON'], {
        ...license,
        features: {},
        expiresAt: null,
      }),
      buildRecord({ lease: perpetual }),
    ],
    [
      'signed-drops-plain-answer',
      'A signed verdict replaces an answer that was stored before keys were pinned.',
      buildRecord({ answer }),
      respondSigned(lease),
      fromServer,
      buildRecord({ lease }),
    ],
    [
      'signed-other-binding',
      'What the server decides for this request counts, also if the lease is bound differently.',
      buildRecord(),
      respondSigned(signLease(buildLease({ fp: null, dom: ['example.com'] }))),
      fromServer,
      buildRecord({ lease: signLease(buildLease({ fp: null, dom: ['example.com'] })) }),
    ],
    [
      'signed-feature',
      'A feature of the call is included.',
      buildRecord(),
      respondSigned(lease),
      fromServer,
      buildRecord({ lease }),
      { features: ['sso', 'projects'] },
    ],
    [
      'signed-feature-missing',
      'A missing feature refuses the call, but the lease is stored.',
      buildRecord(),
      respondSigned(lease),
      refuse('server', 'FEATURE_NOT_INCLUDED'),
      buildRecord({ lease }),
      { features: ['sso', 'audit'] },
    ],
    [
      'signed-feature-refusal',
      'A refusal for a feature is about the call: lease and tombstone stay as they are.',
      buildRecord({ lease: oldLease }),
      respondSigned(signAnswer(buildRefusal('FEATURE_NOT_INCLUDED', 'Not included.'))),
      refuse('server', 'FEATURE_NOT_INCLUDED', 'Not included.'),
      buildRecord({ lease: oldLease }),
    ],
  ]
}

function listPlain(): Row[] {
  const fromServer = allow('server', answerTimes())
  const verdict = plainVerdict
  const stored = buildRecord({ answer: { at: T0, verdict } })
  const refused = refuse('server', 'LICENSE_REVOKED', message)
  const old = buildRecord({ answer: { at: T0 - 5 * DAY, verdict } })
  const empty = {
    ...verdict,
    license: { ...license, features: {}, expiresAt: null },
    warnings: ['EXPIRES_SOON'],
  }
  const short = { ...verdict, license: { ...license, expiresAt: '2027-01-20T08:00:00Z' } }
  const inGrace = {
    ...verdict,
    license: { ...license, expiresAt: '2027-01-10T08:00:00Z' },
    warnings: ['IN_GRACE'],
  }
  const noDate = respond(200, verdict)
  const badDate = respond(200, verdict, { date: 'yesterday' })
  const byDevice = buildRecord({ answer: { at: NOW, verdict }, floor: NOW })
  return [
    [
      'plain-valid',
      'Without pinned keys, a valid answer is stored, with the time of the server.',
      buildRecord(),
      respondPlain(verdict, T0),
      fromServer,
      stored,
    ],
    [
      'plain-refused',
      'A refusal removes the stored answer, and leaves a tombstone.',
      old,
      respondPlain(plainRefusal, T0),
      refused,
      buildRecord({ tombstone: newTombstone }),
    ],
    [
      'plain-404',
      'An unknown key is a verdict with status 404.',
      old,
      respondPlain(plainRefusal, T0, 404),
      refused,
      buildRecord({ tombstone: newTombstone }),
    ],
    [
      'plain-valid-clears-tombstone',
      'A valid answer removes the tombstone.',
      buildRecord({ tombstone }),
      respondPlain(verdict, T0),
      fromServer,
      stored,
    ],
    [
      'plain-empty-features',
      'Features without members stay an object in the state and the record.',
      buildRecord(),
      respondPlain(empty, T0),
      allow('server', answerTimes(), ['EXPIRES_SOON'], empty.license),
      buildRecord({ answer: { at: T0, verdict: empty } }),
    ],
    [
      'plain-signed',
      'Without pinned keys, "signed" is not read and not stored.',
      buildRecord(),
      respondPlain({ ...verdict, signed: lease }, T0),
      fromServer,
      stored,
    ],
    [
      'plain-unknown-members',
      'Unknown members of a verdict are not stored.',
      buildRecord(),
      respondPlain({ ...verdict, future: 1 }, T0),
      fromServer,
      stored,
    ],
    [
      'plain-ends-soon',
      'A license that ends before the hard limit is valid until its end.',
      buildRecord(),
      respondPlain(short, T0),
      allow('server', { refreshAfter: T0 + DAY, validUntil: T0 + 5 * DAY }, [], short.license),
      buildRecord({ answer: { at: T0, verdict: short } }),
    ],
    [
      'plain-in-grace',
      'In the grace days of a license, its end is past and does not limit the answer.',
      buildRecord(),
      respondPlain(inGrace, T0),
      allow('server', answerTimes(), ['IN_GRACE'], inGrace.license),
      buildRecord({ answer: { at: T0, verdict: inGrace } }),
    ],
    [
      'plain-no-date',
      'Without a date, the time of the device counts.',
      buildRecord(),
      noDate,
      allow('server', answerTimes(NOW)),
      byDevice,
    ],
    [
      'plain-bad-date',
      'A date that cannot be read counts as none.',
      buildRecord(),
      badDate,
      allow('server', answerTimes(NOW)),
      byDevice,
    ],
    [
      'plain-feature-zero',
      'A feature whose value is 0 is not included.',
      buildRecord(),
      respondPlain(zeroProjects, T0),
      refuse('server', 'FEATURE_NOT_INCLUDED'),
      buildRecord({ answer: { at: T0, verdict: zeroProjects } }),
      { features: ['projects'] },
    ],
    [
      'plain-limits',
      'The limits of the client replace the defaults.',
      buildRecord(),
      respondPlain(verdict, T0),
      allow('server', { refreshAfter: T0 + 600, validUntil: T0 + 3600 }),
      stored,
      { refresh: 600, hardLimit: 3600 },
    ],
  ]
}

const zeroProjects = { ...plainVerdict, license: { ...license, features: { projects: 0 } } }
