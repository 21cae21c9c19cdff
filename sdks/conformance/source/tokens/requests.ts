import {
  buildAnswer,
  buildFeed,
  buildFile,
  buildLease,
  buildRefusal,
  REQUEST,
  signAnswer,
  signFeed,
  signFile,
  signLease,
  T0,
} from '../samples.ts'
import { hashToBase64url } from '../test-keys.ts'
import {
  buildTokenCases,
  licensed,
  newAnswer,
  newLease,
  refused,
  storedFile,
  storedLease,
  type TokenCase,
  type TokenOptions,
  type TokenRow,
} from './case.ts'

const unexpected = refused('TYPE_UNEXPECTED')
const lease = signLease(buildLease())
const answer = signAnswer(buildAnswer())

const types: readonly TokenRow[] = [
  ['lease-as-file', 'A lease is not a file.', lease, storedFile, unexpected],
  ['file-as-lease', 'A file is not a lease.', signFile(buildFile()), storedLease, unexpected],
  ['answer-as-lease', 'An answer is not a lease.', answer, storedLease, unexpected],
  ['feed-as-lease', 'A feed is not a lease.', signFeed(buildFeed()), storedLease, unexpected],
  [
    'lease-as-feed',
    'A lease is not a feed.',
    lease,
    { ...storedLease, type: 'licet-revocations+jwt' },
    unexpected,
  ],
  [
    'lease-as-answer',
    'A lease is not an answer, although a server may send either.',
    lease,
    newAnswer,
    unexpected,
  ],
  [
    'file-claims-as-lease',
    'The claims of a file, signed as a lease, are a lease: unknown claims are ignored.',
    signLease(buildFile()),
    storedLease,
    licensed,
  ],
  [
    'answer-claims-as-lease',
    'The claims of an answer, signed as a lease, are malformed.',
    signLease(buildAnswer()),
    storedLease,
    refused('MALFORMED'),
  ],
]

const valid = { ok: true, valid: true } as const
const refusal = buildRefusal('LICENSE_SUSPENDED', 'This license is suspended.')
const notFound = { aud: null, sub: null }

const requests: readonly TokenRow[] = [
  [
    'new-lease',
    'A lease with the nonce and the hash of the request is accepted.',
    signLease(buildLease()),
    newLease,
    licensed,
  ],
  [
    'new-answer',
    'An answer that says valid is accepted.',
    signAnswer(buildAnswer()),
    newAnswer,
    valid,
  ],
  [
    'new-answer-seat',
    'An answer about a seat contains it.',
    signAnswer(buildAnswer({ sea: { id: 'seat_01kf0000000000000000000003', exp: T0 + 300 } })),
    newAnswer,
    valid,
  ],
  [
    'new-answer-no-seat',
    'An answer may say that there is no seat.',
    signAnswer(buildAnswer({ sea: null })),
    newAnswer,
    valid,
  ],
  [
    'new-refusal',
    'An answer that refuses is accepted as a refusal.',
    signAnswer(refusal),
    newAnswer,
    { ok: true, valid: false },
  ],
  [
    'refusal-details',
    'A refusal may have details.',
    signAnswer({ ...refusal, details: { limit: 3, used: 3 } }),
    newAnswer,
    { ok: true, valid: false },
  ],
  [
    'refusal-unknown-key',
    'A refusal of an unknown key names no product and no license.',
    signAnswer({ ...refusal, ...notFound }),
    newAnswer,
    { ok: true, valid: false },
  ],
  [
    'nonce-other',
    'A lease with the nonce of another request is not accepted.',
    signLease(buildLease({ non: 'nonce-of-another-one' })),
    newLease,
    refused('NONCE_MISMATCH'),
  ],
  [
    'nonce-null',
    'A lease without a nonce does not answer a request.',
    signLease(buildLease({ non: null })),
    newLease,
    refused('NONCE_MISMATCH'),
  ],
  [
    'nonce-case',
    'The case of a nonce matters.',
    signLease(buildLease({ non: 'Nonce-Of-This-Request-01' })),
    newLease,
    refused('NONCE_MISMATCH'),
  ],
  [
    'nonce-answer-other',
    'An answer with the nonce of another request is not accepted.',
    signAnswer(buildAnswer({ non: 'nonce-of-another-one' })),
    newAnswer,
    refused('NONCE_MISMATCH'),
  ],
  [
    'nonce-not-given',
    'An answer is never accepted without the nonce of a request.',
    signAnswer(buildAnswer()),
    omitNonce(newAnswer),
    refused('NONCE_MISMATCH'),
  ],
  [
    'request-other',
    'The signature of an answer to another request is not accepted, although the nonce is right.',
    signLease(buildLease({ req: hashToBase64url(`${REQUEST} `) })),
    newLease,
    refused('REQUEST_MISMATCH'),
  ],
  [
    'request-null',
    'A lease without the hash of a request does not answer one.',
    signLease(buildLease({ req: null })),
    newLease,
    refused('REQUEST_MISMATCH'),
  ],
  [
    'request-hex',
    'The hash of the request is base64url, not hex.',
    signLease(
      buildLease({ req: Buffer.from(hashToBase64url(REQUEST), 'base64url').toString('hex') }),
    ),
    newLease,
    refused('REQUEST_MISMATCH'),
  ],
  [
    'request-answer-other',
    'An answer to another request is not accepted.',
    signAnswer(buildAnswer({ req: hashToBase64url('{}') })),
    newAnswer,
    refused('REQUEST_MISMATCH'),
  ],
  [
    'route-same',
    'A lease that names the route of the request is accepted.',
    signLease({ ...buildLease(), rte: '/validate' }),
    { ...newLease, route: '/validate' },
    licensed,
  ],
  [
    'route-other',
    'The grant of a seat does not answer a validation with the same body.',
    signLease({ ...buildLease(), rte: '/seats/acquire' }),
    { ...newLease, route: '/validate' },
    refused('REQUEST_MISMATCH'),
  ],
  [
    'route-absent',
    'A lease that names no route does not answer a request whose route is given.',
    signLease(buildLease()),
    { ...newLease, route: '/validate' },
    refused('REQUEST_MISMATCH'),
  ],
  [
    'route-answer-other',
    'A signed answer to another route is not accepted.',
    signAnswer({ ...buildAnswer(), rte: '/activate' }),
    { ...newAnswer, route: '/validate' },
    refused('REQUEST_MISMATCH'),
  ],
  [
    'route-not-given',
    'A stored lease is accepted whatever route it names.',
    signLease({ ...buildLease(), rte: '/activate' }),
    storedLease,
    licensed,
  ],
  [
    'answer-late',
    'An answer with the right nonce is fresh, whatever the clock of the device says.',
    signAnswer(buildAnswer()),
    { ...newAnswer, now: T0 + 86_400 },
    valid,
  ],
  [
    'answer-early',
    'A device whose clock is behind still accepts an answer with the right nonce.',
    signAnswer(buildAnswer()),
    { ...newAnswer, now: T0 - 86_400 },
    valid,
  ],
  [
    'iss-other',
    'The issuer is for information only.',
    signLease(buildLease({ iss: 'licet' })),
    newLease,
    licensed,
  ],
]

/** Cases about what a token is: its type, and the request that it answers. */
export function listRequestCases(): TokenCase[] {
  return buildTokenCases([...types, ...requests])
}

function omitNonce({ nonce: _, ...options }: TokenOptions): TokenOptions {
  return options
}
