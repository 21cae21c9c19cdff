import {
  ACTIVATION_ID,
  buildAnswer,
  buildFeed,
  buildFile,
  buildLease,
  buildRefusal,
  LICENSE_ID,
  PRODUCT,
  REQUEST,
  signAnswer,
  signFeed,
  signFile,
  signLease,
  T0,
} from '../samples.ts'
import type { Claims } from '../sign-token.ts'
import { hashToBase64url, testKeys } from '../test-keys.ts'
import {
  licensed,
  newAnswer,
  newLease,
  refused,
  storedFile,
  storedLease,
  type TokenCase,
  type TokenExpectation,
  type TokenOptions,
} from './case.ts'

const OTHER_ACTIVATION_ID = 'act_01kf0000000000000000000009'
const { active } = testKeys

type Row = readonly [
  id: string,
  description: string,
  text: string,
  options: TokenOptions,
  expected: TokenExpectation,
]

/** Cases about what a token is for: its type, request, product, device, domain and revocations. */
export function listBindingCases(): TokenCase[] {
  const rows = [
    ...listTypes(),
    ...listRequests(),
    ...listDevices(),
    ...listDomains(),
    ...listFeeds(),
  ]
  return rows.map(([id, description, text, options, expected]) => ({
    id,
    description,
    text,
    options,
    expected,
  }))
}

