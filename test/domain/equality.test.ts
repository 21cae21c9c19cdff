import { expect, test } from 'bun:test'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { isEqual } from '~/domain/equality.ts'

test.each([
  [{ a: 1, b: [null, { c: '' }] }, { b: [null, { c: '' }], a: 1 }, true],
  [[1, 2], [2, 1], false],
  [[], {}, false],
  [{}, null, false],
  [{ a: undefined }, {}, false],
  [{ a: undefined }, { b: undefined }, false],
  [JSON.parse('{"__proto__":1}'), {}, false],
  [{ toString: undefined }, {}, false],
  [0, '0', false],
  [Number.NaN, Number.NaN, true],
])('equality of %j and %j is %p', (first, second, equal) => {
  expect(isEqual(first, second)).toBe(equal)
  expect(isEqual(second, first)).toBe(equal)
})

test('equality of JSON values agrees with isDeepStrictEqual', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (first, second) => {
      expect(isEqual(first, second)).toBe(isDeepStrictEqual(first, second))
      expect(isEqual(first, structuredClone(first))).toBe(true)
    }),
  )
})
