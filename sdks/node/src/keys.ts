import { toUtf8 } from './bytes.ts'
import { sha256 } from './sha256.ts'

// Crockford's Base32, without I, L, O and U: the index of a symbol is its value.
export const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const SYMBOLS = 16
const BODY_SYMBOLS = 14
const KEY_CHARACTERS_MAX = 28

// The classes are spelled out because /i would also match 'ſ' and the Kelvin sign.
const LICET_SHAPE = /^[A-Za-z0-9]{2,8}(?:-?[0-9A-TV-Za-tv-z]{4}){4}$/
const IMPORTED_SHAPE = /^[^\p{Cc}\p{Cs}]{16,255}$/u
/** A text that can be read in only one way. */
const UNADORNED = /^[\w-]*$/
/** Also the modifier, bullet, minus and box line, and the mark on the dash key of Japan. */
const DASHES = /[\p{Pd}\u02d7\u2043\u2212\u2500\u30fc]/gu
const FIRST_TO_LAST_LETTER = /[\p{L}\p{N}-](?:.*[\p{L}\p{N}-])?/su
const UP_TO_LAST_SIGN = /^.*[^\p{L}\p{N}\s-]/su
/** A key with its dashes among other words. Without them, ordinary words could pass for a key. */
const GROUPED = /(?<![A-Za-z0-9]-?)[A-Za-z0-9]{2,8}(?:-[0-9A-TV-Za-tv-z]{4}){4}(?![A-Za-z0-9-])/g
/** Control, formatting and other characters that show nothing, and an empty Braille cell. */
const INVISIBLE =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800]/gu

/**
 * `valid`: a Licet key whose check symbols are right. `malformed`: one with a mistake in it, unless it
 * was imported. `foreign`: may be a key that was imported from another system. `unusable`: no key.
 */
export type KeyCheck = 'valid' | 'malformed' | 'foreign' | 'unusable'

interface Reading {
  readonly check: KeyCheck
  readonly key: string | null
}

/** Reads license keys as people paste them, without asking the server. */
export const Keys = {
  /** Reports mistakes in a key while it is typed: any one or two wrong symbols, and any swap of two. */
  check(text: string): KeyCheck {
    return readKey(text).check
  },

  /**
   * Returns `PREFIX-XXXX-XXXX-XXXX-XXXX` for a valid key, with any case, dashes, invisible characters
   * and words around it. Returns any other key without the white space around it, and null if the text
   * is unusable. Mistakes are never corrected.
   */
  normalize(text: string): string | null {
    return readKey(text).key
  },
}

function readKey(text: string): Reading {
  const trimmed = text.trim()
  const plain = readLicetKey(trimmed)
  if (plain?.check === 'valid') return plain
  const adorned = findAdornedKey(trimmed)
  if (adorned?.check === 'valid') return adorned
  if (plain !== null) return { check: 'malformed', key: trimmed }
  return IMPORTED_SHAPE.test(trimmed)
    ? { check: 'foreign', key: trimmed }
    : { check: 'unusable', key: null }
}

function readLicetKey(text: string): Reading | null {
  const dense = text.replace(/\s+/g, '')
  if (!LICET_SHAPE.test(dense)) return null
  const compact = dense.replaceAll('-', '').toUpperCase()
  const prefix = compact.slice(0, -SYMBOLS)
  const symbols = compact.slice(-SYMBOLS).replace(/O/g, '0').replace(/[IL]/g, '1')
  const groups = symbols.match(/.{4}/g) ?? []
  const isValid = symbols.endsWith(computeCheckSymbols(prefix, symbols.slice(0, BODY_SYMBOLS)))
  return { check: isValid ? 'valid' : 'malformed', key: [prefix, ...groups].join('-') }
}

/**
 * Finds a Licet key at the end of a text, such as `Your license key: “TO–7Q4M–X0ZD–9KTB–2F17”.`, or
 * one with its dashes anywhere.
 */
function findAdornedKey(text: string): Reading | null {
  if (UNADORNED.test(text)) return null
  const spaced = text.normalize('NFKC').replace(/\s+/g, ' ')
  const flat = spaced.replace(INVISIBLE, '').replace(DASHES, '-')
  const core = FIRST_TO_LAST_LETTER.exec(flat)?.[0].replace(UP_TO_LAST_SIGN, '') ?? ''
  let end = ''
  for (const word of core.split(/\s+/).reverse()) {
    end = word + end
    if (end.length > KEY_CHARACTERS_MAX) break
    const reading = readLicetKey(end)
    if (reading?.check === 'valid') return reading
  }
  const grouped = Array.from(flat.matchAll(GROUPED), ([match]) => readLicetKey(match))
  return grouped.find((reading) => reading?.check === 'valid') ?? null
}

/**
 * Returns the two check symbols for the 14 symbols of the body: an extended Reed–Solomon code
 * [16, 14] over GF(32), x⁵+x²+1. They are XORed with the first ten bits of SHA-256 of the prefix.
 */
function computeCheckSymbols(prefix: string, body: string): string {
  let weightedSum = 0
  let sum = 0
  for (const symbol of body) {
    const value = ALPHABET.indexOf(symbol)
    weightedSum = double(weightedSum ^ value)
    sum ^= value
  }
  const [firstByte = 0, secondByte = 0] = sha256(toUtf8(prefix))
  const check = ((weightedSum << 5) | sum) ^ ((firstByte << 2) | (secondByte >> 6))
  return ALPHABET.charAt(check >> 5) + ALPHABET.charAt(check & 31)
}

/** Multiplies by 2 in GF(32) with x⁵+x²+1. */
function double(value: number): number {
  return value < 16 ? value << 1 : (value << 1) ^ 0b100101
}
