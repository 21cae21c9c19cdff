import type {
  Activation,
  ActivationQuery,
  ActivationState,
  LicenseState,
} from '~/domain/activations.ts'
import type { ApiKey } from '~/domain/api-keys.ts'
import type { Erasure } from '~/domain/customers.ts'
import type { Decision, EventDraft } from '~/domain/decisions.ts'
import type {
  Attempt,
  DeliveryDecision,
  DeliveryRecord,
  DeliverySnapshot,
} from '~/domain/deliveries.ts'
import type { Endpoint } from '~/domain/endpoints.ts'
import type { EventFilter, EventRecord } from '~/domain/events.ts'
import type {
  LicenseFilter,
  LicenseRecord,
  LicenseSelection,
  LicenseSnapshot,
} from '~/domain/licenses.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import type { Plan } from '~/domain/plans.ts'
import type { Product } from '~/domain/products.ts'
import type { Seat } from '~/domain/seats.ts'
import type { UsageCounters } from '~/domain/usage.ts'

/**
 * What Licet requires of a database, grouped by noun. Commands never hand out a transaction: they
 * take a pure, synchronous decision and run it inside their own. A Fault thrown by a decision leaves
 * nothing behind. A command's result is durable before its promise resolves.
 */
export interface Store {
  readonly products: Products
  readonly plans: Plans
  readonly apiKeys: ApiKeys
  readonly licenses: Licenses
  readonly validations: Validations
  readonly activations: Activations
  readonly seats: Seats
  readonly events: Events
  readonly endpoints: Endpoints
  readonly deliveries: Deliveries
  readonly outbox: Outbox
  readonly customers: Customers
  readonly storedResponses: StoredResponses
  readonly maintenance: Maintenance

  /** Notifies of every commit: this process's before its command resolves, others' within 250 ms. */
  subscribe(listener: (commit: Commit) => void): void
  /** Throws when storage does not respond. */
  ping(): Promise<void>
  /** Writes what is still in memory. */
  flush(): Promise<void>
  close(): Promise<void>
}

export interface Products {
  list(page: PageRequest): Promise<Page<Product>>
  find(slug: string): Promise<Product | null>
  /** Also creates the plans it starts with. Throws `already_exists` when a slug or prefix is taken. */
  create(
    product: Product,
    plans: readonly Plan[],
    context: CommandContext<Product>,
  ): Promise<Product>
  change(
    slug: string,
    context: CommandContext<Product>,
    decide: (product: Product) => Product,
  ): Promise<Product | null>
}

export interface Plans {
  list(page: PageRequest): Promise<Page<Plan>>
  find(slug: string): Promise<Plan | null>
  /** Throws `already_exists` when the slug is taken. */
  create(plan: Plan, context: CommandContext<Plan>): Promise<Plan>
  /** `isUsed`: whether any license has this plan. */
  change(
    slug: string,
    context: CommandContext<Plan>,
    decide: (current: { readonly plan: Plan; readonly isUsed: boolean }) => Plan | null,
  ): Promise<Plan | null>
}

export interface ApiKeys {
  list(page: PageRequest): Promise<Page<ApiKey>>
  /** Live or expired; revoked keys are gone. */
  find(tokenHash: string): Promise<ApiKey | null>
  create(apiKey: ApiKey, tokenHash: string, context: CommandContext<ApiKey>): Promise<ApiKey>
  change(
    id: string,
    context: CommandContext<ApiKey>,
    decide: (apiKey: ApiKey) => ApiKey | null,
  ): Promise<ApiKey | null>
  /** Replaces the one reserved key; null removes it. */
  replaceReserved(
    reserved: { readonly apiKey: ApiKey; readonly tokenHash: string } | null,
    context: CommandContext<null>,
  ): Promise<void>
  /** Records a use in memory; the next flush writes it, at most once a minute per key. */
  recordUse(id: string, atMs: number): void
}

