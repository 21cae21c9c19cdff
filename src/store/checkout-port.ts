import type {
  CheckoutEvent,
  CheckoutEventFilter,
  Failure,
  MailMode,
  OpenCheckoutState,
  Outcome,
  Translated,
} from '~/domain/checkout-events.ts'
import type { CheckoutRule } from '~/domain/checkout-rules.ts'
import type { LicenseRecord } from '~/domain/licenses.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import type { PurchaseDecision, PurchaseSnapshot } from '~/domain/purchase-decisions.ts'
import type { BoughtItem } from '~/domain/purchase-offers.ts'
import type { Mode, Provider } from '~/domain/purchases.ts'
import type { CommandContext } from './port.ts'

/** Events of providers, what they say about purchases, and the rules that turn these into licenses. */
export interface Checkout {
  readonly events: CheckoutEvents
  readonly purchases: Purchases
  readonly rules: CheckoutRules
  readonly sessions: CheckoutSessions
}

export interface CheckoutEvents {
  /** Stores an event to be processed. One with a key that is known already changes nothing. */
  accept(event: NewCheckoutEvent, context: CommandContext<Accepted>): Promise<Accepted>
  /** Lists events, newest first. */
  list(filter: CheckoutEventFilter, page: PageRequest): Promise<Page<CheckoutEvent>>
  find(id: string): Promise<CheckoutEventRecord | null>
  /** Counts the events that are not settled, up to 10,000 in each state. */
  measure(): Promise<Readonly<Record<OpenCheckoutState, number>>>
  /** Claims due events, oldest first. Writes nothing if none is due. */
  claim(claim: CheckoutClaim): Promise<readonly ClaimedCheckoutEvent[]>
  /**
   * Stores what an event says and what follows from it, in one transaction. Returns null, and changes
   * nothing, if the claim was lost.
   */
  settle(
    claimed: Pick<ClaimedCheckoutEvent, 'id' | 'provider' | 'instanceId'>,
    said: Translated & { readonly outcome: Outcome },
    context: CommandContext<CheckoutEvent>,
    decide: DecidePurchase,
  ): Promise<CheckoutEvent | null>
  /** Records an attempt that failed, unless the claim was lost. */
  fail(
    claimed: Pick<ClaimedCheckoutEvent, 'id' | 'instanceId'>,
    context: CommandContext<CheckoutEvent>,
    decide: (event: CheckoutEvent) => Failure,
  ): Promise<CheckoutEvent | null>
  /** Makes an event due again. Throws `gone` once its body was deleted. */
  replay(
    id: string,
    mailMode: MailMode,
    context: CommandContext<CheckoutEvent>,
  ): Promise<CheckoutEvent | null>
  /** Returns the event as `settle` would leave it, and undoes everything. */
  dryRun(
    event: NewCheckoutEvent,
    said: Translated & { readonly outcome: Outcome },
    context: CommandContext<CheckoutEvent>,
    decide: DecidePurchase,
  ): Promise<CheckoutEvent>
  /** Deletes the bodies of up to `max` events that were received before then. Returns how many. */
  clearBodies(receivedBeforeMs: number, max: number): Promise<number>
  /** Releases the claims of this process. */
  release(instanceId: string): Promise<void>
}

/** Decides about a purchase, from all that is known about it. */
export type DecidePurchase = (snapshot: PurchaseSnapshot) => PurchaseDecision

export interface NewCheckoutEvent {
  readonly id: string
  readonly provider: Provider
  readonly endpointLabel: string | null
  /** The ID of the event, or else the SHA-256 of its body: unique by provider and endpoint label. */
  readonly key: string
  /** Its type as the provider names it, so that an event that fails shows it too. */
  readonly type: string | null
  /** The body with the headers that its translation needs: see `checkout/raw-events.ts`. */
  readonly bodySealed: string
  readonly receivedAtMs: number
}

/** The id of the event, which may have been stored before. */
export interface Accepted {
  readonly id: string
  readonly isNew: boolean
}

/** `bodySealed` is null once it was deleted. */
export interface CheckoutEventRecord extends CheckoutEvent {
  readonly bodySealed: string | null
}

export interface CheckoutClaim {
  readonly instanceId: string
  readonly nowMs: number
  readonly claimedUntilMs: number
  readonly max: number
}

export interface ClaimedCheckoutEvent extends CheckoutEventRecord {
  readonly instanceId: string
}

/** The identity of a purchase, or of something that leads to it. */
export interface PurchaseKey {
  readonly provider: Provider
  readonly mode: Mode
  readonly ref: string
}

export interface Purchases {
  /** Lists what a purchase consists of now; nothing if no event has named it yet. */
  listItems(key: PurchaseKey): Promise<readonly BoughtItem[]>
  /** Decides about purchases whose time has come, without an event. Returns how many. */
  decideDue(max: number, context: CommandContext<number>, decide: DecidePurchase): Promise<number>
}

export interface CheckoutRules {
  /** Lists rules, newest first. */
  list(page: PageRequest): Promise<Page<CheckoutRule>>
  find(id: string): Promise<CheckoutRule | null>
  /** Makes unmatched events due. Throws `already_exists` if another rule matches the same. */
  create(rule: CheckoutRule, context: CommandContext<CheckoutRule>): Promise<CheckoutRule>
  /**
   * Makes unmatched events due if the rule has changed, and deletes it if `decide` returns null. The
   * version advances by itself. `isUsed`: it has granted licenses that are not revoked.
   */
  change(
    id: string,
    context: CommandContext<CheckoutRule>,
    decide: (rule: CheckoutRule, isUsed: boolean) => CheckoutRule | null,
  ): Promise<CheckoutRule | null>
}

/** The licenses on the thank-you page, by the HMAC of the session ID. */
export interface CheckoutSessions {
  /** Counts the read if it returns licenses. */
  read(session: {
    readonly provider: Provider
    readonly sessionHash: string
    readonly nowMs: number
  }): Promise<SessionReading>
}

export type SessionReading =
  /** `isStuck` if its event is unmatched or has failed, so that waiting alone does not help. */
  | { readonly state: 'pending'; readonly isStuck: boolean }
  /** It was read too often, or too long ago. */
  | { readonly state: 'over' }
  | { readonly state: 'ready'; readonly licenses: readonly LicenseRecord[] }
