import { assert } from '~/assert.ts'
import { type CheckoutRule, type RuleTerms, ruleDefaults } from '~/domain/checkout-rules.ts'
import type { License } from '~/domain/licenses.ts'
import type { MailDraft } from '~/domain/mails.ts'
import type { Plan } from '~/domain/plans.ts'
import {
  decidePurchase,
  type KnownFact,
  type PurchaseDecision,
  type PurchaseSnapshot,
  type Unit,
} from '~/domain/purchase-decisions.ts'
import { identifyFact } from '~/domain/purchase-state.ts'
import type { PurchaseItem, StoredFact } from '~/domain/purchases.ts'
import { DAY_MS } from '~/domain/times.ts'
import { aKey, aPlan, createId, startMs } from './samples.ts'

export const at = (days: number) => startMs + days * DAY_MS

export function anItem(given: Partial<PurchaseItem> = {}): PurchaseItem {
  const none = { product: null, paymentLink: null, plan: null }
  return { ref: 'item', price: 'price', quantity: 1, ...none, ...given }
}

export function aRule(given: Partial<CheckoutRule> = {}): CheckoutRule {
  const match = { provider: null, target: 'price', value: 'price' } as const
  const times = { createdAtMs: startMs, updatedAtMs: startMs }
  const id = createId('rule')
  return { ...ruleDefaults, id, version: 1, ...match, planSlug: 'professional', ...times, ...given }
}

/** Facts, by the day on which they became true. */
export const facts = {
  items: (day: number, ...items: readonly PurchaseItem[]): StoredFact => ({
    type: 'items',
    atMs: at(day),
    items,
  }),
  customer: (day: number, email = 'dev@example.com'): StoredFact => ({
    type: 'customer',
    atMs: at(day),
    email,
    name: null,
  }),
  paid: (day: number, untilDay: number | null, paymentRef = `payment ${day}`): StoredFact => ({
    type: 'paid',
    atMs: at(day),
    paymentRef,
    paidUntilMs: untilDay === null ? null : at(untilDay),
  }),
  pastDue: (day: number): StoredFact => ({ type: 'past_due', atMs: at(day) }),
  cancelsAt: (day: number, endDay: number): StoredFact => ({
    type: 'cancels_at',
    atMs: at(day),
    endsAtMs: at(endDay),
  }),
  uncanceled: (day: number): StoredFact => ({ type: 'uncanceled', atMs: at(day) }),
  ended: (day: number): StoredFact => ({ type: 'ended', atMs: at(day) }),
  refunded: (
    day: number,
    share: 'full' | 'partial' = 'full',
    paymentRef = 'payment 0',
  ): StoredFact => ({ type: 'refunded', atMs: at(day), paymentRef, share }),
  refundFailed: (day: number, paymentRef = 'payment 0'): StoredFact => ({
    type: 'refund_failed',
    atMs: at(day),
    paymentRef,
  }),
  dispute: (
    day: number,
    type: 'disputed' | 'dispute_won' | 'dispute_lost',
    disputeRef = 'dispute',
  ): StoredFact => ({ type, atMs: at(day), disputeRef }),
  key: (day: number, name: string, itemRef: string | null = null): StoredFact => ({
    type: 'key',
    atMs: at(day),
    itemRef,
    key: aKey(name),
  }),
}

export interface Shop {
  readonly rules?: readonly CheckoutRule[]
  readonly plans?: readonly Plan[]
  readonly given?: Partial<Pick<PurchaseSnapshot, 'mode' | 'provider' | 'mailMode'>>
  readonly sendsMail?: boolean
}

/** Returns a shop with one rule of these terms. */
export const shopWith = (terms: Partial<RuleTerms>): Shop => ({ rules: [aRule(terms)] })

/** A purchase in memory, which is decided whenever something is said about it. */
export function createPurchase({
  rules = [aRule()],
  plans = [aPlan()],
  given,
  sendsMail,
}: Shop = {}) {
  const known = new Map<string, KnownFact>()
  const licenses = new Map<string, License>()
  const units = new Map<string, Omit<Unit, 'license'>>()
  const mails: MailDraft[] = []
  const events: string[] = []
  const findPlan = (slug: string) => {
    const plan = plans.find((candidate) => candidate.slug === slug)
    return plan === undefined ? null : { plan, keyPrefix: 'TO' }
  }
  const licenseOf = (id: string) => {
    const license = licenses.get(id)
    const plan = license && findPlan(license.planSlug)?.plan
    assert(license && plan, 'a unit has its license')
    return { license, plan }
  }

  function apply(decision: PurchaseDecision): void {
    for (const change of decision.changes) {
      if (change.type === 'license.create') licenses.set(change.license.id, change.license)
      if (!('licenseId' in change)) continue
      const { license } = licenseOf(change.licenseId)
      if (change.type === 'license.update') licenses.set(license.id, { ...license, ...change.set })
      if (change.type === 'license.rekey') licenses.set(license.id, { ...license, ...change.key })
    }
    for (const { isReleased, ...unit } of decision.units) {
      if (isReleased) units.delete(unit.licenseId)
      else units.set(unit.licenseId, unit)
    }
    mails.push(...(decision.mails ?? []))
    events.push(...decision.events.map(({ type }) => type))
  }

  return {
    mails,
    events,
    /** Adds facts, and decides. Returns the outcome. */
    say: (day: number, ...said: readonly StoredFact[]) => {
      for (const fact of said) known.set(identifyFact(fact), { ...fact, ref: 'purchase' })
      const snapshot: PurchaseSnapshot = {
        provider: 'standard',
        mode: 'live',
        ref: 'purchase',
        facts: [...known.values()],
        rules,
        findPlan,
        units: [...units.values()]
          .sort((one, other) => one.number - other.number)
          .map((unit) => ({ ...unit, license: licenseOf(unit.licenseId) })),
        isKeyTaken: (keyHash) => [...licenses.values()].some((one) => one.keyHash === keyHash),
        mailMode: 'new',
        ...given,
      }
      const decision = decidePurchase(snapshot, {
        nowMs: at(day),
        createId,
        mintKey: () => aKey(createId('lic')),
        isFormerHash: () => false,
        createFileId: () => 'file',
        sendsMail: sendsMail ?? true,
        unmatchedReason: null,
      })
      apply(decision)
      return decision
    },
    /** Removes a fact, as the erasure of a customer does. */
    forget: (fact: StoredFact) => void known.delete(identifyFact(fact)),
    /** Edits a license, by default the first, as an operator does. */
    edit: (set: Partial<License>, index = 0) => {
      const license = [...licenses.values()][index]
      assert(license !== undefined, 'the license exists')
      licenses.set(license.id, { ...license, ...set })
    },
    listLicenses: () => [...licenses.values()],
    /** Returns the only license. */
    getLicense: () => {
      const [license, ...others] = licenses.values()
      assert(license !== undefined && others.length === 0, 'there is one license')
      return license
    },
  }
}
