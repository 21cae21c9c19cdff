import { createPrivateKey } from 'node:crypto'
import type { Reader } from './config.ts'
import { readBytes } from './config-values.ts'

const HEXADECIMAL = /^[\da-f]{64}$/i
const FORMAT =
  'the Ed25519 private key of a Keygen account: 64 hexadecimal digits, or PKCS#8 in PEM.'

/** Reads the seed of the key that signs responses in the format of Keygen; null without one. */
export function readKeygenSeed({ read, readSecret, noteFile }: Reader): Uint8Array | null {
  const given = readSecret('LICET_KEYGEN_PRIVATE_KEY', null, (text) => parseSeed(text, 'must be'))
  const parse = given === null ? parseSeedFile : () => null
  const fromFile = read('LICET_KEYGEN_PRIVATE_KEY_FILE', null, parse)
  if (fromFile !== null) noteFile('LICET_KEYGEN_PRIVATE_KEY')
  return given ?? fromFile
}

const parseSeedFile = (path: string) => parseSeed(readBytes(path).toString().trim(), 'must contain')

/** Error messages never contain the value. */
function parseSeed(text: string, verb: string): Uint8Array {
  const seed = HEXADECIMAL.test(text) ? Buffer.from(text, 'hex') : parsePem(text)
  if (seed === null) throw new Error(`${verb} ${FORMAT}`)
  return seed
}

/** Returns null for anything but an Ed25519 key. */
function parsePem(text: string): Uint8Array | null {
  try {
    const { crv, d } = createPrivateKey(text).export({ format: 'jwk' })
    return crv === 'Ed25519' && d !== undefined ? Buffer.from(d, 'base64url') : null
  } catch {
    return null
  }
}
