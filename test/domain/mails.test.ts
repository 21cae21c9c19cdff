import { expect, test } from 'bun:test'
import {
  correctNextAttempt,
  decideMailAttempt,
  findObstacle,
  isMailable,
  type Mail,
  mailGapsMs,
} from '~/domain/mails.ts'
import { aLicense, aPlan, startMs } from '../support/samples.ts'

const DAY_MS = 86_400_000

const aMail = (given: Partial<Mail> = {}): Mail => ({
  id: 'mail_a',
  licenseId: 'lic_a',
  kind: 'key',
  recipient: 'dev@example.com',
  messageId: '<mail_a@example.com>',
  fileId: null,
  createdAtMs: startMs,
  progress: { state: 'pending', attempts: 0, nextAttemptAtMs: startMs },
  reason: null,
  ...given,
})

const deferred = { outcome: 'deferred', reason: 'later' } as const

test.each([
  [0, 8000],
  [0.5, 10_000],
  [0.999_999, 12_000],
])('mails: with random %p, the first gap has %p ms', (random, gapMs) => {
  const mail = aMail()
  const { progress } = decideMailAttempt(mail, mail, deferred, startMs, random)
  expect(progress).toEqual({ state: 'pending', attempts: 1, nextAttemptAtMs: startMs + gapMs })
})

test('mails: the gaps grow, and take a day', () => {
  const gaps: readonly number[] = mailGapsMs
  expect(gaps.toSorted((one, other) => one - other)).toEqual([...gaps])
  const sumMs = gaps.reduce((sum, gapMs) => sum + gapMs, 0)
  expect(sumMs).toBeGreaterThanOrEqual(DAY_MS)
  expect(sumMs).toBeLessThan(DAY_MS * 1.1)
})

test('mails: a failure does not undo what was decided during the attempt, but a success counts', () => {
  const started = aMail()
  const canceled = aMail({ progress: { state: 'canceled', attempts: 0 }, reason: 'erased' })
  expect(decideMailAttempt(started, canceled, deferred, startMs, 0.5)).toMatchObject({
    progress: canceled.progress,
    reason: 'erased',
  })
  expect(
    decideMailAttempt(started, canceled, { outcome: 'sent' }, startMs, 0.5).progress.state,
  ).toBe('sent')
})

test.each([
  ['key', {}, null],
  ['key', { revokedAtMs: startMs }, 'revoked'],
  ['key', { customerEmail: null }, 'no email address'],
  ['key', { suspendedAtMs: startMs }, null],
  ['past_due', { expiresAtMs: startMs - 1 }, null],
  ['expiring', { expiresAtMs: startMs + 14 * DAY_MS }, null],
  ['expiring', { expiresAtMs: startMs + 14 * DAY_MS + 1 }, 'renewed'],
  ['expiring', { expiresAtMs: null }, 'renewed'],
  ['expiring', { expiresAtMs: startMs }, 'expired'],
] as const)('mails: the obstacle to %s for %j is %p', (kind, facts, words) => {
  const obstacle = findObstacle(kind, aLicense(aPlan(), facts), true, startMs)
  if (words === null) expect(obstacle).toBeNull()
  else expect(obstacle).toContain(words)
})

test('mails: a reminder of a payment is not sent once it has succeeded', () => {
  const obstacle = findObstacle('past_due', aLicense(), false, startMs)
  expect(obstacle).toBe('The payment has succeeded.')
})

test.each([
  ['dev@example.com', true],
  ["o'brien+tag_1.x@example.com", true],
  ['dév@example.com', true],
  ['..a..@example.com', true],
  ['a b@example.com', false],
  ['a,b@example.com', false],
  ['"a"@example.com', false],
  ['a@b@example.com', false],
  ['<a@example.com', false],
  ['a\r\nRCPT TO:<b@example.com', false],
  ['@example.com', false],
  ['dev', false],
])('mails: %p can be mailed to: %p', (address, expected) => {
  expect(isMailable(address)).toBe(expected)
})

test('mails: an attempt that a wrong clock has scheduled comes within its gap', () => {
  expect(correctNextAttempt(0, startMs + DAY_MS, startMs)).toBe(startMs)
  expect(correctNextAttempt(1, startMs + 11_000, startMs)).toBe(startMs + 11_000)
  expect(correctNextAttempt(1, startMs + DAY_MS, startMs)).toBe(startMs + 10_000)
})
