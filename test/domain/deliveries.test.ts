import { describe, expect, test } from 'bun:test'
import { beginSchedule, decideNextStep, type Progress, retryGapsMs } from '~/domain/deliveries.ts'

const NOW_MS = Date.parse('2026-03-06T12:00:00Z')
const SECOND_MS = 1000
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
const NO_JITTER = 0.5

const healthy = { state: 'enabled', failingSinceMs: null } as const
const first = { attempts: 0 }
const serverError = { status: 500, retryAfter: null }
const noResponse = { status: null, retryAfter: null }

test('deliveries: with a fixed clock, the ten attempts fall exactly on the schedule', () => {
  const attemptMs = 15 * SECOND_MS
  let progress: Progress = beginSchedule(NOW_MS)
  const startedAtMs: number[] = []
  while (progress.status === 'pending') {
    startedAtMs.push(progress.nextAttemptAtMs)
    const endedAtMs = progress.nextAttemptAtMs + attemptMs
    progress = decideNextStep(progress, healthy, noResponse, endedAtMs, NO_JITTER).progress
  }
  const pauses = startedAtMs.map(
    (atMs, index) => atMs - attemptMs - (startedAtMs[index - 1] ?? -attemptMs),
  )
  expect(startedAtMs[0]).toBe(NOW_MS)
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
  expect(progress).toEqual({ status: 'failed', attempts: 10 })
})

test.each([200, 201, 204, 299])(
  'deliveries: status %i succeeds and clears earlier failures',
  (status) => {
    const failing = { state: 'enabled', failingSinceMs: NOW_MS - DAY_MS } as const
    const response = { status, retryAfter: null }
    expect(decideNextStep({ attempts: 3 }, failing, response, NOW_MS, NO_JITTER)).toEqual({
      progress: { status: 'delivered', attempts: 4 },
      endpoint: healthy,
    })
  },
)

test.each([null, 199, 300, 302, 400, 401, 404, 429, 500, 503])(
  'deliveries: status %p is a failure',
  (status) => {
    const response = { status, retryAfter: null }
    expect(decideNextStep(first, healthy, response, NOW_MS, NO_JITTER)).toEqual({
      progress: { status: 'pending', attempts: 1, nextAttemptAtMs: NOW_MS + 5 * SECOND_MS },
      endpoint: { state: 'enabled', failingSinceMs: NOW_MS },
    })
  },
)

test.each([
  [0, 0.8],
  [0.25, 0.9],
  [0.5, 1],
  [0.75, 1.1],
  [0.999999999, 1.2],
])('deliveries: the random number %p multiplies each gap by %p', (random, factor) => {
  for (const [attempts, gapMs] of retryGapsMs.entries()) {
    const { progress } = decideNextStep({ attempts }, healthy, serverError, NOW_MS, random)
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
    ['Friday, 06-Mar-26 12:07:00 GMT', 7 * MINUTE_MS],
    ['Fri Mar  6 12:07:00 2026', 7 * MINUTE_MS],
    ['Fri, 06 Mar 2026 12:00:01 GMT', gapMs],
    ['Thu, 01 Jan 1970 00:00:00 GMT', gapMs],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 2 * gapMs],
  ]
  test.each(cases)(
    'Retry-After %p is limited to between one and two gaps',
    (retryAfter, pauseMs) => {
      const response = { status: 429, retryAfter }
      const { progress } = decideNextStep({ attempts: 1 }, healthy, response, NOW_MS, 0)
      expect(pauseOf(progress)).toBe(pauseMs)
    },
  )

  const malformed = ['', '-1', '-300', '400.5', '4e2', '0x190', ' 400', '400, 500', 'soon']
  const noDates = ['2026-03-06T12:07:00Z', 'Fri, 99 Abc 2026 12:07:00 GMT']
  test.each([...malformed, ...noDates])('an invalid Retry-After %p is ignored', (retryAfter) => {
    const response = { status: 503, retryAfter }
    const { progress } = decideNextStep({ attempts: 1 }, healthy, response, NOW_MS, 0)
    expect(pauseOf(progress)).toBe(0.8 * gapMs)
  })
})

describe('endpoint after an attempt', () => {
  test('an endpoint that responds with 410 is disabled, and the delivery fails at once', () => {
    const response = { status: 410, retryAfter: '60' }
    expect(decideNextStep(first, healthy, response, NOW_MS, NO_JITTER)).toEqual({
      progress: { status: 'failed', attempts: 1 },
      endpoint: { state: 'disabled_gone', failingSinceMs: NOW_MS },
    })
  })

  test('an endpoint that keeps failing keeps the time of its first failure', () => {
    const failing = { state: 'enabled', failingSinceMs: NOW_MS - HOUR_MS } as const
    const { endpoint } = decideNextStep({ attempts: 1 }, failing, serverError, NOW_MS, NO_JITTER)
    expect(endpoint).toEqual(failing)
  })

  test('an endpoint is disabled after exactly five days without a success', () => {
    const since = (failingSinceMs: number) =>
      decideNextStep(first, { state: 'enabled', failingSinceMs }, noResponse, NOW_MS, NO_JITTER)
    expect(since(NOW_MS - 5 * DAY_MS + 1)).toMatchObject({
      progress: { status: 'pending' },
      endpoint: { state: 'enabled' },
    })
    expect(since(NOW_MS - 5 * DAY_MS)).toMatchObject({
      progress: { status: 'failed' },
      endpoint: { state: 'disabled_failing' },
    })
  })

  test('an endpoint that was paused during an attempt stays paused', () => {
    const paused = { state: 'paused', failingSinceMs: NOW_MS - 9 * DAY_MS } as const
    for (const status of [410, 500]) {
      const { endpoint } = decideNextStep(
        first,
        paused,
        { status, retryAfter: null },
        NOW_MS,
        NO_JITTER,
      )
      expect(endpoint).toEqual(paused)
    }
  })

  test('an endpoint that was disabled during an attempt gets no further attempts', () => {
    const disabled = { state: 'disabled_failing', failingSinceMs: NOW_MS - 5 * DAY_MS } as const
    const { progress } = decideNextStep(first, disabled, serverError, NOW_MS, NO_JITTER)
    expect(progress).toEqual({ status: 'failed', attempts: 1 })
  })
})

function pauseOf(progress: Progress): number {
  return progress.status === 'pending' ? progress.nextAttemptAtMs - NOW_MS : Number.NaN
}
