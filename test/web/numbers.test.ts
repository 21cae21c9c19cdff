import { expect, test } from 'bun:test'
import { formatShare } from '~/web/shared/numbers.ts'
import { toWords } from '~/web/shared/words.ts'

test.each([
  [0, 0, '0.0%'],
  [1, 3, '33.3%'],
  [3, 3, '100.0%'],
  [1, 100_000, '< 0.1%'],
  [0, 100_000, '0.0%'],
])('numbers: %d of %d is %s', (count, total, text) => {
  expect(formatShare(count, total)).toBe(text)
})

test.each([
  ['DOMAIN_LIMIT_REACHED', 'Domain limit reached'],
  ['license.key_rotated', 'License key rotated'],
  ['', ''],
])('words: %p reads "%s"', (code, words) => {
  expect(toWords(code)).toBe(words)
})
