import { expect, test } from 'bun:test'
import { createLease, type Moment } from '~/edge/lease.ts'

function openLease() {
  const now: { -readonly [Name in keyof Moment]: number } = { elapsedMs: 1000, wallMs: 9000 }
  const lease = createLease(() => now)
  const pass = (elapsedMs: number, wallMs = elapsedMs) => {
    now.elapsedMs += elapsedMs
    now.wallMs += wallMs
  }
  return { lease, now, pass }
}

test('edge lease: none runs before the first, and it has no age', () => {
  const { lease } = openLease()
  expect([lease.isRunning(), lease.getAgeMs()]).toEqual([false, null])
})

test('edge lease: it ends 2 % early, counted from when the poll was sent', () => {
  const { lease, now, pass } = openLease()
  const sentAt = { ...now }
  pass(3000)
  lease.extend(sentAt, 5000)
  pass(1899)
  expect(lease.isRunning()).toBe(true)
  pass(1)
  expect([lease.isRunning(), lease.getAgeMs()]).toEqual([false, 0])
})

test('edge lease: it ends while the machine is suspended, when only the wall clock runs', () => {
  const { lease, now, pass } = openLease()
  lease.extend({ ...now }, 5000)
  pass(10, 3_600_000)
  expect(lease.isRunning()).toBe(false)
  expect(lease.getAgeMs()).toBe(3_595_100)
})

test('edge lease: a wall clock that is set back does not extend it', () => {
  const { lease, now, pass } = openLease()
  lease.extend({ ...now }, 5000)
  pass(4900, -3_600_000)
  expect(lease.isRunning()).toBe(false)
})

test('edge lease: once dropped, it has no age, so nothing is answered from memory', () => {
  const { lease, now } = openLease()
  lease.extend({ ...now }, 5000)
  lease.drop()
  expect([lease.isRunning(), lease.getAgeMs()]).toEqual([false, null])
})
