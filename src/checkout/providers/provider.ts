import type { Mode, PurchaseFact } from '~/domain/purchases.ts'

/** An event of a provider in the terms of purchases. */
export interface Translation {
  /** The provider's own name for the type, as it is shown. */
  readonly type: string
  /** The provider's ID of the event; null if it has none, and then the body identifies it. */
  readonly eventId: string | null
  readonly occurredAtMs: number
  readonly mode: Mode
  readonly news: News
}

export type News =
  /** Nothing follows from it. The reason is a sentence. */
  | { readonly kind: 'ignored'; readonly reason: string }
  /** The address of a customer that other events mention only by a reference. */
  | {
      readonly kind: 'customer'
      readonly ref: string
      readonly email: string
      readonly name: string | null
    }
  | PurchaseNews

/** Returns the news of an event from which nothing follows. The reason is a sentence. */
export const ignore = (reason: string): News => ({ kind: 'ignored', reason })

export interface PurchaseNews {
  readonly kind: 'purchase'
  /** The order or subscription itself, or something that links lead from, such as a payment. */
  readonly ref: string
  readonly facts: readonly PurchaseFact[]
  /** Pairs of references that this event connects, such as a payment and its invoice. */
  readonly links: readonly Link[]
  /** The customer, whose address may be among the facts, or in news of kind `customer`, or in both. */
  readonly customerRef: string | null
  /** Unguessable IDs under which the customer may fetch the keys on the thank-you page. */
  readonly sessionIds: readonly string[]
  /** The reason if no rule matches, where the event lacks what rules look for: it says what to do. */
  readonly unmatchedReason?: string
}

export interface Link {
  readonly from: string
  readonly to: string
}

/** Reads JSON from a path of the provider's API. Throws if it cannot be read at the moment. */
export type FetchFromApi = (path: string) => Promise<unknown>

export interface TranslateOptions {
  /** Their names are in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The label in the URL of the endpoint; null without one. */
  readonly endpoint: string | null
  /** Null without an API key: then an event that lacks something says what is missing. */
  readonly fetchFromApi: FetchFromApi | null
}

/** Translates the events of one provider. Throws a Fault for a body that is not an event of it. */
export type Translate = (event: unknown, options: TranslateOptions) => Promise<Translation>

/** The mode of providers whose events do not contain one: the label of the endpoint decides. */
export function modeOfEndpoint({ endpoint }: TranslateOptions): Mode {
  return ['test', 'sandbox'].includes(endpoint?.toLowerCase() ?? '') ? 'test' : 'live'
}
