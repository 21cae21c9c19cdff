import { expect, test } from 'bun:test'
import type { Decision } from '~/domain/decisions.ts'
import {
  decideReinstatement,
  decideSuspension,
  type License,
  type LicenseSnapshot,
} from '~/domain/licenses.ts'
import { DAY_MS } from '~/domain/times.ts'
import { aLicense, aPlan, startMs } from '../support/samples.ts'

const nowMs = startMs + DAY_MS

function snapshotOf(facts: Partial<License> = {}): LicenseSnapshot {
  const plan = aPlan()
  return { license: aLicense(plan, facts), plan }
}

function setBy({ changes }: Decision<unknown>) {
  const update = changes.find((change) => change.type === 'license.update')
  return update?.set
}

test.each([
  // current, requested, then the cause afterwards and the event
  ['none', 'past_due', 'past_due', 'license.suspended'],
  ['past_due', 'past_due', 'past_due', 'nothing'],
  ['past_due', 'dispute', 'dispute', 'license.updated'],
  ['past_due', 'operator', 'operator', 'license.updated'],
  ['dispute', 'past_due', 'dispute', 'nothing'],
  ['dispute', 'operator', 'operator', 'license.updated'],
  ['operator', 'dispute', 'operator', 'nothing'],
  ['operator', 'operator', 'operator', 'nothing'],
] as const)('suspension cause: %s, then %s: %s by %s', (current, requested, cause, event) => {
  const suspended = { suspendedAtMs: startMs, suspensionReason: 'why', suspensionCause: current }
  const snapshot = snapshotOf(current === 'none' ? {} : (suspended as Partial<License>))
  const decision = decideSuspension(snapshot, 'other', nowMs, requested)
  expect(decision.events.map(({ type }) => type)).toEqual(event === 'nothing' ? [] : [event])
  const after = { ...snapshot.license, ...setBy(decision) }
  expect(after.suspensionCause).toBe(cause)
  expect(after.suspendedAtMs).toBe(current === 'none' ? nowMs : startMs)
})

test.each([
  ['operator', 'operator', true],
  ['operator', 'past_due', true],
  ['operator', 'dispute', true],
  ['past_due', 'past_due', true],
  ['past_due', 'operator', false],
  ['past_due', 'dispute', false],
  ['dispute', 'dispute', true],
  ['dispute', 'past_due', false],
] as const)('reinstatement: %s lifts a suspension by %s: %p', (by, cause, lifts) => {
  const snapshot = snapshotOf({ suspendedAtMs: startMs, suspensionCause: cause })
  const decision = decideReinstatement(snapshot, nowMs, by)
  expect(decision.events.map(({ type }) => type)).toEqual(lifts ? ['license.reinstated'] : [])
  expect(setBy(decision)?.suspensionCause).toBe(lifts ? null : undefined)
})
