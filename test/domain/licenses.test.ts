import { expect, test } from 'bun:test'
import type { Decision } from '~/domain/decisions.ts'
import { decideUpdate, type LicenseEdit } from '~/domain/license-updates.ts'
import {
  decideKeyRotation,
  decideReinstatement,
  decideRenewal,
  decideRevocation,
  decideSuspension,
  deriveStatus,
  type License,
  type LicenseSnapshot,
  resolveEntitlements,
} from '~/domain/licenses.ts'
import { DAY_MS, HOUR_MS } from '~/domain/times.ts'
import { aKey, aLicense, aPlan, startMs } from '../support/samples.ts'

const nowMs = startMs + DAY_MS
const inDays = (days: number) => nowMs + days * DAY_MS

/** Columns of a license without grace that ends at this time, or never. */
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

function snapshotOf(facts: Partial<License> = {}, itsPlan = plan): LicenseSnapshot {
  return { license: aLicense(itsPlan, facts), plan: itsPlan }
}

/** Returns the columns that the decision sets, or undefined if it writes none. */
function setBy({ changes }: Decision<unknown>) {
  const update = changes.find((change) => change.type === 'license.update')
  return update?.set
}

test.each([
  ['active', {}],
  ['active', endAt(nowMs + 1)],
  ['expired', endAt(nowMs)],
  ['active', { expiresAtMs: nowMs - 1, endsAtMs: nowMs + 1 }],
  ['suspended', { ...endAt(nowMs - 1), suspendedAtMs: nowMs }],
  ['revoked', { suspendedAtMs: startMs, revokedAtMs: startMs }],
  ['revoked', { ...endAt(nowMs - 1), revokedAtMs: nowMs }],
] as const)('license status: %s for %o', (status, facts) => {
  expect(deriveStatus(aLicense(plan, facts), nowMs)).toBe(status)
})

const transitions: Record<string, (snapshot: LicenseSnapshot) => Decision<null>> = {
  suspend: (snapshot) => decideSuspension(snapshot, 'why', nowMs),
  reinstate: (snapshot) => decideReinstatement(snapshot, nowMs),
  revoke: (snapshot) => decideRevocation(snapshot, 'why', nowMs),
  renew: (snapshot) => decideRenewal(snapshot, { days: 10 }, nowMs),
  rotate: (snapshot) => decideKeyRotation(snapshot, aKey('new'), 0, nowMs),
  update: (snapshot) => decideUpdate(snapshot, { customerName: 'Ada' }, nowMs),
}

/** The event of each transition in each state, or 'nothing', or 'rejected'. */
const table: Record<string, Record<State, string>> = {
  suspend: row('license.suspended', 'license.suspended', 'nothing', 'nothing', 'rejected'),
  reinstate: row('nothing', 'nothing', 'license.reinstated', 'license.reinstated', 'rejected'),
  revoke: { ...row(...always('license.revoked')), revoked: 'nothing' },
  renew: { ...row(...always('license.renewed')), revoked: 'rejected' },
  rotate: { ...row(...always('license.key_rotated')), revoked: 'rejected' },
  update: { ...row(...always('license.updated')), revoked: 'rejected' },
}

type Row = [string, string, string, string, string]

function row(...[active, expired, suspended, both, revoked]: Row): Record<State, string> {
  return { active, expired, suspended, 'suspended and expired': both, revoked }
}

function always(event: string): Row {
  return [event, event, event, event, event]
}

const cells = Object.entries(table).flatMap(([name, outcomes]) =>
  Object.entries(outcomes).map(([state, outcome]) => [name, state as State, outcome] as const),
)

test.each(cells)('license transitions: %s while %s: %s', (name, state, outcome) => {
  const snapshot = snapshotOf(states[state])
  const decide = () => transitions[name]?.(snapshot)
  if (outcome === 'rejected') {
    expect(decide).toThrow(/was revoked, which is final.*Create a new license/)
    return
  }
  const decision = decide()
  const events: string[] | undefined = decision?.events.map(({ type }) => type)
  expect(events).toEqual(outcome === 'nothing' ? [] : [outcome])
  if (outcome === 'nothing') expect(decision?.changes).toEqual([])
})

