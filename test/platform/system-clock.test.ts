import { expect, test } from 'bun:test'
import { createSystemClock } from '~/platform/system-clock.ts'

const DAY_MS = 86_400_000
const startMs = Date.parse('2026-03-06T00:00:00Z')

function createMachine() {
  const machine = { nowMs: startMs, elapsedMs: 500 }
  const clock = createSystemClock({
    readNowMs: () => machine.nowMs,
    readElapsedMs: () => machine.elapsedMs,
  })
  const pass = (durationMs: number, jumpMs = 0) => {
    machine.elapsedMs += durationMs
    machine.nowMs += durationMs + jumpMs
  }
  return { clock, pass }
}

test.each([
  ['a year forward', 365 * DAY_MS, 365 * DAY_MS],
  ['a day back', -DAY_MS, -DAY_MS],
  ['a few seconds, as time synchronization does', 4000, 0],
  ['not at all', 0, 0],
])('system clock: a jump of %s is noticed once', (_, jumpMs, expected) => {
  const { clock, pass } = createMachine()
  pass(1000, jumpMs)
  expect(clock.check()).toBe(expected)
  pass(1000)
  expect(clock.check()).toBe(0)
})

test('system clock: nothing counts as old before an earlier process has been heard', () => {
  const { clock, pass } = createMachine()
  pass(1000)
  clock.check()
  expect(clock.trustedMs()).toBe(0)
  clock.resume(startMs - DAY_MS)
  expect(clock.trustedMs()).toBe(startMs - DAY_MS)
  pass(10 * DAY_MS)
  clock.check()
  expect(clock.trustedMs()).toBe(startMs + 10 * DAY_MS)
  pass(DAY_MS, 365 * DAY_MS)
  clock.check()
  expect(clock.trustedMs()).toBeLessThan(startMs + 12 * DAY_MS)
})
