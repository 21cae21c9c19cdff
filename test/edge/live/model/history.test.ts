import { expect, test } from 'bun:test'
import { History } from './history.ts'

const STATUS = 'status lic_1'
const answer = (verdict: string, askedAtMs: number, answeredAtMs: number) => ({
  verdict,
  askedAtMs,
  answeredAtMs,
  facts: [STATUS, 'key K'] as const,
})

/** A license that is suspended at 100–110, which edges must know at 500, and reinstated at 900–910. */
function suspendAndReinstate(): History {
  const history = new History()
  history.note('key K', true, 0)
  history.note(STATUS, true, 0)
  const suspension = history.begin(STATUS, 100)
  Object.assign(suspension, { holds: false, acknowledgedAtMs: 110, knownAtMs: 500 })
  const reinstatement = history.begin(STATUS, 900)
  Object.assign(reinstatement, { holds: true, acknowledgedAtMs: 910, knownAtMs: 910 })
  return history
}

test.each([
  ['valid', 10, 20, null],
  ['valid', 400, 600, null],
  ['valid', 501, 899, 'valid, although "status lic_1" had ended: asked 1 ms too late.'],
  ['valid', 501, 901, null],
  ['valid', 950, 960, null],
  ['LICENSE_SUSPENDED', 10, 20, 'LICENSE_SUSPENDED, although "status lic_1" held all the time.'],
  ['LICENSE_SUSPENDED', 90, 105, null],
  ['LICENSE_SUSPENDED', 905, 950, null],
  ['LICENSE_SUSPENDED', 911, 950, 'LICENSE_SUSPENDED, although "status lic_1" held all the time.'],
  ['LICENSE_NOT_FOUND', 2001, 2010, 'LICENSE_NOT_FOUND, although "key K" held all the time.'],
  ['LICENSE_NOT_FOUND', 1999, 2010, null],
  ['DOMAIN_LIMIT_REACHED', 1, 2, 'DOMAIN_LIMIT_REACHED denies nothing that was asked.'],
] as const)('history: %s, asked at %i and answered at %i', (verdict, asked, answered, expected) => {
  expect(suspendAndReinstate().findContradiction(answer(verdict, asked, answered))).toBe(expected)
})

test('history: a change without a known outcome may have happened, or not', () => {
  const history = new History()
  history.note('key K', true, 0)
  history.note(STATUS, true, 0)
  history.begin(STATUS, 100)
  expect(history.findContradiction(answer('valid', 200, 210))).toBeNull()
  expect(history.findContradiction(answer('LICENSE_SUSPENDED', 200, 210))).toBeNull()
})

test('history: a restored backup brings back what was true when it was made', () => {
  const history = suspendAndReinstate()
  const outage = { stoppedAtMs: 1000, startedAtMs: 1100, knownAtMs: 1200 }
  history.note('key New', true, 800)
  history.restore({ startedAtMs: 600, endedAtMs: 650 }, outage, () => false)
  expect(history.findContradiction(answer('valid', 1150, 1300))).toBeNull()
  expect(history.findContradiction(answer('valid', 1201, 1300))).toContain('had ended')
  expect(history.holds('key K')).toBeTrue()
  expect(history.holds('key New')).toBeFalse()
})

test('history: what changed while a backup was made is unknown after it is restored', () => {
  const history = suspendAndReinstate()
  const outage = { stoppedAtMs: 1000, startedAtMs: 1100, knownAtMs: 1200 }
  history.restore({ startedAtMs: 105, endedAtMs: 120 }, outage, () => false)
  expect(history.findContradiction(answer('valid', 1300, 1310))).toBeNull()
  expect(history.findContradiction(answer('LICENSE_SUSPENDED', 1300, 1310))).toBeNull()
})
