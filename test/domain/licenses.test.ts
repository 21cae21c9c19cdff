import { describe, expect, test } from 'bun:test'
import type { Decision } from '~/domain/decisions.ts'
import {
  decideKeyRotation,
  decideReinstatement,
  decideRenewal,
  decideRevocation,
  decideSuspension,
  decideUpdate,
  deriveStatus,
  type License,
  type LicenseEdit,
  type LicenseSnapshot,
  resolveEntitlements,
} from '~/domain/licenses.ts'
import { DAY_MS, HOUR_MS } from '~/domain/times.ts'
import { aKey, aLicense, aPlan, startMs } from '../support/samples.ts'

const nowMs = startMs + DAY_MS
const inDays = (days: number) => nowMs + days * DAY_MS

/** A license that ends at one time, or never. */
const endAt = (endMs: number | null) => ({ expiresAtMs: endMs, endsAtMs: endMs })

const states = {
  active: endAt(inDays(1)),
  expired: endAt(inDays(-1)),
  suspended: { ...endAt(inDays(1)), suspendedAtMs: startMs, suspensionReason: 'unpaid' },
  'suspended and expired': { ...endAt(inDays(-1)), suspendedAtMs: startMs },
  revoked: { ...endAt(inDays(1)), revokedAtMs: startMs },
} satisfies Record<string, Partial<License>>
type State = keyof typeof states

const plan = aPlan({ durationDays: 30, maxDomains: 3, features: { sso: true, projects: 10 } })

function snapshotOf(facts: Partial<License> = {}, of = plan): LicenseSnapshot {
  return { license: aLicense(of, facts), plan: of }
}

/** What the decision sets on the license; undefined when it writes nothing. */
function setBy({ changes }: Decision<unknown>) {
  const update = changes.find((change) => change.type === 'license.update')
  return update?.set
}

describe('the status', () => {
  test.each([
    ['active', {}],
    ['active', endAt(nowMs + 1)],
    ['expired', endAt(nowMs)],
    ['active', { expiresAtMs: nowMs - 1, endsAtMs: nowMs + 1 }],
    ['suspended', { ...endAt(nowMs - 1), suspendedAtMs: nowMs }],
    ['revoked', { suspendedAtMs: startMs, revokedAtMs: startMs }],
    ['revoked', { ...endAt(nowMs - 1), revokedAtMs: nowMs }],
  ] as const)('is %s for %o', (status, facts) => {
    expect(deriveStatus(aLicense(plan, facts), nowMs)).toBe(status)
  })
})

const transitions: Record<string, (snapshot: LicenseSnapshot) => Decision<null>> = {
  suspend: (snapshot) => decideSuspension(snapshot, 'why', nowMs),
  reinstate: (snapshot) => decideReinstatement(snapshot, nowMs),
  revoke: (snapshot) => decideRevocation(snapshot, 'why', nowMs),
  renew: (snapshot) => decideRenewal(snapshot, { days: 10 }, nowMs),
  rotate: (snapshot) => decideKeyRotation(snapshot, aKey('new'), 0, nowMs),
  update: (snapshot) => decideUpdate(snapshot, { customerName: 'Ada' }, nowMs),
}

/** What each transition tells in each state: an event, nothing, or a refusal. */
const table: Record<string, Record<State, string>> = {
  suspend: row('license.suspended', 'license.suspended', 'nothing', 'nothing', 'refused'),
  reinstate: row('nothing', 'nothing', 'license.reinstated', 'license.reinstated', 'refused'),
  revoke: { ...row(...always('license.revoked')), revoked: 'nothing' },
  renew: { ...row(...always('license.renewed')), revoked: 'refused' },
  rotate: { ...row(...always('license.key_rotated')), revoked: 'refused' },
  update: { ...row(...always('license.updated')), revoked: 'refused' },
}

type Row = [string, string, string, string, string]

function row(...[active, expired, suspended, both, revoked]: Row): Record<State, string> {
  return { active, expired, suspended, 'suspended and expired': both, revoked }
}

function always(event: string): Row {
  return [event, event, event, event, event]
}

const cells = Object.entries(table).flatMap(([name, answers]) =>
  Object.entries(answers).map(([state, answer]) => [name, state as State, answer] as const),
)

