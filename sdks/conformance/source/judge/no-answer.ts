import {
  buildAnswer,
  buildFeed,
  buildLease,
  buildRefusal,
  DAY,
  NONCE,
  REQUEST,
  signAnswer,
  signFeed,
  signLease,
  T0,
} from '../samples.ts'
import { type Claims, signToken } from '../sign-token.ts'
import { hashToBase64url, testKeys } from '../test-keys.ts'
import {
  allow,
  answerTimes,
  buildRecord,
  captivePortal,
  doubt,
  type JudgeCase,
  judgeOnce,
  leaseTimes,
  noRequest,
  type Outcome,
  pinnedOptions,
  plainOptions,
  plainVerdict,
  respond,
  respondSigned,
  timeout,
} from './case.ts'

type Row = readonly [id: string, what: string, outcome: Outcome]

const problem = (status: number, code: string) =>
  respond(
    status,
    { type: 'about:blank', title: 'Problem', status, detail: 'Something is wrong.', code },
    { 'content-type': 'application/problem+json' },
  )

/** No answer, whether or not keys are pinned. */
const outcomes: readonly Row[] = [
  ['no-request', 'no request', noRequest],
  ['timeout', 'a timeout', timeout],
  ['network', 'a failure of DNS, TLS or the connection', { failure: 'network' }],
  ['status-204', 'an empty response', respond(204, '')],
  ['status-302', 'a redirect', respond(302, '', { location: 'https://example.net/login' })],
  ['status-400', 'the problem of a request that is not understood', problem(400, 'invalid_json')],
  ['status-401', 'a proxy that asks for a password', respond(401, 'Unauthorized')],
  ['status-403', 'the block page of a firewall', respond(403, '<h1>Blocked</h1>')],
  ['status-407', 'a proxy that wants to know the user', respond(407, '')],
  ['status-408', 'status 408', respond(408, '')],
  ['status-422', 'the problem of a field', problem(422, 'invalid_fields')],
  ['status-425', 'status 425', respond(425, '')],
  ['status-429', 'a rate limit', problem(429, 'rate_limited')],
  ['status-500', 'an internal error', problem(500, 'internal_error')],
  ['status-502', 'a proxy whose server is down', respond(502, '<h1>Bad Gateway</h1>')],
  ['grace lost at 503', 'status 503 with a JSON body', respond(503, { error: 'down' })],
  ['status-504', 'status 504', respond(504, '')],
  [
    'status-503-verdict',
    'a refusal with status 503',
    respond(503, { valid: false, error: 'LICENSE_REVOKED', message: 'Revoked.' }),
  ],
  ['captive-portal', 'the page of a captive portal with status 200', captivePortal],
  [
    'html-404',
    'a page with status 404',
    respond(404, '<h1>Not Found</h1>', { 'content-type': 'text/html' }),
  ],
  ['empty-200', 'an empty response with status 200', respond(200, '')],
  ['json-404', 'the problem of a path that does not exist', problem(404, 'not_found')],
  ['json-200', 'JSON that is not a verdict', respond(200, { ok: true })],
  ['json-list', 'a list', respond(200, [{ valid: true }])],
  [
    'json-deep',
    'JSON that is nested five thousand times',
    respond(200, `${'['.repeat(5000)}${']'.repeat(5000)}`),
  ],
  ['json-null', 'null', respond(200, 'null')],
  [
    'valid-text',
    'a verdict whose "valid" is a string',
    respond(200, { ...plainVerdict, valid: 'true' }),
  ],
  ['valid-without-license', '"valid": true without a license', respond(200, { valid: true })],
  ['refused-without-error', '"valid": false without an error', respond(200, { valid: false })],
  [
    'truncated',
    'a verdict that ends early',
    respond(200, JSON.stringify(plainVerdict).slice(0, -9)),
  ],
  ['valid-404', '"valid": true with status 404', respond(404, plainVerdict)],
]

