import { expect, test } from 'bun:test'
import { Value } from '@sinclair/typebox/value'
import { findInvisible } from '~/domain/text.ts'
import { Email, Features, Fingerprint, Name, parseDeviceName, Reason } from '~/wire/fields.ts'
import { findTextFlaw } from '~/wire/text.ts'
import { Type } from '~/wire/type.ts'

test.each([
  ['a letter', 'x'],
  ['an emoji', '😀'],
  ['a letter beyond the BMP', '𠮷'],
])(
  'text fields: limits count characters, such as %s, and not UTF-16 code units',
  (_what, character) => {
    for (const [schema, max] of [
      [Name, 200],
      [Reason, 500],
      [Fingerprint, 255],
      [Type.Text(40), 40],
    ] as const) {
      expect(Value.Check(schema, character.repeat(max))).toBe(true)
      expect(Value.Check(schema, character.repeat(max + 1))).toBe(false)
    }
    expect(Value.Check(Features, { [character.repeat(64)]: character.repeat(1000) })).toBe(true)
    expect(Value.Check(Features, { [character.repeat(65)]: true })).toBe(false)
    expect(Value.Check(Features, { a: character.repeat(1001) })).toBe(false)
  },
)

test('text fields: names of features and metadata have no invisible character', () => {
  for (let code = 0; code <= 0xffff; code += 1) {
    if (code >= 0xd800 && code <= 0xdfff) continue
    const text = String.fromCharCode(code)
    const isVisible = findInvisible(text, 'code') === null
    if (Value.Check(Features, { [text]: true }) !== isVisible) expect(code.toString(16)).toBe('')
  }
  expect(Value.Check(Features, { 'a\u{e0041}': true })).toBe(false)
})

test.each([
  [Name, 'a\u200bb', 'Character 2 is U+200B, a control or invisible character. Remove it.'],
  [Name, '\u00a0\u3164', 'It contains only blanks or invisible characters.'],
  [Name, '', 'Must have at least 1 character.'],
  [Name, 5, 'Must be a string.'],
  [Name, 'x'.repeat(201), 'Must have at most 200 characters.'],
  [Email, '🔑@b\u00ad.de', 'Character 4 is U+00AD, a control or invisible character. Remove it.'],
  [Email, 'a@“b”.de', 'Its domain is not a valid domain name.'],
  [Email, `a@${'ü.'.repeat(60)}de`, 'In punycode, it has more than 254 characters.'],
  [Fingerprint, ' \u2800\ufeff', 'It contains only blanks or invisible characters.'],
  [Fingerprint, 'a\0', 'It contains a NUL or an unpaired surrogate. Send valid Unicode.'],
])('text fields: the error says what is wrong and where: %#', (schema, value, flaw) => {
  expect(findTextFlaw(schema, value)).toBe(flaw)
})

test('text fields: the first name of an app that shows something is used', () => {
  expect(parseDeviceName({ name: ' \u200b', device_name: "Ada's laptop" })).toBe("Ada's laptop")
  expect(parseDeviceName({ name: 'a', device_name: 'b' })).toBe('a')
  expect(parseDeviceName({ name: null })).toBeNull()
})
