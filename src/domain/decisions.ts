import type { Activation } from './activations.ts'
import type { ApiKey } from './api-keys.ts'
import type { FrozenEvent } from './customers.ts'
import type { Attempt, Delivery, Progress } from './deliveries.ts'
import type { Endpoint } from './endpoints.ts'
import type { EventType } from './events.ts'
import type { License, LicenseKey } from './licenses.ts'
import type { Plan } from './plans.ts'
import type { Product } from './products.ts'
import type { Seat } from './seats.ts'

/** What a decision asks the store to write. Applied in order, in one transaction, or not at all. */
export type Change =
  | { readonly type: 'product.create'; readonly product: Product }
  | { readonly type: 'product.update'; readonly product: Product }
  | { readonly type: 'plan.create'; readonly plan: Plan }
  | { readonly type: 'plan.update'; readonly plan: Plan }
  | { readonly type: 'plan.delete'; readonly slug: string }
  | { readonly type: 'api_key.create'; readonly apiKey: ApiKey; readonly tokenHash: string }
  | { readonly type: 'api_key.revoke'; readonly id: string }
  | { readonly type: 'license.create'; readonly license: License }
  | {
      readonly type: 'license.update'
      readonly licenseId: string
      readonly set: Partial<LicenseFacts>
    }
  | {
      readonly type: 'license.rekey'
      readonly licenseId: string
      readonly key: LicenseKey
      /** Until when the former key still answers; null when it ends at once. */
      readonly formerValidUntilMs: number | null
    }
  | { readonly type: 'activation.create'; readonly activation: Activation }
  | { readonly type: 'activation.delete'; readonly activation: Activation }
  | { readonly type: 'activation.see'; readonly activation: Activation; readonly atMs: number }
  | { readonly type: 'deactivation.count'; readonly licenseId: string; readonly atMs: number }
  | { readonly type: 'seat.create'; readonly seat: Seat }
  | { readonly type: 'seat.update'; readonly seat: Seat }
  | { readonly type: 'seat.delete'; readonly seat: Seat }
  | { readonly type: 'endpoint.create'; readonly endpoint: Endpoint }
  | { readonly type: 'endpoint.update'; readonly endpoint: Endpoint }
  | { readonly type: 'endpoint.delete'; readonly endpoint: Endpoint }
  | {
      readonly type: 'delivery.progress'
      readonly deliveryId: string
      readonly progress: Progress
    }
  | {
      /** A try that ended, which also gives the delivery back. */
      readonly type: 'delivery.attempt'
      readonly deliveryId: string
      /** The event's data as it was posted: of what was blanked since, no answer is kept. */
      readonly postedData: string
      readonly attempt: Attempt
      readonly progress: Progress
    }
  | {
      /** Gives these their schedule, making those that are not there. */
      readonly type: 'delivery.begin'
      readonly endpoint: Endpoint
      readonly deliveries: readonly Delivery[]
    }
  | {
      /**
       * Puts blanked data in the place of these events', drops these kept answers, and takes the
       * names from the activations and seats of these licenses.
       */
      readonly type: 'customer.erase'
      readonly licenseIds: readonly string[]
      readonly events: readonly FrozenEvent[]
      readonly storedResponses: readonly string[]
    }

/** A license's own columns; what is in use is counted by the store as activations come and go. */
export type LicenseFacts = Omit<License, 'id' | 'domainsUsed' | 'devicesUsed' | 'freeDomainsUsed'>

/** An event to append. The store freezes the license as it is after all changes beside it. */
export interface EventDraft {
  readonly type: EventType
  readonly licenseId: string | null
  readonly activation?: Activation
  /** Tells this endpoint only, whatever its patterns. */
  readonly endpointId?: string
  /** More of the event's data, in wire form. */
  readonly extra?: Readonly<Record<string, unknown>>
}

/** What a rule answers: the result for the caller, what to write, and what to tell. */
export interface Decision<Result> {
  readonly result: Result
  readonly changes: readonly Change[]
  readonly events: readonly EventDraft[]
}

/** The state asked for is held already: nothing is written and nobody is told. */
export function unchanged<Result>(result: Result): Decision<Result> {
  return { result, changes: [], events: [] }
}
