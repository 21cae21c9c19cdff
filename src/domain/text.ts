/** Control, formatting and other characters that show nothing, and U+2800, an empty Braille cell. */
const INVISIBLE =
  '\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}\\p{Noncharacter_Code_Point}\\u2800'
/** Joiners and variation selectors where they change what is seen: in emoji and in some scripts. */
const JOINED = [
  '(?<=[\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\ufe0f])\\u200d(?=\\p{Extended_Pictographic})',
  '(?<=\\p{Extended_Pictographic})[\\ufe0e\\ufe0f]|(?<=[0-9#*])\\ufe0f(?=\\u20e3)',
  '(?<=\\u{1f3f4}[\\u{e0061}-\\u{e007a}]{0,5})[\\u{e0061}-\\u{e007a}\\u{e007f}]',
  // After a virama, a joiner shapes the letter before it, also at the end of a word.
  '(?<=[\\u094d\\u09cd\\u0a4d\\u0acd\\u0b4d\\u0bcd\\u0c4d\\u0ccd\\u0d4d\\u0dca])\\u200d',
  '(?<=[\\u1820-\\u18aa])[\\u180b-\\u180f]',
  '(?<=\\p{sc=Han})[\\ufe00-\\ufe02\\u{e0100}-\\u{e01ef}]',
  ...['Arab', 'Syrc', 'Mong', 'Deva', 'Beng', 'Guru', 'Gujr', 'Orya', 'Taml', 'Telu', 'Knda']
    .concat('Mlym', 'Sinh', 'Khmr', 'Tibt')
    .map((script) => `(?<=\\p{scx=${script}})[\\u200c\\u200d](?=\\p{scx=${script}})`),
].join('|')

const invisible = new RegExp(`[${INVISIBLE}]`, 'u')
const allInvisible = new RegExp(`[${INVISIBLE}]`, 'gu')
const joined = new RegExp(JOINED, 'gu')
const joinedOrInvisible = new RegExp(`(${JOINED})|[${INVISIBLE}]`, 'gu')
const blank = new RegExp(`^[\\s${INVISIBLE}]*$`, 'u')
const SURROGATE_PAIR = /[\ud800-\udbff][\udc00-\udfff]/g
const UNSTORABLE = /[\0\p{Cs}]/gu
const LINE_BREAKS = /[\t\n\r]/g
/** One line of ASCII without needless blanks, as most texts are. */
const PLAIN = /^(?:[!-~]+(?: [!-~]+)*)?$/
/** The accents that most letters are composed with. Vowel signs of other scripts are letters. */
const ACCENTS = /[\u0300-\u036f]/g

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** A character that people cannot see. `position` counts characters from 1. */
export interface InvisibleCharacter {
  readonly position: number
  /** Such as `U+200B`. */
  readonly codePoint: string
}

/**
 * Which characters are allowed although they show nothing. `code` allows none; `line` joiners where
 * a script or an emoji needs them; `note` line breaks and tabs as well.
 */
export type TextKind = 'code' | 'line' | 'note'

/** Counts code points, as JSON Schema, SQL and other languages do. */
export function countCharacters(text: string): number {
  return text.length - (text.match(SURROGATE_PAIR)?.length ?? 0)
}

/** Cuts a text to at most `max` characters, and keeps emoji and accented letters in one piece. */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text
  let end = 0
  let count = 0
  for (const { index, segment } of graphemes.segment(text)) {
    count += countCharacters(segment)
    if (count > max) break
    end = index + segment.length
  }
  return end > 0 ? text.slice(0, end) : [...text.slice(0, 2 * max)].slice(0, max).join('')
}

/** Whether a text shows nothing: it is empty, or has only blanks and invisible characters. */
export function isBlank(text: string): boolean {
  return blank.test(text)
}

/** Returns the first character that people cannot see, or null. */
export function findInvisible(text: string, kind: TextKind): InvisibleCharacter | null {
  if (!invisible.test(text)) return null
  const hasJoiners = kind === 'code' ? text : text.replace(joined, 'x')
  const rest = kind === 'note' ? hasJoiners.replace(LINE_BREAKS, ' ') : hasJoiners
  const found = invisible.exec(rest)
  if (found === null) return null
  const hex = found[0].codePointAt(0)?.toString(16).toUpperCase() ?? ''
  return {
    position: countCharacters(rest.slice(0, found.index)) + 1,
    codePoint: `U+${hex.padStart(4, '0')}`,
  }
}

/** Returns a sentence about an invisible character that must not be in a field. */
export function describeInvisible({ position, codePoint }: InvisibleCharacter): string {
  return `Character ${position} is ${codePoint}, a control or invisible character. Remove it.`
}

/** Removes every invisible character, also those that shape what is seen. */
export function removeInvisible(text: string): string {
  return text.replace(allInvisible, '')
}

/** Replaces every character that shows nothing, except those that shape what is seen. */
export function replaceInvisible(text: string, substitute: string): string {
  return text.replace(joinedOrInvisible, (_all, kept = substitute) => kept)
}

/** Removes the characters that a database cannot store unchanged: NUL and unpaired surrogates. */
export function removeUnstorable(text: string): string {
  return text.isWellFormed() && !text.includes('\0') ? text : text.replace(UNSTORABLE, '')
}

/** Makes one line of a name that an app sends, of up to `max` characters; null if nothing is left. */
export function cleanName(text: string | null | undefined, max: number): string | null {
  if (text == null) return null
  const line = replaceInvisible(text.replace(/\s+/g, ' '), '')
  return cutText(line.trim(), max).trimEnd() || null
}

/**
 * Returns the form in which texts are searched. Case, accents and their composition, ligatures,
 * widths, ß and ss, kinds of white space, and invisible characters make no difference.
 */
export function foldText(text: string): string {
  if (PLAIN.test(text)) return text.toLowerCase()
  const bare = removeInvisible(text.replace(/\s+/g, ' ')).normalize('NFKD').replace(ACCENTS, '')
  // Upper case turns ß into SS; a sigma at the end of a word has a lower case of its own.
  const folded = bare.toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ')
  return folded.normalize('NFKD').replace(ACCENTS, '').replace(/\s+/g, ' ').trim()
}
