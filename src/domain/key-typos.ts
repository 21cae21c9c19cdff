import { ALPHABET, computeCheck, listKeyReadings, type ParsedKey, parseKey } from './keys.ts'

/** Longer imported keys are pasted rather than typed. */
const TYPED_CHARACTERS_MAX = 36
/** An imported key that people may have typed, and no word, domain or address. */
const TYPED = new RegExp(`^(?=.*\\d)[\\w-]{1,${TYPED_CHARACTERS_MAX}}$`)
const DIGITS = '0123456789'
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'

/** Whether a text, of which these are all readings, has the shape of a Licet key with a typo. */
export function isMistyped(readings: readonly ParsedKey[]): boolean {
  const licetKeys = readings.filter((key) => key.kind === 'licet')
  return licetKeys.length > 0 && licetKeys.every(({ checksOut }) => !checksOut)
}

/**
 * Returns the canonical keys that differ from a mistyped key in one symbol, which is wrong, missing
 * or surplus, or in two neighbors that changed places. They include those of imported keys. Of a Licet
 * key, two symbols may be wrong. Returns none for one that checks out, and for other texts.
 */
export function listNearKeys(text: string): readonly string[] {
  const typed = findTyped(listKeyReadings(text))
  if (typed === null) return []
  const near = new Set<string>()
  for (const edited of listEdits(typed)) {
    const key = parseKey(edited)
    if (key.kind !== 'unusable') near.add(key.canonical)
  }
  const licetKey = listKeyReadings(text).find((key) => key.kind === 'licet')
  if (licetKey?.kind === 'licet') {
    for (const key of listDoubleTypos(licetKey.canonical)) near.add(key)
  }
  return [...near]
}

/**
 * Returns at which character of the text, counted from 1 without white space around it, a mistyped
 * key first differs from the key it is similar to. Null if only dashes differ.
 */
export function findTypo(text: string, key: string): number | null {
  const typed = [...text.trim()]
  const symbols = [...key].filter(isSymbol).map(foldSymbol)
  let seen = 0
  for (const [index, character] of typed.entries()) {
    if (!isSymbol(character)) continue
    if (foldSymbol(character) !== symbols[seen]) return index + 1
    seen += 1
  }
  return seen < symbols.length ? typed.length + 1 : null
}

const isSymbol = (character: string) => /[\p{L}\p{N}]/u.test(character)

/** Letters that a key reads as a digit are that digit. */
const foldSymbol = (character: string) =>
  character.normalize('NFKC').toUpperCase().replace('O', '0').replace(/[IL]/, '1')

function findTyped(readings: readonly ParsedKey[]): string | null {
  const licetKey = readings.find((key) => key.kind === 'licet')
  if (licetKey !== undefined) {
    return licetKey.checksOut ? null : licetKey.canonical.replaceAll('-', '')
  }
  const imported = readings.find((key) => key.kind === 'imported' && TYPED.test(key.canonical))
  return imported?.kind === 'imported' ? imported.canonical : null
}

function* listEdits(text: string): Generator<string, void> {
  const symbols = listSymbols(text)
  for (let index = 0; index <= text.length; index += 1) {
    const [before, after] = [text.slice(0, index), text.slice(index)]
    const [first, second] = [after.charAt(0), after.charAt(1)]
    for (const symbol of symbols) {
      yield before + symbol + after.slice(1)
      yield before + symbol + after
    }
    yield before + after.slice(1)
    yield before + second + first + after.slice(2)
  }
}

const BODY_SYMBOLS = 14

/**
 * Returns the keys that check out and differ from a Licet key in exactly two symbols: at most one for
 * every two places, because the two check symbols say what the change must have been.
 */
function* listDoubleTypos(canonical: string): Generator<string, void> {
  const [prefix = '', ...groups] = canonical.split('-')
  const symbols = [...groups.join('')]
  const values = symbols.map((symbol) => ALPHABET.indexOf(symbol))
  const body = symbols.slice(0, BODY_SYMBOLS)
  const expected = computeCheck(prefix, body.join(''))
  const [first = 0, second = 0] = values.slice(BODY_SYMBOLS)
  const difference = expected ^ ((first << 5) | second)

  /** The bits of the difference that flip if the symbol at a place changes by these bits. */
  const flips = values.map((value, place) =>
    Array.from(ALPHABET, (_, change) => {
      if (place >= BODY_SYMBOLS) return place === BODY_SYMBOLS ? change << 5 : change
      const changed = body.with(place, ALPHABET.charAt(value ^ change)).join('')
      return computeCheck(prefix, changed) ^ expected
    }),
  )
  for (const [one, ofOne] of flips.entries()) {
    for (const [other, ofOther] of flips.entries()) {
      if (other <= one) continue
      for (let change = 1; change < ALPHABET.length; change += 1) {
        const otherChange = ofOther.indexOf(difference ^ (ofOne[change] ?? 0))
        if (otherChange <= 0) continue
        const fixed = symbols
          .with(one, ALPHABET.charAt((values[one] ?? 0) ^ change))
          .with(other, ALPHABET.charAt((values[other] ?? 0) ^ otherChange))
          .join('')
        yield [prefix, ...(fixed.match(/.{4}/g) ?? [])].join('-')
      }
    }
  }
}

/** Lists digits, and letters in the cases that the text has. */
function listSymbols(text: string): readonly string[] {
  const upper = /[A-Z]/.test(text) ? LETTERS : ''
  const lower = /[a-z]/.test(text) ? LETTERS.toLowerCase() : ''
  return [...DIGITS, ...upper, ...lower]
}
