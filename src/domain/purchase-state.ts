import type { LicenseKey } from './licenses.ts'
import type { KnownFact } from './purchase-decisions.ts'
import type { PurchaseItem, StoredFact } from './purchases.ts'

/** A purchase as it follows from its facts, in whatever order they have arrived. */
export interface PurchaseState {
  /** The items it has now; empty if no event has named any yet. */
  readonly items: readonly PurchaseItem[]
  /** The latest form of every item that it has or had, by reference. */
  readonly itemsEver: ReadonlyMap<string, PurchaseItem>
  /** The references of each list of items, in which a replaced one and its successor never meet. */
  readonly itemRefsTogether: readonly ReadonlySet<string>[]
  /** The highest quantity of every item, by reference. */
  readonly quantitiesMax: ReadonlyMap<string, number>
  readonly customer: Customer | null
  readonly customerRef: string | null
  readonly isPaid: boolean
  /** Null if it has no paid period: then it was bought once, or is not paid. */
  readonly paidUntilMs: number | null
  /** Since when a payment is missing; null if none is. */
  readonly pastDueSinceMs: number | null
  /** When it ends or has ended, because it was canceled; null if it goes on. */
  readonly endsAtMs: number | null
  readonly refund: 'full' | 'partial' | null
  readonly dispute: 'open' | 'lost' | null
  readonly keys: readonly ImportedKey[]
}

export interface Customer {
  readonly email: string
  readonly name: string | null
}

export interface ImportedKey {
  readonly itemRef: string | null
  readonly key: LicenseKey
}

/** At the same time, the later in this list prevails. */
const typesByStrength: readonly StoredFact['type'][] = [
  'items',
  'origin',
  'customer_ref',
  'customer',
  'key',
  'past_due',
  'paid',
  'cancels_at',
  'uncanceled',
  'ended',
  'refunded',
  'refund_failed',
  'disputed',
  'dispute_won',
  'dispute_lost',
]

/** Returns the state that follows from all facts about a purchase. `ref` is its own reference. */
export function derivePurchase(ref: string, facts: readonly KnownFact[]): PurchaseState {
  const sorted = sortFacts(facts)
  return {
    ...deriveItems(ref, listOf(sorted, 'items'), deriveOrigin(listOf(sorted, 'origin'))),
    customer: deriveCustomer(listOf(sorted, 'customer')),
    customerRef: listOf(sorted, 'customer_ref').at(-1)?.customerRef ?? null,
    ...derivePayments(sorted),
    endsAtMs: deriveEnd(sorted),
    refund: deriveRefund(listOf(sorted, 'refunded', 'refund_failed')),
    dispute: deriveDispute(listOf(sorted, 'disputed', 'dispute_won', 'dispute_lost')),
    keys: listOf(sorted, 'key').map(({ itemRef, key }) => ({ itemRef, key })),
  }
}

/** Returns a text that is the same for the same fact, however its members are ordered. */
export function identifyFact(fact: StoredFact): string {
  // Each sealing of the same key differs.
  const identified = fact.type === 'key' ? { ...fact, key: fact.key.keyHash } : fact
  return JSON.stringify(sortMembers(identified))
}

function sortMembers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortMembers)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([one], [other]) => compareTexts(one, other))
  return Object.fromEntries(entries.map(([name, member]) => [name, sortMembers(member)]))
}

/** Sorts by time, then by strength, then by text, so that the order of arrival makes no difference. */
function sortFacts(facts: readonly KnownFact[]): readonly KnownFact[] {
  const keyed = facts.map((fact) => ({
    fact,
    strength: getStrength(fact),
    text: identifyFact(fact),
  }))
  keyed.sort(
    (one, other) =>
      one.fact.atMs - other.fact.atMs ||
      one.strength - other.strength ||
      compareTexts(one.text, other.text),
  )
  return keyed.map(({ fact }) => fact)
}

function getStrength(fact: StoredFact): number {
  // Several partial refunds in a row may make a full one.
  const isFull = fact.type === 'refunded' && fact.share === 'full'
  return typesByStrength.indexOf(fact.type) + (isFull ? 0.5 : 0)
}

const compareTexts = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0)

type FactOf<Type extends StoredFact['type']> = KnownFact & { readonly type: Type }

function listOf<Type extends StoredFact['type']>(
  facts: readonly KnownFact[],
  ...types: readonly Type[]
): readonly FactOf<Type>[] {
  return facts.filter((fact): fact is FactOf<Type> => types.some((type) => type === fact.type))
}

