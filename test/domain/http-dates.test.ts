import { expect, test } from 'bun:test'
import { parseHttpDate } from '~/domain/http-dates.ts'

const nowMs = Date.parse('2026-03-06T12:00:00Z')

test.each([
  ['Sun, 06 Nov 1994 08:49:37 GMT', '1994-11-06T08:49:37Z'],
  ['Sunday, 06-Nov-94 08:49:37 GMT', '1994-11-06T08:49:37Z'],
  ['Sun Nov  6 08:49:37 1994', '1994-11-06T08:49:37Z'],
  ['Wed Nov 16 08:49:37 1994', '1994-11-16T08:49:37Z'],
  ['Friday, 06-Mar-26 12:07:00 GMT', '2026-03-06T12:07:00Z'],
  ['Friday, 06-Mar-76 12:07:00 GMT', '2076-03-06T12:07:00Z'],
  ['Sunday, 06-Mar-77 12:07:00 GMT', '1977-03-06T12:07:00Z'],
  ['Thu, 29 Feb 2024 00:00:00 GMT', '2024-02-29T00:00:00Z'],
  ['Sat, 31 Dec 2016 23:59:60 GMT', '2017-01-01T00:00:00Z'],
])('HTTP date: %s is %s (RFC 9110, §5.6.7)', (text, expected) => {
  expect(parseHttpDate(text, nowMs)).toBe(Date.parse(expected))
})

test.each([
  '',
  'soon',
  '2026-03-06T12:07:00Z',
  'Sun, 06 Nov 1994 08:49:37',
  'Sun, 06 Nov 1994 08:49:37 +0100',
  'Sun, 6 Nov 1994 08:49:37 GMT',
  'Sun, 30 Feb 2025 00:00:00 GMT',
  'Fri, 99 Abc 2026 12:07:00 GMT',
  'Fri, 06 Abc 2026 12:07:00 GMT',
  'Fri, 06 Mar 2026 24:00:00 GMT',
  'Fri, 06 Mar 2026 12:60:00 GMT',
  'Friday, 06 Mar 26 12:07:00 GMT',
])('HTTP date: %p is none', (text) => {
  expect(parseHttpDate(text, nowMs)).toBeNull()
})