describe('a transition', () => {
  test.each(cells)('%s, of a license that is %s: %s', (name, state, answer) => {
    const snapshot = snapshotOf(states[state])
    const decide = () => transitions[name]?.(snapshot)
    if (answer === 'refused') {
      expect(decide).toThrow(/was revoked, which is final.*Create a new license/)
      return
    }
    const decision = decide()
    const events: string[] | undefined = decision?.events.map(({ type }) => type)
    expect(events).toEqual(answer === 'nothing' ? [] : [answer])
    if (answer === 'nothing') expect(decision?.changes).toEqual([])
  })

  test.each(Object.keys(transitions))('%s moves the version and the time of change', (name) => {
    const snapshot = snapshotOf(states[name === 'reinstate' ? 'suspended' : 'active'])
    const decision = transitions[name]?.(snapshot)
    expect(decision && setBy(decision)).toMatchObject({ version: 2, updatedAtMs: nowMs })
  })

  test('keeps the reason of a suspension, and drops it at the end of it', () => {
    expect(setBy(decideSuspension(snapshotOf(), 'unpaid', nowMs))).toMatchObject({
      suspendedAtMs: nowMs,
      suspensionReason: 'unpaid',
    })
    expect(setBy(decideReinstatement(snapshotOf(states.suspended), nowMs))).toMatchObject({
      suspendedAtMs: null,
      suspensionReason: null,
    })
  })

  test('tells the reason of a revocation where there is one', () => {
    const extraOf = (reason: string | null) =>
      decideRevocation(snapshotOf(), reason, nowMs).events.map(({ extra }) => extra)
    expect(extraOf('refunded')).toEqual([{ reason: 'refunded' }])
    expect(extraOf(null)).toEqual([{}])
  })
})

describe('a renewal', () => {
  test.each([
    ['by days, before the end', inDays(5), { days: 10 }, inDays(15)],
    ['by days, after the end', inDays(-5), { days: 10 }, inDays(10)],
    ['by days, at the end', nowMs, { days: 10 }, inDays(10)],
    ['by the duration of the plan', inDays(5), {}, inDays(35)],
    ['to a time', inDays(5), { expiresAtMs: inDays(1) }, inDays(1)],
    ['to a time in the past', inDays(5), { expiresAtMs: inDays(-1) }, inDays(-1)],
  ])('%s', (_what, endMs, renewal, expiresAtMs) => {
    const decision = decideRenewal(snapshotOf(endAt(endMs)), renewal, nowMs)
    expect(setBy(decision)).toMatchObject({ expiresAtMs, endsAtMs: expiresAtMs })
  })

  test('adds the grace of the plan as it is now, and lets both ends be told of anew', () => {
    const facts = { ...states.expired, expiringNotifiedAtMs: startMs, expiredNotifiedAtMs: startMs }
    const graceful = snapshotOf(facts, { ...plan, graceDays: 7 })
    expect(setBy(decideRenewal(graceful, { days: 1 }, nowMs))).toMatchObject({
      expiresAtMs: inDays(1),
      endsAtMs: inDays(8),
      expiringNotifiedAtMs: null,
      expiredNotifiedAtMs: null,
    })
  })

  test('to the end that it has writes nothing', () => {
    const decision = decideRenewal(snapshotOf(states.active), { expiresAtMs: inDays(1) }, nowMs)
    expect(decision).toEqual({ result: null, changes: [], events: [] })
  })

  test.each([
    ['there is no end', endAt(null), { days: 1 }, plan, /has no end/],
    ['an end is given all the same', endAt(null), { expiresAtMs: nowMs }, plan, /has no end/],
    ['it has not begun', { ...endAt(null), pendingDays: 30 }, {}, plan, /first validation/],
    ['its plan has no duration', states.active, {}, aPlan(), /Give days or expires_at/],
  ])('is refused as perpetual where %s', (_what, facts, renewal, of, words) => {
    const renew = () => decideRenewal(snapshotOf(facts, of), renewal, nowMs)
    expect(renew).toThrow(expect.objectContaining({ kind: 'perpetual' }))
    expect(renew).toThrow(words)
  })

  test('does not go beyond the year 9999, which no answer could show', () => {
    const lastMs = Date.parse('9999-12-31T23:59:59Z')
    const renew = (days: number) =>
      decideRenewal(snapshotOf(endAt(lastMs - DAY_MS)), { days }, nowMs)
    expect(setBy(renew(1))).toMatchObject({ expiresAtMs: lastMs })
    expect(() => renew(2)).toThrow(/year 9999/)
  })
})