export interface Licenses {
  find(id: string): Promise<LicenseRecord | null>
  list(filter: LicenseFilter, page: PageRequest): Promise<Page<LicenseRecord>>
  /** Null when there is no such plan. Throws `already_exists` when a license key is taken. */
  create(
    planSlug: string,
    context: CommandContext<readonly LicenseRecord[]>,
    decide: Decide<Plan, unknown>,
  ): Promise<readonly LicenseRecord[] | null>
  /** Null when there is no such license; `decide` gets the activation state that `query` asks for. */
  change<Result>(
    id: string,
    query: ActivationQuery,
    context: CommandContext<Changed<Result>>,
    decide: Decide<LicenseState, Result>,
  ): Promise<Changed<Result> | null>
  /** All or nothing. Throws `too_many_matches` above `matchesMax`, `not_found` for an unknown id. */
  changeMany(
    selection: LicenseSelection,
    matchesMax: number,
    context: CommandContext<readonly LicenseRecord[]>,
    decide: Decide<LicenseSnapshot, unknown>,
  ): Promise<readonly LicenseRecord[]>
  /**
   * Decides on licenses that have expired or are about to, and whose notification is still due,
   * soonest first. Returns how many there were, at most `max`. Writes nothing when there are none.
   */
  notifyExpirations(
    kind: 'expired' | 'expiring',
    max: number,
    context: CommandContext<number>,
    decide: Decide<LicenseSnapshot, unknown>,
  ): Promise<number>
}

/** What a validation reads. Always fresh, or invalidated by the commit that changed it. */
export interface Validations {
  /** Finds a license by the HMAC of its key, also of a former key within its overlap. */
  findLicense(keyHash: string, nowMs: number): Promise<LicenseSnapshot | null>
  findActivationState(snapshot: LicenseSnapshot, query: ActivationQuery): Promise<ActivationState>
}

export interface Activations {
  list(licenseId: string, page: PageRequest): Promise<Page<Activation>>
  /** Finds by id, or by the value of a device or of a domain, in this order. */
  find(licenseId: string, names: readonly string[]): Promise<Activation | null>
  /**
   * Records in memory that activations were seen; it is written within a second, at most once an
   * hour per activation. Decisions about a newcomer take it into account at once.
   */
  recordSeen(activations: readonly Activation[], atMs: number): void
}

export interface Seats {
  /** Seats whose lease is running at `nowMs`. */
  list(licenseId: string, nowMs: number, page: PageRequest): Promise<Page<Seat>>
}

export interface Events {
  list(filter: EventFilter, page: PageRequest): Promise<Page<EventRecord>>
  find(id: string): Promise<EventRecord | null>
}

/** Webhook endpoints. */
export interface Endpoints {
  list(page: PageRequest): Promise<Page<Endpoint>>
  find(id: string): Promise<Endpoint | null>
  create(endpoint: Endpoint, context: CommandContext<Endpoint>): Promise<Endpoint>
  change(
    id: string,
    context: CommandContext<Endpoint>,
    decide: (endpoint: Endpoint) => Endpoint | null,
  ): Promise<Endpoint | null>
  /** Appends an event about the endpoint, such as a test. */
  notify(
    id: string,
    context: CommandContext<Endpoint>,
    decide: (endpoint: Endpoint) => EventDraft,
  ): Promise<Endpoint | null>
}

export interface Deliveries {
  list(endpointId: string, page: PageRequest): Promise<Page<DeliveryRecord>>
  find(id: string): Promise<DeliveryRecord | null>
  listAttempts(deliveryId: string): Promise<readonly Attempt[]>
  change(
    id: string,
    context: CommandContext<DeliveryRecord>,
    decide: (snapshot: DeliverySnapshot) => DeliveryDecision,
  ): Promise<DeliveryRecord | null>
}

