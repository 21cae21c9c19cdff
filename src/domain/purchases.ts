import type { LicenseKey } from './licenses.ts'

/** The shops that send events. `standard` is any other one that signs with Standard Webhooks. */
export const providers = ['stripe', 'paddle', 'lemonsqueezy', 'polar', 'standard'] as const
export type Provider = (typeof providers)[number]

/** Purchases of test mode never meet those of live mode. */
export const modes = ['live', 'test'] as const
export type Mode = (typeof modes)[number]

/** As high as a limit of a license can be. A higher quantity counts as this one. */
export const QUANTITY_MAX = 2_147_483_647

/** A line of an order or a subscription. */
export interface PurchaseItem {
  /** Stays the same as long as the line exists, also when its price changes. */
  readonly ref: string
  readonly price: string | null
  readonly product: string | null
  readonly paymentLink: string | null
  /** `metadata.licet_plan`, where only the vendor can set it; else null. */
  readonly plan: string | null
  readonly quantity: number
}

/**
 * A statement of an event about a purchase, which is an order or a subscription. Facts are kept, and may
 * arrive in any order and any number of times: what follows from them depends only on their times.
 */
export type PurchaseFact = { readonly atMs: number } & (
  | { readonly type: 'items'; readonly items: readonly PurchaseItem[] }
  /** Where it was bought: this completes items that name no payment link or plan themselves. */
  | { readonly type: 'origin'; readonly paymentLink: string | null; readonly plan: string | null }
  /** The address is in the form in which licenses have it. */
  | { readonly type: 'customer'; readonly email: string; readonly name: string | null }
  /** A payment, also one of nothing. `paidUntilMs` is null for a purchase without an end. */
  | {
      readonly type: 'paid'
      readonly paymentRef: string | null
      readonly paidUntilMs: number | null
    }
  | { readonly type: 'past_due' }
  /** Canceled: it ends then, unless that is taken back. */
  | { readonly type: 'cancels_at'; readonly endsAtMs: number }
  | { readonly type: 'uncanceled' }
  | { readonly type: 'ended' }
  | {
      readonly type: 'refunded'
      readonly paymentRef: string | null
      readonly share: 'full' | 'partial'
    }
  | { readonly type: 'refund_failed'; readonly paymentRef: string | null }
  | {
      readonly type: 'disputed' | 'dispute_won' | 'dispute_lost'
      readonly disputeRef: string
    }
  /** A license key that the provider itself has sent to the customer. */
  | { readonly type: 'key'; readonly itemRef: string | null; readonly key: string }
)

/** The purchase that has granted a license, and which part of it. */
export interface LicensePurchase {
  readonly provider: Provider
  readonly mode: Mode
  readonly purchaseRef: string
  readonly itemRef: string
  /** 1 to n, if the quantity means licenses. */
  readonly number: number
  /** Null if the shop has named the plan. */
  readonly ruleId: string | null
}

type KeyFact = Extract<PurchaseFact, { readonly type: 'key' }>

/** A fact as it is stored: without license keys in clear text. */
export type StoredFact =
  | Exclude<PurchaseFact, KeyFact>
  | (Omit<KeyFact, 'key'> & { readonly key: LicenseKey })
  /** The customer is the one that the provider knows by this reference. */
  | { readonly type: 'customer_ref'; readonly atMs: number; readonly customerRef: string }