describe('an update', () => {
  const update = (edit: LicenseEdit, facts: Partial<License> = {}) =>
    decideUpdate(snapshotOf(facts), edit, nowMs)

  test('changes the fields given and leaves the rest', () => {
    const before = { customerName: 'Ada', externalRef: 'o-1', metadata: { seats: 3 } }
    const edits: LicenseEdit[] = [
      { customerEmail: 'new@example.com' },
      { customerName: null },
      { externalRef: null },
      { metadata: {} },
    ]
    for (const edit of edits) {
      expect(setBy(update(edit, before))).toMatchObject({ ...before, ...edit })
    }
  })

  test('to what is there already writes nothing and tells nobody', () => {
    const facts = { ...states.active, overrides: { features: { b: 1, a: true }, maxSeats: null } }
    const same: LicenseEdit = {
      plan,
      customerEmail: 'dev@example.com',
      customerName: null,
      metadata: {},
      externalRef: null,
      expiresAtMs: inDays(1),
      overrides: { features: { a: true, b: 1 }, maxSeats: null },
    }
    for (const edit of [{}, same, { inherit: ['maxDomains' as const] }]) {
      expect(update(edit, facts)).toEqual({ result: null, changes: [], events: [] })
    }
  })

  test('moves the end of service with the expiry, and ends a wait for the first validation', () => {
    const graceful = snapshotOf({ ...endAt(null), pendingDays: 30 }, { ...plan, graceDays: 7 })
    const set = setBy(decideUpdate(graceful, { expiresAtMs: inDays(1) }, nowMs))
    expect(set).toMatchObject({ expiresAtMs: inDays(1), endsAtMs: inDays(8), pendingDays: null })
  })

  test('to no end makes a license perpetual', () => {
    const set = setBy(update({ expiresAtMs: null }, states.expired))
    expect(set).toMatchObject({ expiresAtMs: null, endsAtMs: null })
  })

  test('leaves the grace that a license has, until its expiry or plan changes', () => {
    const facts = { expiresAtMs: inDays(1), endsAtMs: inDays(3) }
    const generous = { ...plan, graceDays: 9 }
    const edits: [LicenseEdit, number][] = [
      [{ customerName: 'Ada' }, inDays(3)],
      [{ expiresAtMs: inDays(2) }, inDays(11)],
      [{ plan: { ...generous, slug: 'other' } }, inDays(10)],
    ]
    for (const [edit, endsAtMs] of edits) {
      const { license } = snapshotOf(facts)
      const set = setBy(decideUpdate({ license, plan: generous }, edit, nowMs))
      expect({ ...license, ...set }.endsAtMs).toBe(endsAtMs)
    }
  })

  test('lets an end be told of anew when it moved, and only then', () => {
    const told = { ...states.expired, expiringNotifiedAtMs: startMs, expiredNotifiedAtMs: startMs }
    const other = aPlan({ slug: 'other' })
    const toldAfter = (edit: LicenseEdit) => {
      const { license } = snapshotOf(told)
      const { expiringNotifiedAtMs, expiredNotifiedAtMs } = {
        ...license,
        ...setBy(update(edit, told)),
      }
      return [expiringNotifiedAtMs, expiredNotifiedAtMs]
    }
    expect(toldAfter({ customerName: 'Ada' })).toEqual([startMs, startMs])
    expect(toldAfter({ plan: other })).toEqual([startMs, startMs])
    expect(toldAfter({ plan: { ...other, graceDays: 1 } })).toEqual([startMs, null])
    expect(toldAfter({ expiresAtMs: inDays(9) })).toEqual([null, null])
  })

  test('to a plan of another product is refused', () => {
    const foreign = aPlan({ slug: 'foreign', productSlug: 'other' })
    expect(() => update({ plan: foreign })).toThrow(/of another product. Choose one of default/)
  })
})

describe('overrides', () => {
  const overridesAfter = (edit: LicenseEdit, overrides: License['overrides']) =>
    setBy(decideUpdate(snapshotOf({ overrides }), edit, nowMs))?.overrides

  test('are added, replaced and kept name by name, also across a change of plan', () => {
    const before = { maxDomains: 9, maxDevices: null }
    expect(overridesAfter({ overrides: { maxDomains: 1, maxSeats: 2 } }, before)).toEqual({
      maxDomains: 1,
      maxDevices: null,
      maxSeats: 2,
    })
    expect(overridesAfter({ plan: aPlan({ slug: 'other' }) }, before)).toEqual(before)
  })

  test('are dropped by inheriting, whether or not they are there', () => {
    const inherit = ['maxDomains', 'features'] as const
    expect(overridesAfter({ inherit }, { maxDomains: null, maxSeats: 2 })).toEqual({ maxSeats: 2 })
  })

  test.each([1, 0, null])('of %p cannot be given and inherited at once', (maxDomains) => {
    const edit = { overrides: { maxDomains }, inherit: ['maxDomains'] as const }
    expect(() => overridesAfter(edit, {})).toThrow(/both given a value and inherited/)
  })

  test('go over the terms of the plan, features name by name', () => {
    const effective = (overrides: License['overrides']) => resolveEntitlements({ overrides }, plan)
    expect(effective({})).toEqual({
      features: plan.features,
      maxDomains: 3,
      maxDevices: null,
      maxSeats: null,
    })
    expect(effective({ maxDomains: null, maxSeats: 0 })).toMatchObject({
      maxDomains: null,
      maxSeats: 0,
    })
    expect(effective({ features: { sso: false, tier: 'gold' } }).features).toEqual({
      sso: false,
      projects: 10,
      tier: 'gold',
    })
  })
})

describe('a rotated key', () => {
  test.each([
    [0, null],
    [1, nowMs + HOUR_MS],
    [720, nowMs + 720 * HOUR_MS],
  ])('leaves the former one %i hours', (hours, formerValidUntilMs) => {
    const snapshot = snapshotOf()
    const { changes } = decideKeyRotation(snapshot, aKey('new'), hours, nowMs)
    expect(changes[0]).toEqual({
      type: 'license.rekey',
      licenseId: snapshot.license.id,
      key: aKey('new'),
      formerValidUntilMs,
    })
  })
})
