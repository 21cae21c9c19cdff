import type { CheckoutState, Effect, MailMode } from './checkout-events.ts'
import { type CheckoutRule, type RuleTerms, type RuleUse, ruleDefaults } from './checkout-rules.ts'
import type { Decision } from './decisions.ts'
import { Fault } from './faults.ts'
import type { LicenseKey, LicenseSnapshot } from './licenses.ts'
import type { Plan } from './plans.ts'
import { decideUnits } from './purchase-grants.ts'
import { findOffer } from './purchase-offers.ts'
import { derivePurchase, type PurchaseState } from './purchase-state.ts'
import { type OfferedItem, planUnits, UNITS_MAX } from './purchase-units.ts'
import type { Mode, Provider, StoredFact } from './purchases.ts'

/** Everything that is known about a purchase. */
export interface PurchaseSnapshot {
  readonly provider: Provider
  readonly mode: Mode
  /** Its own reference: what links lead to. */
  readonly ref: string
  readonly facts: readonly KnownFact[]
  /** The rules that may apply to it. */
  readonly rules: readonly CheckoutRule[]
  readonly findPlan: (slug: string) => OfferedPlan | null
  readonly units: readonly Unit[]
  /** Whether a license already has this key. */
  readonly isKeyTaken: (keyHash: string) => boolean
  readonly mailMode: MailMode
}

/** A fact, and the reference that it was stored under, which leads to the purchase. */
export type KnownFact = StoredFact & { readonly ref: string }

/** A plan with the prefix of its product's license keys. */
export interface OfferedPlan {
  readonly plan: Plan
  readonly keyPrefix: string
}

/** A license that a purchase has granted: number 1 to n of an item. */
export interface Unit {
  readonly licenseId: string
  readonly itemRef: string
  readonly number: number
  readonly ruleId: string | null
  /** The terms that the purchase has set so far. Only differences from them are applied. */
  readonly applied: AppliedTerms
  readonly license: LicenseSnapshot
}

/** The terms of a license that follow from its purchase. */
export interface AppliedTerms {
  readonly planSlug: string
  /** Null if the plan decides. */
  readonly expiresAtMs: number | null
  readonly paidUntilMs: number | null
  /** Null unless the quantity sets this limit. */
  readonly maxSeats: number | null
  readonly maxDevices: number | null
  readonly email: string
  readonly name: string | null
  /** The HMAC of a key that was imported. */
  readonly keyHash: string | null
  /** Whether a payment is missing, and whether for so long that the license is suspended. */
  readonly isBehind: boolean
  readonly isPastDue: boolean
  readonly isDisputed: boolean
  /** Why it is revoked; null if it is not. */
  readonly revocation: 'refund' | 'dispute' | null
}

/** A unit to create or replace; `isReleased` frees its number for another license. */
export interface UnitChange extends Omit<Unit, 'license'> {
  readonly isReleased: boolean
}

/** The outcome for the event that was processed. */
export interface PurchaseResult {
  readonly state: CheckoutState
  readonly reason: string | null
  readonly waitingFor: string | null
  readonly effects: readonly Effect[]
  readonly rules: readonly RuleUse[]
}

export interface PurchaseDecision extends Decision<PurchaseResult> {
  readonly units: readonly UnitChange[]
  /** When to decide again without an event, such as at the end of `past_due_days`; null if never. */
  readonly nextDecisionAtMs: number | null
}

/** The parts of a decision that come from outside. */
export interface PurchaseOptions {
  readonly nowMs: number
  readonly createId: (prefix: 'lic' | 'act') => string
  readonly mintKey: (prefix: string) => LicenseKey
  /** Whether a hash is that of this key under a former master secret. */
  readonly isFormerHash: (keyHash: string, key: LicenseKey) => boolean
  readonly createFileId: () => string
  /** Whether mail can be sent. */
  readonly sendsMail: boolean
  /** Why no rule may match, if the event itself says so. */
  readonly unmatchedReason: string | null
}

/**
 * Decides what follows from all facts about a purchase. Only differences from what it has made of its
 * licenses so far are applied, so that repetitions change nothing.
 */
