import { expect, test } from 'bun:test'
import { armor } from '~/signing/armor.ts'

test.each([
  [1, ['a']],
  [64, ['a'.repeat(64)]],
  [65, ['a'.repeat(64), 'a']],
  [128, ['a'.repeat(64), 'a'.repeat(64)]],
])('armor: a token of %d characters is wrapped at 64 columns', (length, lines) => {
  expect(armor('LICENSE', 'a'.repeat(length)).split('\n')).toEqual([
    '-----BEGIN LICET LICENSE-----',
    ...lines,
    '-----END LICET LICENSE-----',
    '',
  ])
})
