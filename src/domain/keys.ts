import { sha256 } from '@noble/hashes/sha2.js'
import { assert } from '~/assert.ts'
import { removeInvisible } from './text.ts'

/** Crockford's Base32, without I, L, O and U: the index of a symbol is its value. */
export const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
// Every validation parses a key; a lookup by character code takes half the time of indexOf.
const VALUE_BY_CODE = Uint8Array.from({ length: 128 }, (_, code) =>
  Math.max(0, ALPHABET.indexOf(String.fromCharCode(code))),
)
const RANDOM_SYMBOLS = 14
const SYMBOLS = 16
const RANDOM_BYTES_MIN = 9
/** More than any vendor uses. Requests may contain any number of made-up prefixes. */
const CACHED_PREFIXES_MAX = 1000

const PREFIX = /^[A-Z0-9]{2,8}$/
// The classes are spelled out because /i would also match 'ſ' and the Kelvin sign.
const LICET_SHAPE = /^[A-Za-z0-9]{2,8}(?:-?[0-9A-TV-Za-tv-z]{4}){4}$/
const LICET_CHARACTERS_MAX = 28
const CANONICAL = /^[A-Z0-9]{2,8}(?:-[0-9A-HJKMNP-TV-Z]{4}){4}$/
const IMPORTED_SHAPE = /^[^\p{Cc}\p{Cs}]{16,255}$/u
/** A text that can be read in only one way. */
const UNADORNED = /^[\w-]*$/
/** Also the modifier, bullet, minus and box line, and the mark on the dash key of Japan. */
const DASHES = /[\p{Pd}\u02d7\u2043\u2212\u2500\u30fc]/gu
const FIRST_TO_LAST_LETTER = /[\p{L}\p{N}-](?:.*[\p{L}\p{N}-])?/su
const UP_TO_LAST_SIGN = /^.*[^\p{L}\p{N}\s-]/su
const LABEL = /^["'“„«(]?[\p{L}\s]{1,40}["'”“»)]?\s*[:=：＝]/u
const SIGN_AROUND = /[\p{Pi}\p{Pf}\p{Ps}\p{Pe}"'`´＂＇❛❜❝❞<>.,;!。、，*]/u
/** A key with its dashes among other words. Without them, ordinary words could pass for a key. */
const GROUPED = /(?<![A-Za-z0-9]-?)[A-Za-z0-9]{2,8}(?:-[0-9A-TV-Za-tv-z]{4}){4}(?![A-Za-z0-9-])/g

/**
 * A parsed license key. `canonical` is the form that is hashed for lookups, `display` the form shown
 * to people: an imported key is always shown as its owner knows it.
 */
export type ParsedKey = UsableKey | { readonly kind: 'unusable' }

export type UsableKey =
  | LicetKey
  | { readonly kind: 'imported'; readonly canonical: string; readonly display: string }

interface LicetKey {
  readonly kind: 'licet'
  readonly canonical: string
  readonly display: string
  readonly checksOut: boolean
}

/**
 * Returns the key `PREFIX-XXXX-XXXX-XXXX-XXXX` made from the first 70 bits of `randomBytes` (at least
 * 9 bytes), most significant bit first. The prefix is 2–8 characters of A–Z and 0–9.
 */
export function generateKey(prefix: string, randomBytes: Uint8Array): string {
  assert(PREFIX.test(prefix), 'a key prefix is 2–8 characters of A–Z and 0–9')
  assert(randomBytes.length >= RANDOM_BYTES_MIN, 'a key needs at least 9 random bytes')
  let body = ''
  for (let index = 0; index < RANDOM_SYMBOLS; index += 1) {
    const bitOffset = index * 5
    const byteOffset = bitOffset >> 3
    const twoBytes = ((randomBytes[byteOffset] ?? 0) << 8) | (randomBytes[byteOffset + 1] ?? 0)
    body += toSymbol((twoBytes >> (11 - (bitOffset & 7))) & 31)
  }
  return format(prefix, body + computeCheckSymbols(prefix, body))
}

/** Whether a text is a Licet key as it is displayed, apart from its check symbols: nearly all are. */
export function isCanonicalKey(text: string): boolean {
  return CANONICAL.test(text)
}

/**
 * Parses a string as a Licet key (in any case, with white space anywhere, dashes optional, O read as
 * 0, I and L as 1), else as an imported key (16–255 printable characters), else as unusable. A key
 * that checks out may have other kinds of dashes, full-width or invisible characters in it, and words
 * and signs around it. Typos are never corrected. Takes linear time and throws nothing.
 */
export function parseKey(text: string): ParsedKey {
  const trimmed = text.trim()
  const plain = parseLicetKey(trimmed, trimmed)
  if (plain?.checksOut) return plain
  const adorned = findAdornedKey(trimmed)
  if (adorned?.checksOut) return adorned
  return plain ?? parseImportedKey(trimmed)
}

/**
 * Returns what else a string may mean, to be looked up if no license has the key that `parseKey`
 * returns: an imported key as it is, without invisible characters, without the signs around it, or
 * with plain letters and dashes.
 */
export function listOtherReadings(text: string): readonly UsableKey[] {
  const trimmed = text.trim()
  if (UNADORNED.test(trimmed)) return []
  const visible = removeInvisible(trimmed).trim()
  const bare = trimSigns(visible.replace(LABEL, '').trim()).trim()
  const readings = [
    findAdornedKey(trimmed),
    parseLicetKey(trimmed, trimmed),
    ...[trimmed, visible, bare, flatten(bare)].map(parseImportedKey),
  ]
  const seen = new Set([canonicalOf(parseKey(trimmed))])
  return readings.filter((reading): reading is UsableKey => {
    const canonical = canonicalOf(reading)
    if (canonical === null || seen.has(canonical)) return false
    seen.add(canonical)
    return true
  })
}

/** Returns every key that a text may be, the most likely one first. */
export function listKeyReadings(text: string): readonly ParsedKey[] {
  return [parseKey(text), ...listOtherReadings(text)]
}

function trimSigns(text: string): string {
  let [start, end] = [0, text.length]
  while (SIGN_AROUND.test(text[start] ?? '')) start += 1
  while (end > start && SIGN_AROUND.test(text[end - 1] ?? '')) end -= 1
  return text.slice(start, end)
}

function canonicalOf(key: ParsedKey | null): string | null {
  return key === null || key.kind === 'unusable' ? null : key.canonical
}

function parseLicetKey(text: string, display: string): LicetKey | null {
  const compact = compactLicetKey(text)
  if (compact === null) return null
  const prefix = compact.slice(0, -SYMBOLS)
  const symbols = compact.slice(-SYMBOLS).replace(/O/g, '0').replace(/[IL]/g, '1')
  const canonical = format(prefix, symbols)
  const checksOut = symbols.endsWith(computeCheckSymbols(prefix, symbols.slice(0, RANDOM_SYMBOLS)))
  return { kind: 'licet', canonical, display: checksOut ? canonical : display, checksOut }
}

function parseImportedKey(text: string): ParsedKey {
  return IMPORTED_SHAPE.test(text)
    ? { kind: 'imported', canonical: text, display: text }
    : { kind: 'unusable' }
}

/**
 * Finds a Licet key at the end of a text, such as `Your license key: “TO–7Q4M–X0ZD–9KTB–2F17”.`, or
 * one with its dashes anywhere. If none checks out, it returns the shortest end of the text, or the
 * first group, that has the shape of one.
 */
function findAdornedKey(text: string): LicetKey | null {
  if (UNADORNED.test(text)) return null
  const flat = flatten(text)
  const core = FIRST_TO_LAST_LETTER.exec(flat)?.[0].replace(UP_TO_LAST_SIGN, '') ?? ''
  let shortest: LicetKey | null = null
  let end = ''
  for (const word of core.split(/\s+/).reverse()) {
    end = word + end
    if (end.length > LICET_CHARACTERS_MAX) break
    const key = parseLicetKey(end, text)
    if (key?.checksOut) return key
    shortest ??= key
  }
  const grouped = Array.from(flat.matchAll(GROUPED), ([match]) => parseLicetKey(match, text))
  return grouped.find((key) => key?.checksOut) ?? shortest ?? grouped[0] ?? null
}

/** Returns a text with plain letters, digits, blanks and dashes, without invisible characters. */
function flatten(text: string): string {
  const spaced = text.normalize('NFKC').replace(/\s+/g, ' ')
  return removeInvisible(spaced).replace(DASHES, '-')
}

/** Returns `TO-****-****-****-2F17` for a Licet key and `****` + the last four for an imported one. */
export function maskKey(display: string): string {
  const compact = compactLicetKey(display)
  if (compact === null) return `****${getLastFour(display)}`
  return `${compact.slice(0, -SYMBOLS)}-****-****-****-${compact.slice(-4)}`
}

/** Returns the last four characters as `maskKey` shows them: in upper case for a Licet key. */
export function getLastFour(display: string): string {
  return compactLicetKey(display)?.slice(-4) ?? [...display].slice(-4).join('')
}

/** Returns a Licet key in upper case without white space and dashes, or null for any other string. */
function compactLicetKey(text: string): string | null {
  const dense = text.replace(/\s+/g, '')
  return LICET_SHAPE.test(dense) ? dense.replace(/-/g, '').toUpperCase() : null
}

/**
 * Returns the two check symbols for the 14 symbols of the body: an extended Reed–Solomon code
 * [16, 14] over GF(32), x⁵+x²+1, distance 3, so it detects any one or two wrong symbols and any swap
 * of two. With a = 2, the first is Σ a^(14−i)·vᵢ over the values v₀…v₁₃, the second Σ vᵢ. They are
 * XORed with the first ten bits of SHA-256 of the prefix (ASCII, upper case): the first symbol with
 * the first five bits, the second with the next five.
 */
function computeCheckSymbols(prefix: string, body: string): string {
  const check = computeCheck(prefix, body)
  return toSymbol(check >> 5) + toSymbol(check & 31)
}

/** Returns the values of both check symbols in ten bits. A change of a symbol flips the same bits in each body. */
export function computeCheck(prefix: string, body: string): number {
  let weightedSum = 0
  let sum = 0
  for (let index = 0; index < body.length; index += 1) {
    const value = VALUE_BY_CODE[body.charCodeAt(index)] ?? 0
    weightedSum = double(weightedSum ^ value)
    sum ^= value
  }
  return ((weightedSum << 5) | sum) ^ hashPrefix(prefix)
}

const utf8 = new TextEncoder()
const cachedPrefixBits = new Map<string, number>()

/** Returns ten bits, cached: hashing takes longer than the rest of parsing, and prefixes recur. */
function hashPrefix(prefix: string): number {
  const cached = cachedPrefixBits.get(prefix)
  if (cached !== undefined) return cached
  const [firstByte = 0, secondByte = 0] = sha256(utf8.encode(prefix))
  const bits = (firstByte << 2) | (secondByte >> 6)
  if (cachedPrefixBits.size === CACHED_PREFIXES_MAX) cachedPrefixBits.clear()
  cachedPrefixBits.set(prefix, bits)
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
