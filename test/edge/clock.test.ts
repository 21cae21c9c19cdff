import { expect, test } from 'bun:test'
import { createPrimaryClock } from '~/edge/clock.ts'

const statedMs = 1_772_755_200_000

test('edge clock: it shows 0 until the primary has stated its time', () => {
  expect(createPrimaryClock(() => 500).nowMs()).toBe(0)
})

test('edge clock: it runs on from the time that the primary has stated, counted from the request', () => {
  let elapsedMs = 1000
  const clock = createPrimaryClock(() => elapsedMs)
  elapsedMs = 1800
  clock.set(statedMs, 1000)
  expect(clock.nowMs()).toBe(statedMs + 800)
  elapsedMs += 60_000
  expect(clock.nowMs()).toBe(statedMs + 60_800)
})

test('edge clock: a faster response does not set it back', () => {
  const clock = createPrimaryClock(() => 5000)
  clock.set(statedMs, 4000)
  clock.set(statedMs, 4990)
  expect(clock.nowMs()).toBe(statedMs + 1000)
})

test('edge clock: it follows a primary whose clock was wrong, and was set back', () => {
  const clock = createPrimaryClock(() => 5000)
  clock.set(statedMs + 31_536_000_000, 5000)
  clock.set(statedMs, 5000)
  expect(clock.nowMs()).toBe(statedMs)
})
