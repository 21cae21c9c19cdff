import { describe, expect, test } from 'bun:test'
import { beginSchedule, decideOutcome, type Progress, retryGapsMs } from '~/domain/deliveries.ts'

const NOW_MS = Date.parse('2026-03-06T12:00:00Z')
const SECOND_MS = 1000
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
const EVEN = 0.5

const healthy = { state: 'enabled', failingSinceMs: null } as const
const first = { tries: 0 }
const refusal = { status: 500, retryAfter: null }
const silence = { status: null, retryAfter: null }

test('with a fixed clock, the ten tries fall exactly on the schedule', () => {
  const tryMs = 15 * SECOND_MS
  let progress: Progress = beginSchedule(NOW_MS)
  const begunAtMs: number[] = []
  while (progress.status === 'pending') {
    begunAtMs.push(progress.nextTryAtMs)
    const endedAtMs = progress.nextTryAtMs + tryMs
    progress = decideOutcome(progress, healthy, silence, endedAtMs, EVEN).progress
  }
  const pauses = begunAtMs.map((atMs, index) => atMs - tryMs - (begunAtMs[index - 1] ?? -tryMs))
  expect(begunAtMs[0]).toBe(NOW_MS)
  expect(pauses.slice(1)).toEqual([
    5 * SECOND_MS,
    5 * MINUTE_MS,
    30 * MINUTE_MS,
    2 * HOUR_MS,
    5 * HOUR_MS,
    10 * HOUR_MS,
    14 * HOUR_MS,
    20 * HOUR_MS,
    24 * HOUR_MS,
  ])
  expect(progress).toEqual({ status: 'failed', tries: 10 })
})

test.each([200, 201, 204, 299])('%i delivers, and ends a row of failures', (status) => {
  const failing = { state: 'enabled', failingSinceMs: NOW_MS - DAY_MS } as const
  const answer = { status, retryAfter: null }
  expect(decideOutcome({ tries: 3 }, failing, answer, NOW_MS, EVEN)).toEqual({
    progress: { status: 'delivered', tries: 4 },
    endpoint: healthy,
  })
})

test.each([null, 199, 300, 302, 400, 401, 404, 429, 500, 503])('%p does not deliver', (status) => {
  const answer = { status, retryAfter: null }
  expect(decideOutcome(first, healthy, answer, NOW_MS, EVEN)).toEqual({
    progress: { status: 'pending', tries: 1, nextTryAtMs: NOW_MS + 5 * SECOND_MS },
    endpoint: { state: 'enabled', failingSinceMs: NOW_MS },
  })
})

test.each([
  [0, 0.8],
  [0.25, 0.9],
  [0.5, 1],
  [0.75, 1.1],
  [0.999999999, 1.2],
])('randomness %p stretches each gap by %p', (random, factor) => {
  for (const [tries, gapMs] of retryGapsMs.entries()) {
    const { progress } = decideOutcome({ tries }, healthy, refusal, NOW_MS, random)
    expect(pauseOf(progress)).toBe(Math.round(gapMs * factor))
  }
})

describe('Retry-After', () => {
  const gapMs = 5 * MINUTE_MS
  const cases: [string, number][] = [
    ['400', 400 * SECOND_MS],
    ['300', gapMs],
    ['600', 2 * gapMs],
    ['601', 2 * gapMs],
    ['1', gapMs],
    ['0', gapMs],
    ['9'.repeat(400), 2 * gapMs],
    ['Fri, 06 Mar 2026 12:07:00 GMT', 7 * MINUTE_MS],
    ['Fri, 06 Mar 2026 12:00:01 GMT', gapMs],
    ['Thu, 01 Jan 1970 00:00:00 GMT', gapMs],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 2 * gapMs],
  ]
  test.each(cases)('%p waits within once and twice the gap', (retryAfter, pauseMs) => {
    const answer = { status: 429, retryAfter }
    const { progress } = decideOutcome({ tries: 1 }, healthy, answer, NOW_MS, 0)
    expect(pauseOf(progress)).toBe(pauseMs)
  })

  const garbage = ['', '-1', '-300', '400.5', '4e2', '0x190', ' 400', '400, 500', 'soon']
  const noDates = ['2026-03-06T12:07:00Z', 'Fri, 99 Abc 2026 12:07:00 GMT']
  test.each([...garbage, ...noDates])('%p is as good as none', (retryAfter) => {
    const answer = { status: 503, retryAfter }
    const { progress } = decideOutcome({ tries: 1 }, healthy, answer, NOW_MS, 0)
    expect(pauseOf(progress)).toBe(0.8 * gapMs)
  })
})

describe('an endpoint', () => {
  test('that answers 410 is disabled, and the delivery fails at once', () => {
    const answer = { status: 410, retryAfter: '60' }
    expect(decideOutcome(first, healthy, answer, NOW_MS, EVEN)).toEqual({
      progress: { status: 'failed', tries: 1 },
      endpoint: { state: 'disabled_gone', failingSinceMs: NOW_MS },
    })
  })

  test('that keeps failing remembers its first failure only', () => {
    const failing = { state: 'enabled', failingSinceMs: NOW_MS - HOUR_MS } as const
    const { endpoint } = decideOutcome({ tries: 1 }, failing, refusal, NOW_MS, EVEN)
    expect(endpoint).toEqual(failing)
  })

  test('is disabled after five days without a success, and not a moment before', () => {
    const since = (failingSinceMs: number) =>
      decideOutcome(first, { state: 'enabled', failingSinceMs }, silence, NOW_MS, EVEN)
    expect(since(NOW_MS - 5 * DAY_MS + 1)).toMatchObject({
      progress: { status: 'pending' },
      endpoint: { state: 'enabled' },
    })
    expect(since(NOW_MS - 5 * DAY_MS)).toMatchObject({
      progress: { status: 'failed' },
      endpoint: { state: 'disabled_failing' },
    })
  })

  test('that was paused during the try stays paused', () => {
    const paused = { state: 'paused', failingSinceMs: NOW_MS - 9 * DAY_MS } as const
    for (const status of [410, 500]) {
      const { endpoint } = decideOutcome(first, paused, { status, retryAfter: null }, NOW_MS, EVEN)
      expect(endpoint).toEqual(paused)
    }
  })

  test('that was disabled during the try gets no further one', () => {
    const disabled = { state: 'disabled_failing', failingSinceMs: NOW_MS - 5 * DAY_MS } as const
    const { progress } = decideOutcome(first, disabled, refusal, NOW_MS, EVEN)
    expect(progress).toEqual({ status: 'failed', tries: 1 })
  })
})

function pauseOf(progress: Progress): number {
  return progress.status === 'pending' ? progress.nextTryAtMs - NOW_MS : Number.NaN
}
