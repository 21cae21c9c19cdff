import { buildFile, buildLease, signFile, signLease } from '../samples.ts'
import { hashToBase64url } from '../test-keys.ts'
import {
  buildTokenCases,
  licensed,
  refused,
  storedFile,
  storedLease,
  type TokenCase,
  type TokenOptions,
  type TokenRow,
} from './case.ts'

const { fingerprint: _, ...withoutFingerprint } = storedLease
const { product: _product, ...withoutProduct } = storedLease
const lease = signLease(buildLease())
const fpMismatch = refused('FINGERPRINT_MISMATCH')
const unbound = signLease(buildLease({ fp: null }))

const devices: readonly TokenRow[] = [
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

const bound = (...dom: string[]) => signLease(buildLease({ fp: null, dom }))
const on = (domain: string): TokenOptions => ({ ...storedLease, domain })
const domMismatch = refused('DOMAIN_MISMATCH')
const both = signLease(buildLease({ dom: ['a.io'] }))

const domains: readonly TokenRow[] = [
  ['domain-same', 'A lease covers its domain.', bound('a.io'), on('a.io'), licensed],
  [
    'substring domain',
    'A lease for a.io does not cover data.io.',
    bound('a.io'),
    on('data.io'),
    domMismatch,
  ],
  [
    'substring domain: longer',
    'A lease for a.io does not cover a.io.evil.com.',
    bound('a.io'),
    on('a.io.evil.com'),
    domMismatch,
  ],
  [
    'substring domain: shorter',
    'A lease for data.io does not cover a.io.',
    bound('data.io'),
    on('a.io'),
    domMismatch,
  ],
  [
    'domain-subdomain',
    'A lease for a.io does not cover its subdomains.',
    bound('a.io'),
    on('shop.a.io'),
    domMismatch,
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
    domMismatch,
  ],
  [
    'domain-wildcard-substring',
    'A lease for *.a.io does not cover data.io.',
    bound('a.io', '*.a.io'),
    on('data.io'),
    domMismatch,
  ],
  [
    'domain-none',
    'A lease with an empty list of domains covers none.',
    bound(),
    on('a.io'),
    domMismatch,
  ],
  [
    'domain-not-given',
    'A lease bound to a domain is not accepted without one.',
    bound('a.io'),
    storedLease,
    domMismatch,
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

/** Cases about what a token is for: its product, device and domain. */
export function listBindingCases(): TokenCase[] {
  return buildTokenCases([...devices, ...domains])
}
