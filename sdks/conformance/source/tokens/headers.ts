import { createHmac } from 'node:crypto'
import { T0 } from '../samples.ts'
import { type Claims, signText, toBase64url } from '../sign-token.ts'
import { testKeys } from '../test-keys.ts'
import {
  buildTextCases,
  licensed,
  refused,
  storedLease,
  type TextRow,
  type TokenCase,
} from './case.ts'
import { body, header, payloadText } from './parts.ts'

const { active } = testKeys
const withHeader = (changes: Claims) =>
  signText(active, JSON.stringify({ ...header, ...changes }), payloadText)
const hmac = (secret: string | Buffer) => {
  const signed = `${toBase64url(JSON.stringify({ ...header, alg: 'HS256' }))}.${body}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}
const none = `${toBase64url(JSON.stringify({ ...header, alg: 'none' }))}.${body}.`
const raw = Buffer.from(active.x, 'base64url')

const headers: readonly TextRow[] = [
  ['alg-none', 'The algorithm none, without a signature, is malformed.', none],
  [
    'alg-none-signed',
    'The algorithm none is malformed, even with a valid signature.',
    withHeader({ alg: 'none' }),
  ],
  ['alg-hs256', 'HS256 with the bytes of the public key as its secret is malformed.', hmac(raw)],
  [
    'alg-hs256-text',
    'HS256 with the text of the public key as its secret is malformed.',
    hmac(active.x),
  ],
  [
    'alg-rs256',
    'The algorithm RS256 is malformed, even with a valid signature.',
    withHeader({ alg: 'RS256' }),
  ],
  [
    'alg-es256',
    'The algorithm ES256 is malformed, even with a valid signature.',
    withHeader({ alg: 'ES256' }),
  ],
  [
    'alg-ed25519',
    'The algorithm must be written EdDSA, not Ed25519.',
    withHeader({ alg: 'Ed25519' }),
  ],
  ['alg-case', 'The algorithm must be written EdDSA, not eddsa.', withHeader({ alg: 'eddsa' })],
  ['alg-list', 'A list of algorithms is malformed.', withHeader({ alg: ['EdDSA'] })],
  ['crit', 'A header with crit is malformed.', withHeader({ crit: ['exp'], exp: T0 })],
  ['b64-false', 'A header with b64 is malformed.', withHeader({ b64: false, crit: ['b64'] })],
  [
    'header-jwk',
    'A header that brings its own key is malformed.',
    withHeader({ jwk: { crv: 'Ed25519', kty: 'OKP', x: active.x } }),
  ],
  [
    'header-jku',
    'A header with the address of a key is malformed.',
    withHeader({ jku: 'https://example.com/jwks' }),
  ],
  ['kid-number', 'A kid that is a number is malformed.', withHeader({ kid: 1 })],
  ['kid-missing', 'A header without a kid is malformed.', withHeader({ kid: undefined })],
  ['typ-missing', 'A header without a type is malformed.', withHeader({ typ: undefined })],
  [
    'typ-jwt',
    'The type JWT is not expected.',
    withHeader({ typ: 'JWT' }),
    refused('TYPE_UNEXPECTED'),
  ],
  [
    'typ-case',
    'A type in another case is not expected.',
    withHeader({ typ: 'Licet-Lease+JWT' }),
    refused('TYPE_UNEXPECTED'),
  ],
  [
    'typ-media',
    'A type with application/ before it is not expected.',
    withHeader({ typ: 'application/licet-lease+jwt' }),
    refused('TYPE_UNEXPECTED'),
  ],
  [
    'header-order',
    'The members of a header may be in any order.',
    signText(
      active,
      JSON.stringify({ typ: 'licet-lease+jwt', kid: active.kid, alg: 'EdDSA' }),
      payloadText,
    ),
    licensed,
  ],
]

/** Cases about the header of a token, which must never select an algorithm or a key. */
export function listHeaderCases(): TokenCase[] {
  return buildTextCases(storedLease, headers)
}
