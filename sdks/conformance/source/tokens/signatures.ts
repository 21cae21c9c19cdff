import { sign } from 'node:crypto'
import {
  computeChallenge,
  computeScalar,
  exportPoint,
  fromLittleEndian,
  L,
  nonCanonicalPoints,
  smallOrderPoints,
  toLittleEndian,
} from '../ed25519.ts'
import { buildFile, buildLease, signFile, signLease } from '../samples.ts'
import { buildHeader, toBase64url } from '../sign-token.ts'
import { buildTestKey, computeKid, testKeys } from '../test-keys.ts'
import { licensed, refused, storedLease, type TokenCase, type TokenExpectation } from './case.ts'

const { active, next, stranger } = testKeys
/** A random point R whose logarithm we know, to build signatures without signing. */
const known = buildTestKey('nonce')

const lease = signLease(buildLease())
const [head = '', body = '', signature = ''] = lease.split('.')
const signatureBytes = Buffer.from(signature, 'base64url')

type Row = readonly [
  id: string,
  description: string,
  text: string,
  expected?: TokenExpectation,
  publicKeys?: readonly string[],
]

/** Cases about keys and signatures. The format and the claims of all of them are good. */
export function listSignatureCases(): TokenCase[] {
  const rows = [...listKeys(), ...listAltered(), ...listScalars(), ...listWeakPoints()]
  return rows.map(([id, description, text, expected = invalid, publicKeys]) => ({
    id,
    description,
    text,
    options: publicKeys === undefined ? storedLease : { ...storedLease, publicKeys },
    expected,
  }))
}

const invalid = refused('SIGNATURE_INVALID')

function listKeys(): Row[] {
  const unknown = refused('KEY_UNKNOWN')
  const signedAs = (kid: string) => {
    const claims = { ...buildHeader(active, 'licet-lease+jwt'), kid }
    return signEncoded(toBase64url(JSON.stringify(claims)))
  }
  return [
    ['key-active', 'A token of a pinned key is accepted.', lease, licensed],
    [
      'key-next',
      'A token of the other pinned key is accepted.',
      signLease(buildLease(), next),
      licensed,
    ],
    [
      'key-unknown',
      'A token of a key that is not pinned is not accepted.',
      signLease(buildLease(), stranger),
      unknown,
    ],
    ['key-none-pinned', 'Without pinned keys, no token is accepted.', lease, unknown, []],
    [
      'kid-of-pinned-key',
      'A stranger who writes a pinned kid has no valid signature.',
      signLease(buildLease(), { ...stranger, kid: active.kid }),
    ],
    [
      'kid-of-other-key',
      'Only the key that the kid names is tried, not all pinned keys.',
      signedAs(next.kid),
    ],
    ['kid-prefix', 'A kid must be whole.', signedAs(active.kid.slice(0, 8)), unknown],
    ['kid-case', 'The case of a kid matters.', signedAs(swapCase(active.kid)), unknown],
    ['kid-empty', 'An empty kid is not known.', signedAs(''), unknown],
    [
      'pinned-key-short',
      'A pinned key that is too short is ignored.',
      lease,
      unknown,
      [active.x.slice(0, -1)],
    ],
    [
      'pinned-key-beside-bad-one',
      'A bad pinned key does not stop a good one.',
      lease,
      licensed,
      ['?', active.x],
    ],
  ]
}

function listAltered(): Row[] {
  const flipped = Buffer.from(signatureBytes)
  flipped[40] = (flipped[40] ?? 0) ^ 1
  const [, fileBody = ''] = signFile(buildFile()).split('.')
  const [, , fileSignature = ''] = signFile(buildFile()).split('.')
  const longer = toBase64url(JSON.stringify(buildLease({ plan: 'enterprise' })))
  return [
    ['signature-bit', 'One bit of the signature is wrong.', withSignature(flipped)],
    ['signature-zero', 'A signature of zeros is wrong.', withSignature(Buffer.alloc(64))],
    [
      'signature-other-token',
      'The signature of another token is wrong.',
      `${head}.${body}.${fileSignature}`,
    ],
    [
      'signature-other-key',
      'The signature of another pinned key is wrong.',
      `${head}.${body}.${signLease(buildLease(), next).split('.')[2]}`,
    ],
    [
      'payload-changed',
      'A payload that was changed after signing is not accepted.',
      `${head}.${longer}.${signature}`,
    ],
    [
      'payload-of-file',
      'The payload of a file in a lease is not accepted.',
      `${head}.${fileBody}.${signature}`,
    ],
    [
      'signature-of-payload-only',
      'The signature covers the header as well as the payload.',
      `${head}.${body}.${signOnly(body)}`,
    ],
    [
      'signature-of-decoded-payload',
      'The signature covers the encoded text, not the decoded one.',
      `${head}.${body}.${signOnly(Buffer.from(body, 'base64url').toString())}`,
    ],
  ]
}

