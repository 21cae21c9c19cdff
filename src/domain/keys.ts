import { sha256 } from '@noble/hashes/sha2.js'
import { assert } from '~/assert.ts'

// Crockford's Base32: a symbol's place is its value. I, L, O and U are left out.
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
// Every validation reads a key, and looking values up by character code halves the time it takes.
const VALUE_BY_CODE = Uint8Array.from({ length: 128 }, (_, code) =>
  Math.max(0, ALPHABET.indexOf(String.fromCharCode(code))),
)
const RANDOM_SYMBOLS = 14
const SYMBOLS = 16
const RANDOM_BYTES_MIN = 9
/** More than any vendor has; strangers may make up as many as they like. */
const PREFIXES_KNOWN_MAX = 1000

const PREFIX = /^[A-Z0-9]{2,8}$/
// The classes are spelt out because /i would let 'ſ' and the Kelvin sign in.
const LICET_SHAPE = /^[A-Za-z0-9]{2,8}(?:-?[0-9A-TV-Za-tv-z]{4}){4}$/
const IMPORTED_SHAPE = /^[^\p{Cc}\p{Cs}]{16,255}$/u

/**
 * A text read as a license key. `canonical` is the form that is hashed for look-up, `display` the
 * form that people are shown: an imported key is never rewritten in front of its owner.
 */
export type ParsedKey =
  | {
      readonly kind: 'licet'
      readonly canonical: string
      readonly display: string
      readonly checksOut: boolean
    }
  | { readonly kind: 'imported'; readonly canonical: string; readonly display: string }
  | { readonly kind: 'unusable' }

/**
 * Makes the key `PREFIX-XXXX-XXXX-XXXX-XXXX` out of the first 70 bits of `randomBytes` (at least 9),
 * first byte and highest bit first. The prefix is 2–8 of A–Z and 0–9.
 */
export function generateKey(prefix: string, randomBytes: Uint8Array): string {
  assert(PREFIX.test(prefix), 'a key prefix is 2–8 of A–Z and 0–9')
  assert(randomBytes.length >= RANDOM_BYTES_MIN, 'a key takes at least 9 random bytes')
  let body = ''
  for (let index = 0; index < RANDOM_SYMBOLS; index += 1) {
    const bitOffset = index * 5
    const byteOffset = bitOffset >> 3
    const twoBytes = ((randomBytes[byteOffset] ?? 0) << 8) | (randomBytes[byteOffset + 1] ?? 0)
    body += toSymbol((twoBytes >> (11 - (bitOffset & 7))) & 31)
  }
  return format(prefix, body + checkSymbolsOf(prefix, body))
}

/**
 * Reads a text as Licet's shape (any case, white space anywhere, dashes optional, O as 0, I and L
 * as 1), else as a foreign key (16–255 printable characters), else as unusable. Nothing is
 * corrected, nothing thrown, and the time is linear in the length.
 */
export function parseKey(text: string): ParsedKey {
  const given = text.trim()
  const bare = bareFormOf(given)
  if (bare !== null) {
    const prefix = bare.slice(0, -SYMBOLS)
    const symbols = bare.slice(-SYMBOLS).replace(/O/g, '0').replace(/[IL]/g, '1')
    const canonical = format(prefix, symbols)
    const checksOut = symbols.endsWith(checkSymbolsOf(prefix, symbols.slice(0, RANDOM_SYMBOLS)))
    return { kind: 'licet', canonical, display: checksOut ? canonical : given, checksOut }
  }
  if (IMPORTED_SHAPE.test(given)) return { kind: 'imported', canonical: given, display: given }
  return { kind: 'unusable' }
}

/** What a key shows to those who may not see it: `TO-****-****-****-2FWA`, or `****` and its end. */
export function maskKey(display: string): string {
  const bare = bareFormOf(display)
  if (bare === null) return `****${getLastFour(display)}`
  return `${bare.slice(0, -SYMBOLS)}-****-****-****-${bare.slice(-4)}`
}

/** The last four characters of a key as `maskKey` shows them: in upper case for Licet's shape. */
export function getLastFour(display: string): string {
  return bareFormOf(display)?.slice(-4) ?? [...display].slice(-4).join('')
}

/** Prefix and symbols without white space and dashes, in upper case; null for any other shape. */
function bareFormOf(text: string): string | null {
  const compact = text.replace(/\s+/g, '')
  return LICET_SHAPE.test(compact) ? compact.replace(/-/g, '').toUpperCase() : null
}

/**
 * The two symbols that check the 14 before them: an extended Reed–Solomon code [16, 14] over
 * GF(32), x⁵+x²+1, distance 3, so one or two wrong symbols, or two swapped ones, never pass.
 * With a the element 2, the first is Σ a^(14−i)·vᵢ over the values v₀…v₁₃, the second Σ vᵢ. The
 * first ten bits of SHA-256 of the prefix (ASCII, upper case) are XORed to them: the first five to
 * the first symbol, the next five to the second.
 */
function checkSymbolsOf(prefix: string, body: string): string {
  let weightedSum = 0
  let sum = 0
  for (let index = 0; index < body.length; index += 1) {
    const value = VALUE_BY_CODE[body.charCodeAt(index)] ?? 0
    weightedSum = double(weightedSum ^ value)
    sum ^= value
  }
  const check = ((weightedSum << 5) | sum) ^ prefixBitsOf(prefix)
  return toSymbol(check >> 5) + toSymbol(check & 31)
}

const utf8 = new TextEncoder()
const knownPrefixBits = new Map<string, number>()

/** Hashing takes longer than all else in reading a key, and its prefix is mostly a known one. */
function prefixBitsOf(prefix: string): number {
  const known = knownPrefixBits.get(prefix)
  if (known !== undefined) return known
  const [first = 0, second = 0] = sha256(utf8.encode(prefix))
  const bits = (first << 2) | (second >> 6)
  if (knownPrefixBits.size === PREFIXES_KNOWN_MAX) knownPrefixBits.clear()
  knownPrefixBits.set(prefix, bits)
  return bits
}

/** Multiplies by 2 in GF(32) with x⁵+x²+1. */
function double(value: number): number {
  return value < 16 ? value << 1 : (value << 1) ^ 0b100101
}

function toSymbol(value: number): string {
  return ALPHABET.charAt(value)
}

function format(prefix: string, symbols: string): string {
  const firstHalf = `${symbols.slice(0, 4)}-${symbols.slice(4, 8)}`
  return `${prefix}-${firstHalf}-${symbols.slice(8, 12)}-${symbols.slice(12)}`
}
