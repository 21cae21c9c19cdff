import { expect, test } from 'bun:test'
import { decideUpdate, type LicenseEdit } from '~/domain/license-updates.ts'
import type { License } from '~/domain/licenses.ts'
import { DAY_MS } from '~/domain/times.ts'
import { aLicense, aPlan, startMs } from '../support/samples.ts'

const nowMs = startMs + 3 * DAY_MS
const inDays = (days: number) => nowMs + days * DAY_MS

const plans = {
  perpetual: aPlan({ slug: 'perpetual' }),
  waiting: aPlan({ slug: 'waiting', startsOn: 'first_validation' }),
  trial: aPlan({ slug: 'trial', durationDays: 14, startsOn: 'first_validation' }),
  otherTrial: aPlan({ slug: 'other-trial', durationDays: 14, startsOn: 'first_validation' }),
  yearly: aPlan({ slug: 'yearly', durationDays: 365, graceDays: 7 }),
  otherYearly: aPlan({ slug: 'other-yearly', durationDays: 365 }),
}
type PlanName = keyof typeof plans

const neverStarted = {}
const used = (expiresInDays: number | null): Partial<License> => ({
  pendingDays: null,
  activatedAtMs: startMs,
  expiresAtMs: expiresInDays === null ? null : inDays(expiresInDays),
  endsAtMs: expiresInDays === null ? null : inDays(expiresInDays),
})

function change(from: PlanName, facts: Partial<License>, edit: LicenseEdit): License {
  const plan = plans[from]
  const license = aLicense(plan, facts)
  const { changes, events } = decideUpdate({ license, plan }, edit, nowMs)
  const [update] = changes
  if (update?.type !== 'license.update') throw new Error('nothing was changed')
  expect(events.map(({ type }) => type)).toEqual(['license.updated'])
  return { ...license, ...update.set }
}

/** The end of a license: a number of days from now, `never`, or `N days from the first validation`. */
function endOf({ pendingDays, expiresAtMs }: License): string | number {
  if (pendingDays !== null) return `${pendingDays} days from the first validation`
  return expiresAtMs === null ? 'never' : (expiresAtMs - nowMs) / DAY_MS
}

test.each([
  // from, to, expiry, the license, its end afterwards
  ['trial', 'perpetual', undefined, neverStarted, 'never'],
  ['trial', 'yearly', undefined, neverStarted, 365],
  ['trial', 'otherTrial', undefined, neverStarted, '14 days from the first validation'],
  ['trial', 'waiting', undefined, neverStarted, 'never'],
  ['waiting', 'trial', undefined, neverStarted, '14 days from the first validation'],
  ['waiting', 'yearly', undefined, neverStarted, 365],
  ['trial', 'perpetual', 'plan', neverStarted, 'never'],
  ['trial', 'otherTrial', 'plan', neverStarted, '14 days from the first validation'],
  ['trial', 'perpetual', 'keep', neverStarted, 'never'],
  ['trial', 'yearly', 'keep', neverStarted, 365],
  ['waiting', 'yearly', 'keep', neverStarted, 'never'],
  ['trial', 'perpetual', 'plan', used(11), 'never'],
  ['trial', 'perpetual', 'keep', used(11), 11],
  ['trial', 'yearly', 'plan', used(11), 365],
  ['trial', 'yearly', 'keep', used(11), 11],
  ['trial', 'otherTrial', undefined, used(11), 11],
  ['trial', 'otherTrial', 'plan', used(11), 14],
  ['trial', 'yearly', 'plan', used(-2), 365],
  ['yearly', 'otherYearly', undefined, used(100), 100],
  ['yearly', 'trial', 'plan', used(100), 14],
  ['perpetual', 'yearly', 'plan', used(null), 365],
  ['perpetual', 'yearly', 'keep', used(null), 'never'],
  ['perpetual', 'yearly', 'plan', neverStarted, 365],
] as const)(
  'plan change: from %s to %s with expiry %p, %o ends: %p',
  (from, to, expiry, facts, end) => {
    const edit = expiry === undefined ? {} : { expiry }
    const license = change(from, facts, { plan: plans[to], ...edit })
    expect(endOf(license)).toBe(end)
    expect(license.planSlug).toBe(plans[to].slug)
  },
)

test.each([
  ['trial', 'perpetual', used(11)],
  ['trial', 'yearly', used(11)],
  ['yearly', 'perpetual', used(11)],
  ['perpetual', 'yearly', used(null)],
  // A license of a plan that starts at creation has started.
  ['perpetual', 'yearly', neverStarted],
  ['yearly', 'trial', neverStarted],
] as const)(
  'plan change: from %s to %s is rejected without expiry, because the durations differ',
  (from, to, facts) => {
    expect(() => change(from, facts, { plan: plans[to] })).toThrow(
      expect.objectContaining({
        kind: 'validation_failed',
        message: expect.stringMatching(/differ in duration.*"keep".*"plan".*expires_at/),
        errors: [expect.objectContaining({ pointer: '/expiry' })],
      }),
    )
  },
)

test('plan change: an expires_at in the same request is the end, whatever the plans say', () => {
  for (const facts of [neverStarted, used(11)]) {
    const edit = { plan: plans.yearly, expiresAtMs: inDays(5) }
    const license = change('trial', facts, edit)
    expect([license.pendingDays, license.expiresAtMs]).toEqual([null, inDays(5)])
    expect(license.endsAtMs).toBe(inDays(12))
  }
})

test('plan change: a request that is repeated does not move the end again', () => {
  const license = aLicense(plans.yearly, used(365))
  const edit = { plan: plans.yearly, expiry: 'plan' } as const
  const later = decideUpdate({ license, plan: plans.yearly }, edit, inDays(1))
  expect(later).toEqual({ result: null, changes: [], events: [] })
})

test('plan change: the grace of the new plan applies', () => {
  const license = change('otherYearly', used(100), { plan: plans.yearly })
  expect(license.endsAtMs).toBe(inDays(107))
})

test('plan change: an archived plan is rejected', () => {
  const archived = { ...plans.perpetual, archivedAtMs: startMs }
  expect(() => change('trial', neverStarted, { plan: archived })).toThrow(/perpetual is archived/)
})

test('terms: a new term starts with its duration, and a corrected end belongs to the old term', () => {
  const started = { ...used(11), termStartedAtMs: startMs }
  const startOf = (facts: Partial<License>, edit: LicenseEdit) =>
    change('trial', facts, edit).termStartedAtMs
  expect(startOf(started, { plan: plans.yearly, expiry: 'plan' })).toBe(nowMs)
  expect(startOf(started, { plan: plans.yearly, expiry: 'keep' })).toBe(startMs)
  expect(startOf(started, { expiresAtMs: inDays(20) })).toBe(startMs)
  expect(startOf({ ...started, ...used(-1) }, { expiresAtMs: inDays(20) })).toBe(nowMs)
  expect(startOf({ ...started, ...used(null) }, { expiresAtMs: inDays(20) })).toBe(nowMs)
})
