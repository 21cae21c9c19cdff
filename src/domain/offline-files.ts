import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { invalidField } from './faults.ts'
import { ALPHABET } from './keys.ts'
import { removeInvisible } from './text.ts'

/** A code with the longest key, fingerprint and name, in any script, has fewer characters. */
export const REQUEST_CODE_MAX = 8192
const REQUEST_CODE = /^LQ1\.([A-Za-z0-9_-]+)={0,2}$/
const OTHER_VERSION = /^LQ\d+\./

/** Half of the ten symbols, of five bits each. */
const RETURN_CODE_GROUP = 5
const RETURN_CODE = /^[0-9A-HJKMNP-TV-Z]{10}$/

const utf8 = new TextEncoder()

/** The request of a device without a connection for a license file. */
export interface OfflineRequest {
  /** The slug of the product that the app expects; null if it accepts any. */
  readonly product: string | null
  readonly key: string
  readonly fingerprint: string
  /** The name of the device. */
  readonly name: string | null
  /** Repeated in the file, so that the app recognizes the response to its request. */
  readonly nonce: string
}

/**
 * Returns the JSON value in a request code, `LQ1.` and base64url, or in a URL whose fragment is one.
 * White space does not matter. Throws a Fault at /request that says what to do.
 */
export function decodeRequestCode(text: string): unknown {
  const code = removeInvisible(text.replace(/\s+/g, '')).replace(/^.*#/, '')
  if (code.length > REQUEST_CODE_MAX) {
    const detail = `A request code has at most ${REQUEST_CODE_MAX} characters. Send only the code that the app shows.`
    throw invalidField('/request', detail)
  }
  const [, body] = REQUEST_CODE.exec(code) ?? []
  if (body !== undefined) return readJson(body)
  if (code.startsWith('LQ1.')) throw damaged()
  if (OTHER_VERSION.test(code)) throw unknownVersion()
  const detail =
    'A request code starts with LQ1. and is shown by the app. Copy it from there, in full.'
  throw invalidField('/request', detail)
}

function readJson(body: string): unknown {
  try {
    const bytes = Uint8Array.fromBase64(body, { alphabet: 'base64url' })
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw damaged()
  }
}

/** Returns the Fault for a request code of a later version. */
export const unknownVersion = () =>
  invalidField(
    '/request',
    'This request code is of a version that this server does not know. Update the server.',
  )

const damaged = () =>
  invalidField(
    '/request',
    'This request code is incomplete or damaged. Copy it again from the app, in full.',
  )

/**
 * Returns the code that proves that a device has deleted its file: the first 50 bits of
 * HMAC-SHA-256 of the file's id under its secret, in Crockford's Base32, as XXXXX-XXXXX.
 */
export function computeReturnCode(secret: Uint8Array, fileId: string): string {
  const mac = hmac(sha256, secret, utf8.encode(fileId))
  let symbols = ''
  for (let index = 0; index < 2 * RETURN_CODE_GROUP; index += 1) {
    const bit = index * 5
    const twoBytes = ((mac[bit >> 3] ?? 0) << 8) | (mac[(bit >> 3) + 1] ?? 0)
    symbols += ALPHABET.charAt((twoBytes >> (11 - (bit & 7))) & 31)
  }
  return formatReturnCode(symbols)
}

/**
 * Parses a return code as people type it: in any case, with blanks and any dashes, O for 0, and I or
 * L for 1. Throws a Fault at /code for what cannot be one.
 */
export function parseReturnCode(text: string): string {
  const bare = removeInvisible(text.normalize('NFKC')).replace(/[\s\p{Pd}\u2212]/gu, '')
  const symbols = bare.toUpperCase().replace(/O/g, '0').replace(/[IL]/g, '1')
  if (RETURN_CODE.test(symbols)) return formatReturnCode(symbols)
  const detail =
    'A return code has 10 letters and digits, such as 7Q4MX-0ZD9K. The app shows it when it deletes its license file.'
  throw invalidField('/code', detail)
}

function formatReturnCode(symbols: string): string {
  return `${symbols.slice(0, RETURN_CODE_GROUP)}-${symbols.slice(RETURN_CODE_GROUP)}`
}
