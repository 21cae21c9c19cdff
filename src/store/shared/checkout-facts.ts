import type { Outcome } from '~/domain/checkout-events.ts'
import { identifyFact } from '~/domain/purchase-state.ts'
import type { StoredFact } from '~/domain/purchases.ts'
import type { PurchaseKey } from '../checkout-port.ts'

export type PurchaseOutcome = Extract<Outcome, { readonly kind: 'purchase' }>
export type CustomerOutcome = Extract<Outcome, { readonly kind: 'customer' }>

export const pickKey = ({ provider, mode, ref }: PurchaseKey) => ({ provider, mode, ref })

/** Returns the row of a fact. The same fact has the same key. */
export function toFactRow(purchase: PurchaseKey, fact: StoredFact) {
  return { ...pickKey(purchase), key: hashFact(fact), fact, customer: findCustomer(fact) }
}

/** Returns the hash by which a fact is known. */
export function hashFact(fact: StoredFact): string {
  return new Bun.CryptoHasher('sha256').update(identifyFact(fact)).digest('base64url')
}

function findCustomer(fact: StoredFact): string | null {
  if (fact.type === 'customer_ref') return fact.customerRef
  return fact.type === 'customer' ? fact.email : null
}

/** Whether a fact names a customer who was erased since. */
export function isErased(fact: StoredFact, erasedAtMs: number | null): boolean {
  return fact.type === 'customer' && erasedAtMs !== null && fact.atMs <= erasedAtMs
}