/** No answer only because keys are pinned. */
const unproven: readonly Row[] = [
  [
    'hosts-file',
    'the "valid": true of a fake server without a signature',
    respond(200, plainVerdict),
  ],
  [
    'hosts-file-signed',
    'the "valid": true of a fake server that signs with its own key',
    respond(200, { ...plainVerdict, signed: signLease(buildLease(), testKeys.stranger) }),
  ],
  [
    'hosts-file-kid',
    'a fake server that signs with its own key under a pinned kid',
    respondSigned(signLease(buildLease(), { ...testKeys.stranger, kid: testKeys.active.kid })),
  ],
  [
    'hosts-file-refusal',
    'the refusal of a fake server without a signature',
    respond(200, { valid: false, error: 'LICENSE_REVOKED', message: 'Revoked.' }),
  ],
  [
    'forged-refusal',
    'the refusal of a fake server with a bad signature',
    respondSigned(`${signAnswer(buildRefusal('LICENSE_REVOKED', 'Revoked.')).slice(0, -4)}AAAA`),
  ],
  [
    'unsigned-404',
    'an unknown key without a signature',
    respond(404, { valid: false, error: 'LICENSE_NOT_FOUND', message: 'Unknown.' }),
  ],
  [
    'signed-null',
    'a verdict whose "signed" is null',
    respond(200, { ...plainVerdict, signed: null }),
  ],
  [
    'signed-list',
    'a verdict whose "signed" is a list',
    respond(200, { ...plainVerdict, signed: [signLease(buildLease())] }),
  ],
  [
    'wrong-nonce',
    'the answer to an earlier request',
    respondSigned(signLease(buildLease({ non: 'nonce-of-an-earlier-one' }))),
  ],
  [
    'wrong-nonce-refusal',
    'an earlier refusal',
    respondSigned(
      signAnswer(
        buildRefusal('LICENSE_SUSPENDED', 'Suspended.', { non: 'nonce-of-an-earlier-one' }),
      ),
    ),
  ],
  [
    'wrong-request',
    'the answer to another request with the same nonce',
    respondSigned(signLease(buildLease({ req: hashToBase64url(`${REQUEST}\n`) }))),
  ],
  [
    'wrong-product',
    'a lease of another product',
    respondSigned(signLease(buildLease({ aud: 'acme-viewer' }))),
  ],
  [
    'file-as-answer',
    'a file instead of a lease',
    respondSigned(signToken(testKeys.active, 'licet-file+jwt', { ...buildLease(), ret: null })),
  ],
  ['feed-as-answer', 'a feed instead of a lease', respondSigned(signFeed(buildFeed()))],
  [
    'malformed-lease',
    'a lease with a claim of a wrong type',
    respondSigned(signLease(buildLease({ exp: null }))),
  ],
  ['signed-503', 'a good signature with status 503', respondSigned(signLease(buildLease()), 503)],
]

const lease = signLease(buildLease({}, T0 - 600))

/** Cases in which no answer changes nothing: the record decides. */
export function listNoAnswerCases(): JudgeCase[] {
  const verdict: Claims = plainVerdict
  const cached = buildRecord({ answer: { at: T0 - 600, verdict } })
  return [
    ...[...outcomes, ...unproven].map(([id, what, outcome]) =>
      judgeOnce(
        id.includes(' ') ? id : `lease-${id}`,
        `With a lease, ${what} is no answer: the app stays licensed.`,
        { options: pinnedOptions, record: buildRecord({ lease }), now: T0, outcome },
        {
          state: allow('lease', leaseTimes(T0 - 600)),
          refresh: false,
          record: buildRecord({ lease }),
        },
      ),
    ),
    ...outcomes.map(([id, what, outcome]) =>
      judgeOnce(
        `cache-${id.replaceAll(' ', '-')}`,
        `With a stored answer, ${what} is no answer: the app stays licensed.`,
        { options: plainOptions, record: cached, now: T0, outcome },
        { state: allow('cache', answerTimes(T0 - 600)), refresh: false, record: cached },
      ),
    ),
    ...[...outcomes, ...unproven].map(([id, what, outcome]) =>
      judgeOnce(
        `empty-${id.replaceAll(' ', '-')}`,
        `Without a record, ${what} leaves the license unknown, never refused.`,
        { options: pinnedOptions, record: buildRecord(), now: T0, outcome },
        { state: doubt('NO_ANSWER'), refresh: true, record: buildRecord() },
      ),
    ),
    listStolenKey(),
  ]
}

function listStolenKey(): JudgeCase {
  const feed = { to: 20, revoked: {}, keys: { [testKeys.active.kid]: T0 - DAY } }
  return judgeOnce(
    'stolen-key',
    'A server that signs with a stolen key gives no answer once the feed has revoked the key.',
    {
      options: { ...pinnedOptions, nonce: NONCE },
      record: buildRecord({ feed }),
      now: T0,
      outcome: respondSigned(signAnswer(buildAnswer())),
    },
    { state: doubt('NO_ANSWER'), refresh: true, record: buildRecord({ feed }) },
  )
}
