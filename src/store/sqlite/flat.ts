import type {
  Activation,
  ActivationQuery,
  ActivationState,
  LicenseState,
} from '~/domain/activations.ts'
import type { ApiKey } from '~/domain/api-keys.ts'
import type { Erasure } from '~/domain/customers.ts'

import type { Attempt, DeliveryRecord, DeliverySnapshot } from '~/domain/deliveries.ts'
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
import type {
  Changed,
  ClaimedDelivery,
  CommandContext,
  Commit,
  Decide,
  DeliveryClaim,
  StoredResponse,
} from '../port.ts'

export interface FlatStore {
  listProducts(page: PageRequest): Promise<Page<Product>>
  findProduct(slug: string): Promise<Product | null>
  /** With the plans it starts with. Throws `already_exists` when a slug or prefix is taken. */
  createProduct(
    product: Product,
    plans: readonly Plan[],
    context: CommandContext<Product>,
  ): Promise<Product>
  changeProduct(
    slug: string,
    context: CommandContext<Product>,
    decide: Decide<Product, Product>,
  ): Promise<Product | null>

  listPlans(page: PageRequest): Promise<Page<Plan>>
  findPlan(slug: string): Promise<Plan | null>
  /** Throws `already_exists` when the slug is taken. */
  createPlan(plan: Plan, context: CommandContext<Plan>): Promise<Plan>
  /** `isUsed`: whether any license names this plan. */
  changePlan(
    slug: string,
    context: CommandContext<Plan>,
    decide: Decide<{ readonly plan: Plan; readonly isUsed: boolean }, Plan>,
  ): Promise<Plan | null>

  listApiKeys(page: PageRequest): Promise<Page<ApiKey>>
  /** Live or expired; revoked keys are gone. */
  findApiKey(tokenHash: string): Promise<ApiKey | null>
  createApiKey(apiKey: ApiKey, tokenHash: string, context: CommandContext<ApiKey>): Promise<ApiKey>
  changeApiKey(
    id: string,
    context: CommandContext<ApiKey>,
    decide: Decide<ApiKey, ApiKey>,
  ): Promise<ApiKey | null>
  /** Puts the one reserved key in place of any before it; null leaves none. */
  replaceReservedApiKey(
    reserved: { readonly apiKey: ApiKey; readonly tokenHash: string } | null,
    context: CommandContext<null>,
  ): Promise<void>
  /** Notes a use in memory; it reaches the database with the next flush, once a minute at most. */
  recordApiKeyUse(id: string, atMs: number): void

  /** Null when there is no such plan. Throws `already_exists` when a key is taken. */
  createLicenses(
    planSlug: string,
    context: CommandContext<readonly LicenseRecord[]>,
    decide: Decide<Plan, unknown>,
  ): Promise<readonly LicenseRecord[] | null>
  /** Null when there is no such license; `decide` sees the activationState that `query` asks for. */
  changeLicense<Result>(
    id: string,
    query: ActivationQuery,
    context: CommandContext<Changed<Result>>,
    decide: Decide<LicenseState, Result>,
  ): Promise<Changed<Result> | null>
  /** All or nothing. Throws `too_many_matches` above `matchesMax`, `not_found` for an unknown id. */
  changeLicenses(
    selection: LicenseSelection,
    matchesMax: number,
    context: CommandContext<readonly LicenseRecord[]>,
    decide: Decide<LicenseSnapshot, unknown>,
  ): Promise<readonly LicenseRecord[]>
  findLicense(id: string): Promise<LicenseRecord | null>
  listLicenses(filter: LicenseFilter, page: PageRequest): Promise<Page<LicenseRecord>>
  /** Finds by the HMAC of a key, also of a former one within its overlap. */
  findLicenseByKey(keyHash: string, nowMs: number): Promise<LicenseSnapshot | null>
  /** Always fresh or invalidated by the commit that changed it, like `findLicenseByKey`. */
  findActivationState(snapshot: LicenseSnapshot, query: ActivationQuery): Promise<ActivationState>

