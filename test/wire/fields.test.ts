import { expect, test } from 'bun:test'
import { Value } from '@sinclair/typebox/value'
import { Features, Metadata } from '~/wire/fields.ts'

test.each([
  ['a name', { sso: true }, true],
  ['64 characters', { ['n'.repeat(64)]: true }, true],
  ['65 characters', { ['n'.repeat(65)]: true }, false],
  ['no character', { '': true }, false],
  ['a line break', { 'a\nb': true }, false],
  ['an object behind a name with a line break', { 'a\nb': { x: 1 } }, false],
])(
  'fields: features and metadata have names of 1–64 characters in one line: %s',
  (_case, map, isFit) => {
    expect(Value.Check(Features, map)).toBe(isFit)
    expect(Value.Check(Metadata, map)).toBe(isFit)
  },
)