test.each(Object.keys(transitions))(
  'license transitions: %s advances version and updated_at',
  (name) => {
    const snapshot = snapshotOf(states[name === 'reinstate' ? 'suspended' : 'active'])
    const decision = transitions[name]?.(snapshot)
    expect(decision && setBy(decision)).toMatchObject({ version: 2, updatedAtMs: nowMs })
  },
)

test('suspension: the reason is stored, and removed by reinstatement', () => {
  expect(setBy(decideSuspension(snapshotOf(), 'unpaid', nowMs))).toMatchObject({
    suspendedAtMs: nowMs,
    suspensionReason: 'unpaid',
    suspensionCause: 'operator',
  })
  expect(setBy(decideReinstatement(snapshotOf(states.suspended), nowMs))).toMatchObject({
    suspendedAtMs: null,
    suspensionReason: null,
  })
})

test('revocation: the event contains the reason, if there is one', () => {
  const extraOf = (reason: string | null) =>
    decideRevocation(snapshotOf(), reason, nowMs).events.map(({ extra }) => extra)
  expect(extraOf('refunded')).toEqual([{ reason: 'refunded' }])
  expect(extraOf(null)).toEqual([{}])
})

test.each([
  ['by days before the end', inDays(5), { days: 10 }, inDays(15)],
  ['by days after the end', inDays(-5), { days: 10 }, inDays(10)],
  ['by days at the end', nowMs, { days: 10 }, inDays(10)],
  ['by the plan’s duration', inDays(5), {}, inDays(35)],
  ['to a time', inDays(5), { expiresAtMs: inDays(1) }, inDays(1)],
  ['to a time in the past', inDays(5), { expiresAtMs: inDays(-1) }, inDays(-1)],
])('renewal: %s', (_what, endMs, renewal, expiresAtMs) => {
  const decision = decideRenewal(snapshotOf(endAt(endMs)), renewal, nowMs)
  expect(setBy(decision)).toMatchObject({ expiresAtMs, endsAtMs: expiresAtMs })
})

test('renewal: adds the current grace of the plan and resets both notifications', () => {
  const facts = { ...states.expired, expiringNotifiedAtMs: startMs, expiredNotifiedAtMs: startMs }
  const graceful = snapshotOf(facts, { ...plan, graceDays: 7 })
  expect(setBy(decideRenewal(graceful, { days: 1 }, nowMs))).toMatchObject({
    expiresAtMs: inDays(1),
    endsAtMs: inDays(8),
    expiringNotifiedAtMs: null,
    expiredNotifiedAtMs: null,
  })
})

test('renewal: to the current end writes nothing', () => {
  const decision = decideRenewal(snapshotOf(states.active), { expiresAtMs: inDays(1) }, nowMs)
  expect(decision).toEqual({ result: null, changes: [], events: [] })
})

test.each([
  ['it never expires', endAt(null), { days: 1 }, plan, /never expires/],
  [
    'it never expires, even for an explicit end',
    endAt(null),
    { expiresAtMs: nowMs },
    plan,
    /never/,
  ],
  ['it has not started', { ...endAt(null), pendingDays: 30 }, {}, plan, /first validation/],
  ['its plan has no duration', states.active, {}, aPlan(), /Send days or expires_at/],
])('renewal: rejected as perpetual if %s', (_what, facts, renewal, itsPlan, message) => {
  const renew = () => decideRenewal(snapshotOf(facts, itsPlan), renewal, nowMs)
  expect(renew).toThrow(expect.objectContaining({ kind: 'perpetual' }))
  expect(renew).toThrow(message)
})

test('renewal: cannot exceed the year 9999, the last in RFC 3339', () => {
  const lastMs = Date.parse('9999-12-31T23:59:59Z')
  const renew = (days: number) => decideRenewal(snapshotOf(endAt(lastMs - DAY_MS)), { days }, nowMs)
  expect(setBy(renew(1))).toMatchObject({ expiresAtMs: lastMs })
  expect(() => renew(2)).toThrow(/year 9999/)
})