  /**
   * Decides on licenses whose end has passed or is near and nobody was told of it, soonest first.
   * Answers how many there were, `max` at most. Writes nothing when there are none.
   */
  notifyExpirations(
    of: 'expired' | 'expiring',
    max: number,
    context: CommandContext<number>,
    decide: Decide<LicenseSnapshot, unknown>,
  ): Promise<number>

  listActivations(licenseId: string, page: PageRequest): Promise<Page<Activation>>
  /** By id, or by the value of a device or of a domain, in this order. */
  findActivation(licenseId: string, names: readonly string[]): Promise<Activation | null>
  recordActivationsSeen(activations: readonly Activation[], atMs: number): void
  /** Seats whose lease runs at `nowMs`. */
  listSeats(licenseId: string, nowMs: number, page: PageRequest): Promise<Page<Seat>>

  listEvents(filter: EventFilter, page: PageRequest): Promise<Page<EventRecord>>
  findEvent(id: string): Promise<EventRecord | null>

  listEndpoints(page: PageRequest): Promise<Page<Endpoint>>
  findEndpoint(id: string): Promise<Endpoint | null>
  createEndpoint(endpoint: Endpoint, context: CommandContext<Endpoint>): Promise<Endpoint>
  changeEndpoint(
    id: string,
    context: CommandContext<Endpoint>,
    decide: Decide<Endpoint, Endpoint>,
  ): Promise<Endpoint | null>
  /**
   * Schedules anew what this endpoint missed since then, in steps of a transaction each, so that
   * nobody else waits for it. Answers how many; null: no endpoint.
   */
  recoverDeliveries(
    endpointId: string,
    sinceMs: number,
    context: CommandContext<{ readonly recovered: number }>,
  ): Promise<{ readonly recovered: number } | null>

  listDeliveries(endpointId: string, page: PageRequest): Promise<Page<DeliveryRecord>>
  findDelivery(id: string): Promise<DeliveryRecord | null>
  listAttempts(deliveryId: string): Promise<readonly Attempt[]>
  changeDelivery(
    id: string,
    context: CommandContext<DeliveryRecord>,
    decide: Decide<DeliverySnapshot, null>,
  ): Promise<DeliveryRecord | null>
  /**
   * Takes due deliveries of each enabled endpoint, so that nobody else does until the lease or the
   * attempt ends. Writes nothing when nothing is due.
   */
  claimDeliveries(claim: DeliveryClaim): Promise<readonly ClaimedDelivery[]>
  /** Gives back what this process holds, or what all others held. */
  releaseDeliveries(instanceId: string, whose: 'own' | 'others'): Promise<void>

  /** Removes what has served its time. Answers how many rows went; call again while it is `max`. */
  cleanUp(nowMs: number, max: number): Promise<number>
  /** Keeps query plans and the write-ahead log in shape. */
  maintain(): Promise<void>

  /**
   * Blanks a customer wherever the e-mail address stands, tells of it, and answers what was done;
   * the licenses stay. `mentionsCustomer` opens a kept answer and looks for the customer in it.
   */
  eraseCustomer(
    customer: {
      readonly customerEmail: string
      readonly validations: number
      readonly mentionsCustomer: (sealedResponse: string) => boolean
    },
    context: CommandContext<Erasure>,
  ): Promise<Erasure>
  /** Events whose frozen data names the customer, oldest first. */
  listCustomerEvents(customerEmail: string): Promise<readonly EventRecord[]>

  /** The kept answer of an idempotent request, until it expires. */
  findStoredResponse(keyHash: string, nowMs: number): Promise<StoredResponse | null>

  /** Tells of every commit, this process's before its command resolves, others' within 250 ms. */
  subscribe(listener: (commit: Commit) => void): void
  /** Throws when storage does not answer. */
  ping(): Promise<void>
  /** Writes what is still in memory. */
  flush(): Promise<void>
  close(): Promise<void>
}