/** The queue of deliveries that are due or will be. */
export interface Outbox {
  /**
   * Claims due deliveries of each enabled endpoint until the lease or the attempt ends. Writes
   * nothing when nothing is due.
   */
  claim(claim: DeliveryClaim): Promise<readonly ClaimedDelivery[]>
  /** Releases the claims of this process, or of all others. */
  release(instanceId: string, whose: 'own' | 'others'): Promise<void>
  /**
   * Reschedules what this endpoint has missed since then, one small transaction at a time so that
   * other requests are not held up. Returns how many; null when there is no such endpoint.
   */
  recover(
    endpointId: string,
    sinceMs: number,
    context: CommandContext<{ readonly recovered: number }>,
  ): Promise<{ readonly recovered: number } | null>
}

export interface Customers {
  /**
   * Redacts a customer wherever the email address occurs, appends the event, and returns what was
   * done; the licenses stay. `mentionsCustomer` opens a stored response and searches it.
   * `validations`: how many were redacted in the usage history.
   */
  erase(
    customer: {
      readonly customerEmail: string
      readonly validations: number
      readonly mentionsCustomer: (sealedResponse: string) => boolean
    },
    context: CommandContext<Erasure>,
  ): Promise<Erasure>
  /** Events whose frozen data names the customer, oldest first. */
  listEvents(customerEmail: string): Promise<readonly EventRecord[]>
}

export interface StoredResponses {
  /** The stored response of an idempotent request, until it expires. */
  find(keyHash: string, nowMs: number): Promise<StoredResponse | null>
}

export interface Maintenance {
  /** Deletes expired rows. Returns how many; call again while it is `max`. */
  cleanUp(nowMs: number, max: number): Promise<number>
  /** Keeps query plans and the write-ahead log in shape. */
  optimize(): Promise<void>
}

/**
 * Returns the usage counters of licenses, with an entry for each id. Commands read them before their
 * transaction, for the license that they return and that their events show.
 */
export type ReadCounters = (
  licenseIds: readonly string[],
) => Promise<ReadonlyMap<string, UsageCounters>>

/** Runs inside a transaction, so it must not wait: a promise does not fit `Decision`. */
export type Decide<Snapshot, Result> = (snapshot: Snapshot) => Decision<Result>

/** Who asks, and how to answer the same again. `nowMs` is the one time of the whole command. */
export interface CommandContext<Result> {
  readonly actor: string
  readonly requestId: string
  readonly nowMs: number
  readonly idempotency: Idempotency<Result> | null
}

export interface Idempotency<Result> {
  /** HMAC over API key, method, path and the caller's key. */
  readonly keyHash: string
  readonly bodyHash: string
  readonly expiresAtMs: number
  /** The answer to keep, sealed. Called inside the transaction, with what was read back from it. */
  readonly render: (result: Result) => string
}

export interface StoredResponse {
  readonly bodyHash: string
  readonly sealedResponse: string
}

/** The license as it is after a command, and what the decision answered. */
export interface Changed<Result> extends LicenseRecord {
  readonly result: Result
}
export interface DeliveryClaim {
  readonly instanceId: string
  readonly nowMs: number
  readonly claimedUntilMs: number
  readonly totalMax: number
  readonly perEndpointMax: number
  /** How many of them may be for endpoints that fail. */
  readonly failingMax: number
  /** How many of each endpoint's are under way already. */
  readonly underWay: ReadonlyMap<string, number>
}

export interface ClaimedDelivery extends DeliverySnapshot {
  readonly event: EventRecord
}

/** What a commit touched, for whoever keeps copies. `isExternal`: by another process, so anything. */
export interface Commit {
  readonly licenseIds: readonly string[]
  readonly activations: readonly Activation[]
  readonly touchesPlans: boolean
  readonly touchesApiKeys: boolean
  /** Whether deliveries may be due now that were not before. */
  readonly touchesOutbox: boolean
  readonly isExternal: boolean
}