export function decidePurchase(
  snapshot: PurchaseSnapshot,
  options: PurchaseOptions,
): PurchaseDecision {
  const state = derivePurchase(snapshot.ref, snapshot.facts)
  if (state.items.length === 0) {
    const reason = explainMissingItems(snapshot)
    const waiting = { state: 'waiting_for_purchase', reason, waitingFor: snapshot.ref } as const
    return { ...nothing, result: { ...done, ...waiting } }
  }
  if (!state.isPaid) {
    return {
      ...nothing,
      result: {
        ...done,
        effects: [{ text: 'No license is created before a payment arrives.', licenseIds: [] }],
      },
    }
  }
  const { offered, unmatched } = matchItems(snapshot, state, options)
  const findTerms = (itemRef: string) => findFormerTerms(snapshot, state, itemRef)
  const plan = planUnits(state, offered, new Set(unmatched.keys()), snapshot.units, findTerms)
  if (plan.slots.length > UNITS_MAX) {
    throw new Fault('too_many_matches', TOO_MANY)
  }
  // Without an address nothing can be created or replaced, but what exists is kept up to date.
  const isAwaited = state.customer === null && plan.slots.some(({ unit }) => unit === null)
  const possible = {
    slots: plan.slots.filter(({ unit }) => unit !== null),
    surplus: [],
    kept: [...plan.kept, ...plan.surplus],
  }
  const decision = decideUnits(snapshot, state, isAwaited ? possible : plan, options)
  const { effects } = decision.result
  const pending = isAwaited
    ? awaitCustomer(snapshot, state)
    : { ...done, ...(unmatched.size > 0 && explainUnmatched(unmatched)) }
  const isLeft = effects.length === 0 && pending.state === 'done'
  return {
    ...decision,
    result: {
      ...pending,
      effects: isLeft ? listUnchanged(snapshot.units) : effects,
      rules: listRules(offered),
    },
  }
}

const TOO_MANY =
  `A purchase can have at most ${UNITS_MAX} licenses. Let its rule say that the quantity means seats ` +
  'or devices, then replay the event.'

/** The effect of an event that has none. */
export const NOTHING_LEFT = 'There was nothing left to change.'

const done = { state: 'done', reason: null, waitingFor: null, effects: [], rules: [] } as const

const nothing = { changes: [], events: [], units: [], nextDecisionAtMs: null } as const

function awaitCustomer(snapshot: PurchaseSnapshot, state: PurchaseState) {
  const reason = explainMissingCustomer(snapshot, state)
  return { state: 'waiting_for_customer', reason, waitingFor: state.customerRef } as const
}

function explainUnmatched(reasons: ReadonlyMap<string, string>) {
  return { state: 'unmatched', reason: [...new Set(reasons.values())].join(' ') } as const
}

function explainMissingItems({ provider, ref }: PurchaseSnapshot): string {
  return (
    `No event so far says what was bought with ${ref}. This event is processed once one does. ` +
    `Check that your shop sends all events that docs/checkout/${provider}.md lists.`
  )
}

function explainMissingCustomer({ provider }: PurchaseSnapshot, state: PurchaseState): string {
  const { customerRef } = state
  if (customerRef === null) {
    return 'No event contains an email address of the customer. Send one that does, or create the license by hand.'
  }
  const remedy = provider === 'paddle' ? ', or set LICET_PADDLE_API_KEY and replay this one' : ''
  return `The event with the email address of ${customerRef} has not arrived. Let your shop send the events about customers${remedy}.`
}

/** Finds the offer of each item, or the reason why there is none. */
function matchItems(
  snapshot: PurchaseSnapshot,
  { items }: PurchaseState,
  { unmatchedReason }: PurchaseOptions,
) {
  const offered: OfferedItem[] = []
  const unmatched = new Map<string, string>()
  for (const item of items) {
    const offer = findOffer(snapshot, item)
    if (!('reason' in offer)) offered.push({ item, offer })
    else unmatched.set(item.ref, (offer.namesNoPlan ? unmatchedReason : null) ?? offer.reason)
  }
  return { offered, unmatched }
}

function findFormerTerms(
  snapshot: PurchaseSnapshot,
  { itemsEver }: PurchaseState,
  itemRef: string,
): RuleTerms {
  const item = itemsEver.get(itemRef)
  const offer = item === undefined ? null : findOffer(snapshot, item)
  return offer === null || 'reason' in offer ? ruleDefaults : offer.terms
}

function listRules(offered: readonly OfferedItem[]): readonly RuleUse[] {
  const rules = new Map(
    offered.flatMap(({ offer: { rule } }) => (rule ? [[rule.ruleId, rule]] : [])),
  )
  return [...rules.values()]
}

function listUnchanged(units: readonly Unit[]): readonly Effect[] {
  const licenseIds = units.map(({ licenseId }) => licenseId)
  return licenseIds.length === 0 ? [] : [{ text: NOTHING_LEFT, licenseIds }]
}
