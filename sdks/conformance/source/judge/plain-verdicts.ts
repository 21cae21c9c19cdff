import { buildLease, DAY, signLease, T0 } from '../samples.ts'
import {
  allow,
  answerTimes,
  buildRecord,
  type JudgeCase,
  license,
  plainOptions,
  plainVerdict,
  refuse,
  respond,
  respondPlain,
} from './case.ts'
import { buildVerdictCases, type VerdictRow } from './verdict-case.ts'

const NOW = T0 + 2
const lease = signLease(buildLease())
const message = 'This license has been revoked.'
const tombstone = { code: 'LICENSE_REVOKED', message, at: T0 - DAY }
const newTombstone = { ...tombstone, at: T0 }
const plainRefusal = { valid: false, error: 'LICENSE_REVOKED', message }

const zeroProjects = { ...plainVerdict, license: { ...license, features: { projects: 0 } } }
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

const verdicts: readonly VerdictRow[] = [
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

/** Cases in which a verdict without a signature decides, because no keys are pinned. */
export function listPlainVerdictCases(): JudgeCase[] {
  return buildVerdictCases(verdicts, plainOptions)
}