type Origin = Pick<PurchaseItem, 'paymentLink' | 'plan'>

function deriveOrigin(facts: readonly FactOf<'origin'>[]): Origin {
  const find = (name: keyof Origin) => facts.findLast((fact) => fact[name] !== null)?.[name] ?? null
  return { paymentLink: find('paymentLink'), plan: find('plan') }
}

/** Items of the purchase itself prevail over those of what leads to it, such as its first order. */
function deriveItems(ref: string, facts: readonly FactOf<'items'>[], origin: Origin) {
  const complete = (item: PurchaseItem): PurchaseItem => ({
    ...item,
    paymentLink: item.paymentLink ?? origin.paymentLink,
    plan: item.plan ?? origin.plan,
  })
  const named = facts.filter(({ items }) => items.length > 0)
  const own = named.filter((fact) => fact.ref === ref)
  const items = ((own.at(-1) ?? named.at(-1))?.items ?? []).map(complete)
  const itemsEver = new Map<string, PurchaseItem>()
  const quantitiesMax = new Map<string, number>()
  for (const item of [...named.flatMap((fact) => fact.items.map(complete)), ...items]) {
    itemsEver.set(item.ref, item)
    quantitiesMax.set(item.ref, Math.max(item.quantity, quantitiesMax.get(item.ref) ?? 0))
  }
  const itemRefsTogether = named.map((fact) => new Set(fact.items.map((item) => item.ref)))
  return { items, itemsEver, itemRefsTogether, quantitiesMax }
}

function deriveCustomer(facts: readonly FactOf<'customer'>[]): Customer | null {
  const email = facts.at(-1)?.email
  if (email === undefined) return null
  // Not every event about the same customer contains the name.
  const named = facts.findLast((fact) => fact.email === email && fact.name !== null)
  return { email, name: named?.name ?? null }
}

function derivePayments(sorted: readonly KnownFact[]) {
  const payments = listOf(sorted, 'paid', 'past_due')
  const paid = listOf(payments, 'paid')
  // A period outlasts the order without one that began it.
  const periods = paid.flatMap(({ paidUntilMs }) => paidUntilMs ?? [])
  const lastPaid = payments.findLastIndex(({ type }) => type === 'paid')
  return {
    isPaid: paid.length > 0,
    paidUntilMs: periods.length === 0 ? null : Math.max(...periods),
    pastDueSinceMs: payments[lastPaid + 1]?.atMs ?? null,
  }
}

function deriveEnd(sorted: readonly KnownFact[]): number | null {
  const ends = { canceled: Infinity, ended: Infinity }
  for (const fact of listOf(sorted, 'paid', 'cancels_at', 'uncanceled', 'ended')) {
    if (fact.type === 'uncanceled' || isResumption(fact, Math.min(ends.canceled, ends.ended))) {
      Object.assign(ends, { canceled: Infinity, ended: Infinity })
    } else if (fact.type === 'paid') continue
    else if (fact.type === 'cancels_at') ends.canceled = fact.endsAtMs
    else ends.ended = Math.min(ends.ended, fact.atMs)
  }
  const endsAtMs = Math.min(ends.canceled, ends.ended)
  return endsAtMs === Infinity ? null : endsAtMs
}

/** Whether a payment after the end of a purchase is for another period, so that it goes on. */
function isResumption(fact: KnownFact, endsAtMs: number): boolean {
  if (fact.type !== 'paid' || fact.paidUntilMs === null) return false
  return fact.atMs > endsAtMs && fact.paidUntilMs > fact.atMs
}

function deriveRefund(
  facts: readonly FactOf<'refunded' | 'refund_failed'>[],
): PurchaseState['refund'] {
  // The last fact about each payment.
  const latest = new Map(facts.map((fact) => [fact.paymentRef, fact]))
  const shares = [...latest.values()].map((fact) => fact.type === 'refunded' && fact.share)
  if (shares.includes('full')) return 'full'
  return shares.includes('partial') ? 'partial' : null
}

function deriveDispute(
  facts: readonly FactOf<'disputed' | 'dispute_won' | 'dispute_lost'>[],
): PurchaseState['dispute'] {
  const latest = new Map(facts.map(({ disputeRef, type }) => [disputeRef, type]))
  const states = [...latest.values()]
  if (states.includes('dispute_lost')) return 'lost'
  return states.includes('disputed') ? 'open' : null
}
