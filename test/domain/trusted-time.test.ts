import { expect, test } from 'bun:test'
import { advanceTrustedMs } from '~/domain/trusted-time.ts'

const HOUR_MS = 3_600_000
const YEAR_MS = 365 * 24 * HOUR_MS
const trueMs = Date.parse('2026-03-06T00:00:00Z')
const unset = Date.parse('1970-01-01T00:01:00Z')

test.each([
  ['follows a clock that runs normally', trueMs, trueMs + HOUR_MS, HOUR_MS, trueMs + HOUR_MS],
  ['starts with the first plausible time', null, trueMs, 0, trueMs],
  ['starts without a clock that was never set', null, unset, HOUR_MS, null],
  ['ignores a clock that was never set', trueMs, unset, HOUR_MS, trueMs],
  ['does not follow a clock that jumps ahead', trueMs, trueMs + YEAR_MS, 0, trueMs],
  ['then gains only a tenth', trueMs, trueMs + YEAR_MS, 10 * HOUR_MS, trueMs + 11 * HOUR_MS],
  [
    'never overtakes the clock',
    trueMs,
    trueMs + 10.5 * HOUR_MS,
    10 * HOUR_MS,
    trueMs + 10.5 * HOUR_MS,
  ],
  ['goes back with the clock', trueMs, trueMs - HOUR_MS, HOUR_MS, trueMs - HOUR_MS],
] as const)('trusted time %s', (_, trustedMs, nowMs, elapsedMs, expected) => {
  expect(advanceTrustedMs(trustedMs, nowMs, elapsedMs)).toBe(expected)
})
