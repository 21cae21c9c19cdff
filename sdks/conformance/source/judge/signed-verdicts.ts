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
  buildRecord,
  type JudgeCase,
  leaseTimes,
  license,
  pinnedOptions,
  plainVerdict,
  refuse,
  respond,
  respondSigned,
} from './case.ts'
import { buildVerdictCases, type VerdictRow } from './verdict-case.ts'

const lease = signLease(buildLease())
const oldLease = signLease(buildLease({}, T0 - 5 * DAY))
const file = signFile(buildFile({}, T0 - DAY))
const message = 'This license has been revoked.'
const tombstone = { code: 'LICENSE_REVOKED', message, at: T0 - DAY }
const newTombstone = { ...tombstone, at: T0 }
const refusal = signAnswer(buildRefusal('LICENSE_REVOKED', message))

const fromServer = allow('server', leaseTimes())
const withoutLease = allow('server', {})
const refused = refuse('server', 'LICENSE_REVOKED', message)
const perpetual = signLease(buildLease({ end: null, features: {}, warnings: ['EXPIRES_SOON'] }))
const unknownKey = { aud: null, sub: null }
const notFound = buildRefusal('LICENSE_NOT_FOUND', 'No license has this key.', unknownKey)
const answer = { at: T0 - DAY, verdict: plainVerdict }

const verdicts: readonly VerdictRow[] = [
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

/** Cases in which a signed verdict decides. */
export function listSignedVerdictCases(): JudgeCase[] {
  return buildVerdictCases(verdicts, pinnedOptions)
}
