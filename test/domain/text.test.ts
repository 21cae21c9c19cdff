import { expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  cleanName,
  countCharacters,
  cutText,
  findInvisible,
  foldText,
  isBlank,
  removeInvisible,
  type TextKind,
} from '~/domain/text.ts'

const texts = fc.string({ unit: 'binary' })

test.each([
  ['', 0],
  ['Ann', 3],
  ['Zoë', 3],
  ['Zoe\u0308', 4],
  ['🔑🔑', 2],
  ['👩‍💻', 3],
  ['𠮷野家', 3],
])('text: %j has %i characters', (text, count) => {
  expect(countCharacters(text)).toBe(count)
})

test('text: counts are those of the code points of any text', () => {
  fc.assert(fc.property(texts, (text) => expect(countCharacters(text)).toBe([...text].length)))
})

test.each([
  ['Ann', 3, 'Ann'],
  ['Anna', 3, 'Ann'],
  ['🔑🔒🔓', 2, '🔑🔒'],
  ['Zoe\u0308', 3, 'Zo'],
  ['a👩‍💻', 3, 'a'],
  ['🇩🇪🇫🇷', 3, '🇩🇪'],
  [`a${'\u0301'.repeat(9)}`, 4, `a${'\u0301'.repeat(3)}`],
])('text: %j cut to %i characters is %j', (text, max, cut) => {
  expect(cutText(text, max)).toBe(cut)
})

test('text: a cut text is well formed, a start of the text, and not too long', () => {
  const wellFormed = fc.string({ unit: 'binary' })
  fc.assert(
    fc.property(wellFormed, fc.integer({ min: 1, max: 8 }), (text, max) => {
      const cut = cutText(text, max)
      expect(text.startsWith(cut) && cut.isWellFormed()).toBe(true)
      expect(countCharacters(cut)).toBeLessThanOrEqual(max)
    }),
  )
})

const blanks = ['', ' ', '\u00a0\u3000', '\u200b', '\ufeff\t', '\u2800', '\u3164\u115f', '\u00ad']
test.each(blanks)('text: %j is blank', (text) => {
  expect(isBlank(text)).toBe(true)
  expect(cleanName(text, 10)).toBeNull()
})

const kinds: readonly TextKind[] = ['code', 'line', 'note']
test.each([
  '\u200b',
  '\ufeff',
  '\u00ad',
  '\u202e',
  '\u2066',
  '\u0000',
  '\u0085',
  '\u2028',
  '\ufffe',
])('text: %j is invisible in every kind of text', (character) => {
  for (const kind of kinds) {
    expect(findInvisible(`🔑a${character}b`, kind)?.position).toBe(3)
  }
})

test.each([
  ['\u034f', 'U+034F'],
  ['\u{e0041}', 'U+E0041'],
  ['\u3164', 'U+3164'],
])('text: %j is named as %s', (text, codePoint) => {
  expect(findInvisible(text, 'line')).toEqual({ position: 1, codePoint })
})

test.each([
  ['an emoji', '👩‍💻'],
  ['a flag', '🏳️‍🌈'],
  ['a keycap', '1️⃣'],
  ['a Persian word', 'می\u200cخواهم'],
  ['a Japanese name', '辻\u{e0100}'],
  ['the flag of England', '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}'],
  ['a Malayalam word that ends in a joiner', 'അവന്\u200d'],
  ['a Mongolian word', 'ᠮᠣᠩ\u180bᠭᠣᠯ'],
])('text: the joiner or selector of %s is allowed in a name, not in a reference', (_case, text) => {
  expect(findInvisible(text, 'line')).toBeNull()
  expect(findInvisible(text, 'code')).not.toBeNull()
})

test.each([
  'a\u200db',
  'a\u200cb',
  'அ\u200d',
  'a\u{e0067}',
  'a\u180b',
  'a\ufe0f',
  '1\ufe0f',
  '\u200d',
])('text: the joiner or selector of %j changes nothing visible, so it is invisible', (text) => {
  expect(findInvisible(text, 'line')).not.toBeNull()
})

test('text: line breaks and tabs are allowed in notes only', () => {
  expect(findInvisible('a\r\n\tb', 'note')).toBeNull()
  expect(findInvisible('a\nb', 'line')).toEqual({ position: 2, codePoint: 'U+000A' })
})

test.each([
  ["  Ada's\u200b lap\u00adtop \n", "Ada's laptop"],
  ['DESKTOP-7\0\0\0', 'DESKTOP-7'],
  ['a\ud800b', 'ab'],
  ['👩‍💻 of Zoë', '👩‍💻 of Zoë'],
  ['12345678901234567890 and more', '12345678901234567890'],
])('text: the name %j of an app is cleaned to %j', (text, name) => {
  expect(cleanName(text, 20)).toBe(name)
})

test('text: a cleaned name shows no invisible character, for any text', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const name = cleanName(text, 10)
      if (name === null) return
      expect(countCharacters(name)).toBeLessThanOrEqual(10)
      expect(isBlank(name)).toBe(false)
    }),
  )
})

test.each([
  ['STRASSE', 'Straße'],
  ['STRAẞE', 'strasse'],
  ['Zoë', 'ZOE\u0308'],
  ['İstanbul', 'istanbul'],
  ['ＡＣＭＥ', 'acme'],
  ['ﬁnance', 'Finance'],
  ['ΟΔΟΣ', 'οδός'],
  ['Jürgen\u00a0 Klopp ', 'Jurgen Klopp'],
  ['an\u200bna', 'Anna'],
  ['한글', '한글'.normalize('NFD')],
])('text: a search takes %j and %j for the same', (one, other) => {
  expect(foldText(one)).toBe(foldText(other))
})

test('text: folding a folded text returns it unchanged', () => {
  fc.assert(
    fc.property(texts, (text) => expect(foldText(foldText(text))).toBe(foldText(text))),
    { numRuns: 2000 },
  )
})

test('text: removing invisible characters leaves letters, blanks and emoji', () => {
  expect(removeInvisible('\ufeffa\u200b b🔑\0')).toBe('a b🔑')
})