function listTypes(): Row[] {
  const unexpected = refused('TYPE_UNEXPECTED')
  const lease = signLease(buildLease())
  const answer = signAnswer(buildAnswer())
  return [
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
}

function listRequests(): Row[] {
  const valid = { ok: true, valid: true } as const
  const refusal = buildRefusal('LICENSE_SUSPENDED', 'This license is suspended.')
  const notFound = { aud: null, sub: null }
  return [
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
}

function listDevices(): Row[] {
  const { fingerprint: _, ...withoutFingerprint } = storedLease
  const { product: _product, ...withoutProduct } = storedLease
  const lease = signLease(buildLease())
  const fpMismatch = refused('FINGERPRINT_MISMATCH')
  const unbound = signLease(buildLease({ fp: null }))
  return [
    [
      'product-other',
      'A lease of another product is not accepted.',
      signLease(buildLease({ aud: 'acme-viewer' })),
      storedLease,
      refused('PRODUCT_MISMATCH'),
    ],
    [
      'product-case',
      'The case of a product matters.',
      signLease(buildLease({ aud: 'Acme-Editor' })),
      storedLease,
      refused('PRODUCT_MISMATCH'),
    ],
    [
      'product-not-given',
      'An app that names no product accepts every product.',
      lease,
      withoutProduct,
      licensed,
    ],
    [
      'fingerprint-other',
      'A lease of another device is not accepted.',
      lease,
      { ...storedLease, fingerprint: 'device-2' },
      fpMismatch,
    ],
    [
      'fingerprint-case',
      'The case of a fingerprint matters.',
      lease,
      { ...storedLease, fingerprint: 'Device-1' },
      fpMismatch,
    ],
    [
      'fingerprint-not-given',
      'A lease bound to a device is not accepted without a fingerprint.',
      lease,
      withoutFingerprint,
      fpMismatch,
    ],
    [
      'fingerprint-plain',
      'The claim is a hash, never the fingerprint itself.',
      signLease(buildLease({ fp: 'device-1' })),
      storedLease,
      fpMismatch,
    ],
    [
      'fingerprint-unbound',
      'A lease that is bound to no device is accepted on every device.',
      unbound,
      storedLease,
      licensed,
    ],
    [
      'fingerprint-unicode',
      'A fingerprint is hashed in UTF-8.',
      signLease(buildLease({ fp: hashToBase64url('Gerät-龍') })),
      { ...storedLease, fingerprint: 'Gerät-龍' },
      licensed,
    ],
    [
      'file-other-device',
      'A file fails on another machine.',
      signFile(buildFile()),
      { ...storedFile, fingerprint: 'device-2' },
      fpMismatch,
    ],
  ]
}

function listDomains(): Row[] {
  const bound = (...dom: string[]) => signLease(buildLease({ fp: null, dom }))
  const on = (domain: string): TokenOptions => ({ ...storedLease, domain })
  const mismatch = refused('DOMAIN_MISMATCH')
  const both = signLease(buildLease({ dom: ['a.io'] }))
  return [
    ['domain-same', 'A lease covers its domain.', bound('a.io'), on('a.io'), licensed],
    [
      'substring domain',
      'A lease for a.io does not cover data.io.',
      bound('a.io'),
      on('data.io'),
      mismatch,
    ],
    [
      'substring domain: longer',
      'A lease for a.io does not cover a.io.evil.com.',
      bound('a.io'),
      on('a.io.evil.com'),
      mismatch,
    ],
    [
      'substring domain: shorter',
      'A lease for data.io does not cover a.io.',
      bound('data.io'),
      on('a.io'),
      mismatch,
    ],
    [
      'domain-subdomain',
      'A lease for a.io does not cover its subdomains.',
      bound('a.io'),
      on('shop.a.io'),
      mismatch,
    ],
    ['domain-www', 'A lease for a.io covers www.a.io.', bound('a.io'), on('www.a.io'), licensed],
    [
      'domain-wildcard',
      'A lease for *.a.io covers subdomains at any depth.',
      bound('*.a.io'),
      on('de.shop.a.io'),
      licensed,
    ],
    [
      'domain-wildcard-apex',
      'A lease for *.a.io alone does not cover a.io.',
      bound('*.a.io'),
      on('a.io'),
      mismatch,
    ],
    [
      'domain-wildcard-substring',
      'A lease for *.a.io does not cover data.io.',
      bound('a.io', '*.a.io'),
      on('data.io'),
      mismatch,
    ],
    [
      'domain-none',
      'A lease with an empty list of domains covers none.',
      bound(),
      on('a.io'),
      mismatch,
    ],
    [
      'domain-not-given',
      'A lease bound to a domain is not accepted without one.',
      bound('a.io'),
      storedLease,
      mismatch,
    ],
    [
      'domain-url',
      'A domain is normalized before it is compared.',
      bound('a.io'),
      on('https://WWW.A.io.:8443/path?query'),
      licensed,
    ],
    [
      'domain-and-device',
      'A lease bound to a device and a domain needs both.',
      both,
      { ...on('a.io'), fingerprint: 'device-2' },
      refused('FINGERPRINT_MISMATCH'),
    ],
  ]
}

function listFeeds(): Row[] {
  const lease = signLease(buildLease())
  const withFeed = (revoked: Record<string, number>, keys: Record<string, number> = {}) => ({
    ...storedLease,
    feed: { to: 14, revoked, keys },
  })
  const revoked = refused('LICENSE_REVOKED')
  const voidKey = refused('KEY_REVOKED')
  const other: Claims = { act: [ACTIVATION_ID, OTHER_ACTIVATION_ID] }
  return [
    [
      'revoked-license',
      'A lease issued before the revocation of its license is void.',
      lease,
      withFeed({ [LICENSE_ID]: T0 + 1 }),
      revoked,
    ],
    [
      'revoked-same-second',
      'A lease issued at the time of an entry, or after it, is not void.',
      lease,
      withFeed({ [LICENSE_ID]: T0 }),
      licensed,
    ],
    [
      'revoked-lifted',
      'An entry with the time 0 voids nothing.',
      lease,
      withFeed({ [LICENSE_ID]: 0 }),
      licensed,
    ],
    [
      'revoked-activation',
      'A lease is void once an activation that it relies on is deleted.',
      lease,
      withFeed({ [ACTIVATION_ID]: T0 + 1 }),
      revoked,
    ],
    [
      'revoked-one-activation',
      'One deleted activation is enough.',
      signLease(buildLease(other)),
      withFeed({ [OTHER_ACTIVATION_ID]: T0 + 1 }),
      revoked,
    ],
    [
      'revoked-other',
      'The revocation of another license voids nothing.',
      lease,
      withFeed({ lic_01kf0000000000000000000008: T0 + 1 }),
      licensed,
    ],
    [
      'revoked-file',
      'A file is void like a lease.',
      signFile(buildFile()),
      { ...withFeed({ [LICENSE_ID]: T0 + 1 }), type: 'licet-file+jwt' },
      revoked,
    ],
    [
      'revoked-kid',
      'A token of a stolen key is void from the given time on.',
      lease,
      withFeed({}, { [active.kid]: T0 }),
      voidKey,
    ],
    [
      'revoked-kid-later',
      'What a key signed before it was stolen remains valid.',
      lease,
      withFeed({}, { [active.kid]: T0 + 1 }),
      licensed,
    ],
    [
      'revoked-kid-answer',
      'An answer of a stolen key is void.',
      signAnswer(buildAnswer()),
      { ...newAnswer, feed: { to: 14, revoked: {}, keys: { [active.kid]: T0 } } },
      voidKey,
    ],
    [
      'revoked-kid-other',
      'The theft of another key voids nothing.',
      lease,
      withFeed({}, { [testKeys.next.kid]: 0 }),
      licensed,
    ],
    [
      'revoked-product-first',
      'A token of another product is reported as such, even if it is void.',
      signLease(buildLease({ aud: `${PRODUCT}-2` })),
      withFeed({ [LICENSE_ID]: T0 + 1 }),
      refused('PRODUCT_MISMATCH'),
    ],
  ]
}

function omitNonce({ nonce: _, ...options }: TokenOptions): TokenOptions {
  return options
}
