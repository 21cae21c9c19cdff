import { sign } from 'node:crypto'
import { buildLease, signLease } from '../samples.ts'
import { toBase64url } from '../sign-token.ts'
import { testKeys } from '../test-keys.ts'
import { buildTextCases, licensed, storedLease, type TextRow, type TokenCase } from './case.ts'
import { body, head, lease, payloadText, signature } from './parts.ts'

const BYTES_MAX = 16_384
const { active } = testKeys

/** Cases about the text of a token: its parts, its encoding and its size. */
export function listFormatCases(): TokenCase[] {
  return buildTextCases(storedLease, [...listParts(), ...listEncodings()])
}

function listParts(): TextRow[] {
  return [
    ['empty', 'An empty text is no token.', ''],
    ['two-parts', 'A token without its signature is malformed.', `${head}.${body}`],
    ['empty-signature', 'A token with an empty signature is malformed.', `${head}.${body}.`],
    ['four-parts', 'A token with a fourth part is malformed.', `${lease}.${signature}`],
    ['five-parts', 'An encrypted token has five parts and is malformed.', `${lease}.AAAA.AAAA`],
    ['empty-payload', 'A token with an empty payload is malformed.', `${head}..${signature}`],
    ['space-before', 'A blank before a compact token is malformed.', ` ${lease}`],
    ['newline-after', 'A line break after a compact token is malformed.', `${lease}\n`],
    ['space-inside', 'A blank in a compact token is malformed.', `${head}.${body} .${signature}`],
    ['trailing-byte', 'A NUL after a compact token is malformed.', `${lease}\0`],
    ['truncated', 'A token without its last ten characters is malformed.', lease.slice(0, -10)],
    [
      'extra-signature-bytes',
      'A signature of 65 bytes is malformed.',
      `${head}.${body}.${extend()}`,
    ],
    [
      'size-max',
      `A token of exactly ${BYTES_MAX} bytes is accepted.`,
      buildLeaseOfSize(BYTES_MAX),
      licensed,
    ],
    ['size-exceeded', 'A token of one byte more is malformed.', buildLeaseOfSize(BYTES_MAX + 1)],
  ]
}

function listEncodings(): TextRow[] {
  const standard = lease.replaceAll('-', '+').replaceAll('_', '/')
  return [
    ['padding-payload', 'Padding in the payload is malformed.', `${head}.${body}==.${signature}`],
    ['padding-signature', 'Padding in the signature is malformed.', `${lease}==`],
    ['standard-base64', 'The alphabet with + and / is malformed.', standard],
    ['not-ascii', 'A letter outside of ASCII is malformed.', `${head}.é${body}.${signature}`],
    [
      'trailing-bits-signature',
      'The last character of a signature has four unused bits, which must be zero.',
      setTrailingBits(lease),
    ],
    [
      'trailing-bits-payload',
      'The unused bits of the payload must be zero, although a valid signature covers them.',
      signEncoded(head, setTrailingBits(encodeWithSpareBits())),
    ],
    [
      'impossible-length',
      'Base64url of 4n + 1 characters is malformed, although a valid signature covers it.',
      signEncoded(head, `${toBase64url('{"a": "bcd"}')}A`),
    ],
  ]
}

function extend(): string {
  return Buffer.concat([Buffer.from(signature, 'base64url'), Buffer.alloc(1)]).toString('base64url')
}

function buildLeaseOfSize(bytes: number): string {
  for (let length = Math.floor((bytes * 3) / 4); length > 0; length -= 1) {
    const token = signLease(buildLease({ features: { filler: 'x'.repeat(length) } }))
    if (token.length === bytes) return token
  }
  throw new Error(`No lease has ${bytes} bytes.`)
}

function setTrailingBits(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return text.slice(0, -1) + alphabet.charAt(alphabet.indexOf(text.slice(-1)) | 1)
}

function encodeWithSpareBits(): string {
  const padding = ['', ' ', '  '].find((blanks) => (payloadText.length + blanks.length) % 3 === 1)
  return toBase64url(payloadText + padding)
}

function signEncoded(encodedHeader: string, encodedPayload: string): string {
  const signed = `${encodedHeader}.${encodedPayload}`
  return `${signed}.${sign(null, Buffer.from(signed), active.privateKey).toString('base64url')}`
}