function listScalars(): Row[] {
  const s = fromLittleEndian(signatureBytes.subarray(32))
  const withScalar = (value: bigint) =>
    withSignature(Buffer.concat([signatureBytes.subarray(0, 32), toLittleEndian(value)]))
  return [
    [
      's-plus-l',
      'S + L is the same number modulo L, passes a check of the three highest bits, but is not canonical.',
      withScalar(s + L),
    ],
    [
      's-plus-8l',
      'S + 8L is the same number modulo L, and needs all 256 bits.',
      withScalar(s + 8n * L),
    ],
    ['s-equals-l', 'S = L is not canonical.', withScalar(L)],
    ['s-negative', 'L − S is not the scalar of this signature.', withScalar(L - s)],
    [
      'r-s-swapped',
      'S before R is not a signature.',
      withSignature(Buffer.concat([signatureBytes.subarray(32), signatureBytes.subarray(0, 32)])),
    ],
  ]
}

/** Signatures that satisfy the equation of RFC 8032, so that only a check of the points rejects them. */
function listWeakPoints(): Row[] {
  const a = exportPoint(active)
  const smallR = (hex: string) => {
    const r = Buffer.from(hex, 'hex')
    const s = (computeChallenge(r, a, `${head}.${body}`) * computeScalar(active)) % L
    return withSignature(Buffer.concat([r, toLittleEndian(s)]))
  }
  const { identity, order2, order4, order4Negative } = smallOrderPoints
  const { order8, order8Negative, order8Other } = smallOrderPoints
  return [
    ['r-identity', 'R is the identity, and the equation holds.', smallR(identity)],
    ['r-order-2', 'R has the order 2.', smallR(order2)],
    ['r-order-4', 'R has the order 4.', smallR(order4)],
    ['r-order-8', 'R has the order 8.', smallR(order8)],
    [
      'r-non-canonical',
      'R is the identity in an encoding that is not canonical.',
      smallR(nonCanonicalPoints.identityPlusP),
    ],
    weakKey('a-identity', 'The pinned key is the identity, for which anyone can sign', identity),
    weakKey('a-order-2', 'The pinned key has the order 2, and the equation holds', order2),
    weakKey('a-order-4', 'The pinned key has the order 4, and the equation holds', order4),
    weakKey('a-order-8', 'The pinned key has the order 8, and the equation holds', order8),
    weakKey(
      'a-order-4-negative',
      'The pinned key is the other point of the order 4',
      order4Negative,
    ),
    weakKey(
      'a-order-8-negative',
      'The pinned key has the order 8 and a negative x',
      order8Negative,
    ),
    weakKey('a-order-8-other', 'The pinned key is another point of the order 8', order8Other),
    weakKey(
      'a-non-canonical',
      'The pinned key is the identity with y = p + 1',
      nonCanonicalPoints.identityPlusP,
    ),
    weakKey(
      'a-non-canonical-sign',
      'The pinned key is the identity with the sign bit set',
      nonCanonicalPoints.identityNegative,
    ),
    weakKey(
      'a-non-canonical-order-4',
      'The pinned key has y = p, which is 0',
      nonCanonicalPoints.order4PlusP,
    ),
    weakKey(
      'all-zero',
      'The key, R and S are the weakest of all: identity, identity, zero',
      identity,
      true,
    ),
  ]
}

/**
 * Builds a signature of a key of small order: R = rB and S = r satisfy the equation if the challenge
 * is a multiple of 8, so the first token ID that makes it one is used.
 */
function weakKey(id: string, description: string, hex: string, isTrivial = false): Row {
  const a = Buffer.from(hex, 'hex')
  const x = a.toString('base64url')
  const r = isTrivial ? Buffer.from(smallOrderPoints.identity, 'hex') : exportPoint(known)
  const s = isTrivial ? 0n : computeScalar(known)
  const header = { ...buildHeader(active, 'licet-lease+jwt'), kid: computeKid(x) }
  for (let attempt = 0; ; attempt += 1) {
    const payload = JSON.stringify(buildLease({ jti: `attempt-${attempt}` }))
    const signed = `${toBase64url(JSON.stringify(header))}.${toBase64url(payload)}`
    if (computeChallenge(r, a, signed) % 8n !== 0n) continue
    const bytes = Buffer.concat([r, toLittleEndian(s)])
    return [
      id,
      `${description}.`,
      `${signed}.${bytes.toString('base64url')}`,
      invalid,
      [active.x, x],
    ]
  }
}

function withSignature(bytes: Buffer): string {
  return `${head}.${body}.${bytes.toString('base64url')}`
}

function signEncoded(encodedHeader: string): string {
  return `${encodedHeader}.${body}.${signOnly(`${encodedHeader}.${body}`)}`
}

function signOnly(text: string): string {
  return sign(null, Buffer.from(text), active.privateKey).toString('base64url')
}

function swapCase(text: string): string {
  return text.replace(/[a-z]/gi, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  )
}