const update = (edit: LicenseEdit, facts: Partial<License> = {}) =>
  decideUpdate(snapshotOf(facts), edit, nowMs)

test('update: changes the given fields and keeps the rest', () => {
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

test('update: an edit without effect writes nothing and emits no event', () => {
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

test('update: an expiration moves the end of service and ends the wait for a validation', () => {
  const graceful = snapshotOf({ ...endAt(null), pendingDays: 30 }, { ...plan, graceDays: 7 })
  const set = setBy(decideUpdate(graceful, { expiresAtMs: inDays(1) }, nowMs))
  expect(set).toMatchObject({ expiresAtMs: inDays(1), endsAtMs: inDays(8), pendingDays: null })
})

test('update: an expiration of null makes a license perpetual', () => {
  const set = setBy(update({ expiresAtMs: null }, states.expired))
  expect(set).toMatchObject({ expiresAtMs: null, endsAtMs: null })
})

test('update: the grace is kept until the expiration or the plan changes', () => {
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

test('update: an end that moves is notified again, one that stays is not', () => {
  const notified = {
    ...states.expired,
    expiringNotifiedAtMs: startMs,
    expiredNotifiedAtMs: startMs,
  }
  const other = { ...plan, slug: 'other' }
  const notificationsAfter = (edit: LicenseEdit) => {
    const { license } = snapshotOf(notified)
    const { expiringNotifiedAtMs, expiredNotifiedAtMs } = {
      ...license,
      ...setBy(update(edit, notified)),
    }
    return [expiringNotifiedAtMs, expiredNotifiedAtMs]
  }
  expect(notificationsAfter({ customerName: 'Ada' })).toEqual([startMs, startMs])
  expect(notificationsAfter({ plan: other })).toEqual([startMs, startMs])
  expect(notificationsAfter({ plan: { ...other, graceDays: 1 } })).toEqual([startMs, null])
  expect(notificationsAfter({ expiresAtMs: inDays(9) })).toEqual([null, null])
})

test('update: a plan of another product is rejected', () => {
  const foreign = aPlan({ slug: 'foreign', productSlug: 'other' })
  expect(() => update({ plan: foreign })).toThrow(/to another product. Choose a plan of default/)
})

const overridesAfter = (edit: LicenseEdit, overrides: License['overrides']) =>
  setBy(decideUpdate(snapshotOf({ overrides }), edit, nowMs))?.overrides

test('overrides: are added, replaced and kept field by field, and survive a plan change', () => {
  const before = { maxDomains: 9, maxDevices: null }
  expect(overridesAfter({ overrides: { maxDomains: 1, maxSeats: 2 } }, before)).toEqual({
    maxDomains: 1,
    maxDevices: null,
    maxSeats: 2,
  })
  expect(overridesAfter({ plan: { ...plan, slug: 'other' } }, before)).toEqual(before)
})

test('overrides: inheriting removes a field, whether or not it is overridden', () => {
  const inherit = ['maxDomains', 'features'] as const
  expect(overridesAfter({ inherit }, { maxDomains: null, maxSeats: 2 })).toEqual({ maxSeats: 2 })
})

test.each([1, 0, null])(
  'overrides: a value of %p cannot be combined with inheriting the field',
  (maxDomains) => {
    const edit = { overrides: { maxDomains }, inherit: ['maxDomains'] as const }
    expect(() => overridesAfter(edit, {})).toThrow(/have a value and be inherited/)
  },
)

test('overrides: replace limits of the plan, and are merged into its features by name', () => {
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

test.each([
  [0, null],
  [1, nowMs + HOUR_MS],
  [720, nowMs + 720 * HOUR_MS],
])('key rotation: the former key stays valid for %i hours', (hours, formerValidUntilMs) => {
  const snapshot = snapshotOf()
  const { changes } = decideKeyRotation(snapshot, aKey('new'), hours, nowMs)
  expect(changes[0]).toEqual({
    type: 'license.rekey',
    licenseId: snapshot.license.id,
    key: aKey('new'),
    formerValidUntilMs,
  })
})
