import { expect, test } from 'bun:test'
import { parseTimestamp, toTimestamp } from '~/domain/times.ts'

test.each([
  ['2026-03-06T12:34:56Z', '2026-03-06T12:34:56Z'],
  ['2026-03-06T12:34:56.999999999Z', '2026-03-06T12:34:56Z'],
  ['1969-12-31T23:59:59.5Z', '1969-12-31T23:59:59Z'],
  ['2026-03-06T00:00:00+05:30', '2026-03-05T18:30:00Z'],
  ['2026-12-31T23:00:00-01:30', '2027-01-01T00:30:00Z'],
  ['2026-03-06T00:00:00-00:00', '2026-03-06T00:00:00Z'],
  ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z'],
  ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
  ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59Z'],
])('times: %s is parsed as %s', (text, expected) => {
  expect(toTimestamp(parseTimestamp(text, '/at'))).toBe(expected)
})

test.each([
  ['a day that does not exist', '2026-02-30T00:00:00Z'],
  ['a leap day in a common year', '2026-02-29T00:00:00Z'],
  ['a day that does not exist, in another time zone', '2026-02-30T00:00:00-05:00'],
  ['month 13', '2026-13-01T00:00:00Z'],
  ['month 0', '2026-00-01T00:00:00Z'],
  ['day 0', '2026-01-00T00:00:00Z'],
  ['hour 24', '2026-03-06T24:00:00Z'],
  ['minute 60', '2026-03-06T00:60:00Z'],
  ['a leap second, which JavaScript cannot represent', '2026-12-31T23:59:60Z'],
  ['an offset of 24 hours', '2026-03-06T00:00:00+24:00'],
  ['an offset with minute 75', '2026-03-06T00:00:00+05:75'],
  ['an offset that leads to the year 10000', '9999-12-31T23:59:59-01:00'],
  ['an offset that leads to a year before 0', '0000-01-01T00:00:00+01:00'],
  ['a year with six digits', '+010000-01-01T00:00:00Z'],
  ['an empty text', ''],
  ['a word', 'tomorrow'],
])('times: %s is rejected', (_what, text) => {
  const error = { pointer: '/at', detail: expect.stringContaining('This time does not exist.') }
  expect(() => parseTimestamp(text, '/at')).toThrow(
    expect.objectContaining({ kind: 'validation_failed', errors: [error] }),
  )
})

test('times: a time is formatted in UTC, truncated to the second', () => {
  expect(toTimestamp(Date.parse('2026-03-06T12:34:56.999Z'))).toBe('2026-03-06T12:34:56Z')
})
