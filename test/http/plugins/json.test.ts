import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { Fault } from '~/domain/faults.ts'
import { formatCanonicalJson, parseJson } from '~/http/plugins/json.ts'

function pointersOf(text: string): readonly string[] {
  try {
    parseJson(text, true)
    return []
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return (error.errors ?? []).map(({ pointer }) => pointer)
  }
}

const exact = [
  '0',
  '-0',
  '1',
  '1.0',
  '0.1',
  '-12.50',
  '9007199254740992',
  '1e21',
  '1E3',
  '0e999',
  '1e-1',
  '-25E-2',
  '0.00000000000000001',
]
test.each([
  ...exact,
  '0.30000000000000004',
  '123456789012345680',
  '5e-324',
  '1.7976931348623157e308',
  // As written by Python, Go and Java for small numbers.
  '1e-1',
  '1e-05',
  '-1.5E-3',
  '2.5e-07',
  '-1.0E-5',
])('json: the number %s stays the same, so it is accepted', (number) => {
  expect(pointersOf(`{"a":[${number}]}`)).toEqual([])
})

const inexact = [
  '12345678901234567',
  '9007199254740993',
  '1e400',
  '-1e400',
  '1e-400',
  '0.1234567890123456789',
]
test.each([...inexact, '3.14159265358979323846', '100000000000000000000001', '1'.repeat(5000)])(
  'json: the number %s would change, so it is rejected with its pointer',
  (number) => {
    expect(pointersOf(`{"x":"1e400", "a/b" : {"~" : [ 1 , ${number} ]}}`)).toEqual(['/a~1b/~0/1'])
    expect(pointersOf(number)).toEqual([''])
  },
)

test('json: 32 levels are accepted, and 33 are not', () => {
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
  expect(pointersOf(nested(32))).toEqual([])
  expect(() => parseJson(nested(33), true)).toThrow('nested deeper than 32 levels')
})

test('json: numbers inside strings are not numbers', () => {
  expect(pointersOf('{"a":"12345678901234567","1e400":"\\"1e400","b":1e3}')).toEqual([])
})

test('json: a member that occurs twice is rejected with its pointer, wherever it is', () => {
  expect(pointersOf('{"a":1,"b":[{"c":1,"\\u0063":1}],"a":2}')).toEqual(['/b/0/c', '/a'])
  expect(pointersOf('{"a":{"a":1},"b":{"a":1}}')).toEqual([])
})

test('json: a lenient parser keeps the last value, as JSON.parse does', () => {
  expect(parseJson('{"a":1,"a":12345678901234567}', false)).toEqual({ a: 12345678901234568 })
})

test('json: whatever JSON.stringify writes is accepted and read as the same value', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), (text) => {
      const again = JSON.stringify(JSON.parse(text))
      expect(parseJson(again, true)).toEqual(JSON.parse(again))
    }),
  )
})

test('json: equal values have one canonical text, whatever the order of members and the spelling', () => {
  const canonical = formatCanonicalJson(JSON.parse('{"b":[{"y":1,"x":"é"}],"a":null,"10":0,"9":0}'))
  for (const same of [
    '{"9":0,"10":0,"a":null,"b":[{"x":"\\u00e9","y":1.0}]}',
    ' { "10":0, "b":[ {"x":"é","y":1e0} ], "9":-0, "a":null } ',
  ]) {
    expect(formatCanonicalJson(JSON.parse(same))).toBe(canonical)
  }
  expect(formatCanonicalJson(JSON.parse('[1,2]'))).not.toBe(formatCanonicalJson([2, 1]))
})

test.each([
  ['strings of escapes', `"${'\\\\'.repeat(16_000)}"`],
  ['strings of characters with several bytes', `"${'€'.repeat(32_000)}"`],
  ['numbers with many digits', '1'.repeat(32_000)],
])('json: too many long %s are rejected before they are parsed', (_, literal) => {
  const few = Array(8).fill(literal).join(',')
  const parse = (text: string) => () => parseJson(text, false)
  expect(parse(`[${few}]`)).not.toThrow()
  expect(parse(`[${few}`)).toThrow('not valid JSON')
  expect(parse(`[${few},${literal}`)).toThrow('more than 262144 characters in total')
})
