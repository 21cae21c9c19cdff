import { expect, test } from 'bun:test'
import { readRange, toQuery } from '~/web/admin/usage/ranges.ts'

const nowMs = Date.parse('2026-03-06T12:34:56Z')

test.each([
  [{}, '30d', '2026-02-05', '2026-03-06', 'day'],
  [{ range: 'today' }, 'today', '2026-03-06', '2026-03-06', 'hour'],
  [{ range: '7d' }, '7d', '2026-02-28', '2026-03-06', 'day'],
  [{ range: '365d' }, '365d', '2025-03-07', '2026-03-06', 'day'],
  [{ from: '2026-03-01', to: '2026-03-02' }, 'custom', '2026-03-01', '2026-03-02', 'hour'],
  [{ from: '2026-03-01', to: '2026-03-03' }, 'custom', '2026-03-01', '2026-03-03', 'day'],
  [{ range: 'yesterday' }, '30d', '2026-02-05', '2026-03-06', 'day'],
  [{ from: '2026-02-30', to: '2026-03-03' }, '30d', '2026-02-05', '2026-03-06', 'day'],
  [{ from: '2026-03-01' }, '30d', '2026-02-05', '2026-03-06', 'day'],
  [{ from: '<img>', to: '"' }, '30d', '2026-02-05', '2026-03-06', 'day'],
] as const)('ranges: %j is %s', (values, name, first, last, interval) => {
  expect(readRange(values, nowMs)).toEqual({ name, first, last, interval })
})

test('ranges: the query covers both days, also across the end of a month', () => {
  expect(toQuery({ first: '2026-02-27', last: '2026-02-28' })).toEqual({
    from: '2026-02-27T00:00:00Z',
    to: '2026-03-01T00:00:00Z',
  })
})
