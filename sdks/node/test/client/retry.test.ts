import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NoAnswer, type NoAnswerReason } from '../../src/index.ts'
import { decideRetry, parseRetryAfterMs } from '../../src/retry.ts'

const limits = { attemptsMax: 10, totalMs: 10_000 }

interface Row {
  readonly what: string
  readonly reason?: NoAnswerReason
  readonly retryAfterMs?: number
  readonly attempt?: number
  readonly elapsedMs?: number
  readonly random?: number
  readonly waitMs: number | null
}

const rows: readonly Row[] = [
  { what: 'the first wait is up to half a second', random: 1, waitMs: 500 },
  { what: 'the wait is a random part', random: 0.5, waitMs: 250 },
  { what: 'the second wait is up to a second', attempt: 2, random: 1, waitMs: 1000 },
  { what: 'no wait is longer than four seconds', attempt: 9, random: 1, waitMs: 4000 },
  { what: 'there is no attempt after the last one', attempt: 10, waitMs: null },
  { what: 'a timeout is retried', reason: 'timeout', random: 0, waitMs: 0 },
  { what: 'a failed connection is retried', reason: 'network', random: 0, waitMs: 0 },
  { what: 'a captive portal is not asked again', reason: 'not_licet', waitMs: null },
  { what: 'a wrong signature is not asked for again', reason: 'signature', waitMs: null },
  {
    what: 'a response that is too large is not asked for again',
    reason: 'too_large',
    waitMs: null,
  },
  { what: 'Retry-After replaces the wait', retryAfterMs: 2000, waitMs: 2000 },
  { what: 'Retry-After must fit in the total', retryAfterMs: 9000, elapsedMs: 1000, waitMs: null },
  { what: 'Retry-After is up to a minute', retryAfterMs: 61_000, waitMs: null },
  { what: 'no attempt starts after the total', elapsedMs: 9800, random: 1, waitMs: null },
]

for (const { what, reason = 'status', attempt = 1, elapsedMs = 0, random = 1, ...row } of rows) {
  test(`retries of an app: ${what}`, () => {
    const failure = new NoAnswer(reason, 'No answer.', { retryAfterMs: row.retryAfterMs ?? null })
    assert.equal(decideRetry(failure, attempt, elapsedMs, random, limits), row.waitMs)
  })
}

test('Retry-After is read in seconds and as a date', () => {
  const nowMs = Date.parse('2026-03-06T12:00:00Z')
  assert.equal(parseRetryAfterMs('2', nowMs), 2000)
  assert.equal(parseRetryAfterMs('Fri, 06 Mar 2026 12:00:05 GMT', nowMs), 5000)
  assert.equal(parseRetryAfterMs('Fri, 06 Mar 2026 11:00:00 GMT', nowMs), 0)
  for (const value of [null, '', 'soon', '-1']) assert.equal(parseRetryAfterMs(value, nowMs), null)
})
