import type { Activation, Probe, Standings, Subject } from '~/domain/activations.ts'
import type { ApiKey } from '~/domain/api-keys.ts'
import type { Erasure } from '~/domain/customers.ts'
import type { Decision } from '~/domain/decisions.ts'
import type { Attempt, Delivery, DeliverySnapshot } from '~/domain/deliveries.ts'
import type { Endpoint } from '~/domain/endpoints.ts'
import type { License, LicenseSnapshot, LicenseStatus } from '~/domain/licenses.ts'
import type { Plan } from '~/domain/plans.ts'
import type { Product } from '~/domain/products.ts'
import type { Seat } from '~/domain/seats.ts'
import type {
  BucketCount,
  BucketRange,
  Dimension,
  NamedCount,
  Sighting,
  TimeRange,
  UsageEntry,
  ValidationRecord,
} from '~/domain/usage.ts'

/**
 * What Licet asks of a database. Commands never hand out a transaction: they take a pure,
 * synchronous decision and run it inside their own. A Fault thrown by a decision leaves nothing
 * behind. A command's answer is durable before its promise resolves.
 */
export interface Store {
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
  /** Null when there is no such license; `decide` sees the standings that `probe` asks for. */
  changeLicense<Result>(
    id: string,
    probe: Probe,
    context: CommandContext<Changed<Result>>,
    decide: Decide<Subject, Result>,
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
  findStandings(snapshot: LicenseSnapshot, probe: Probe): Promise<Standings>

  /**
   * Decides on licenses whose end has passed or is near and nobody was told of it, soonest first.
   * Answers how many there were, `max` at most. Writes nothing when there are none.
   */
  tellOfEnds(
    of: 'expired' | 'expiring',
    max: number,
    context: CommandContext<number>,
    decide: Decide<LicenseSnapshot, unknown>,
  ): Promise<number>

  listActivations(licenseId: string, page: PageRequest): Promise<Page<Activation>>
  /** By id, or by the value of a device or of a domain, in this order. */
  findActivation(licenseId: string, names: readonly string[]): Promise<Activation | null>
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

  /** Notes it in memory; reads add it at once, the disk has it within 100 ms or at `flush`. */
  recordValidation(validation: ValidationRecord): void
  /** Notes in the same way that activations were seen, where nothing was validated. */
  recordSighting(sighting: Sighting): void
  /** The validations of a license that are kept, newest first. */
  listUsage(licenseId: string, range: TimeRange, page: PageRequest): Promise<Page<UsageEntry>>
  /** What was counted of a license, or of all (null). */
  listUsageCounts(licenseId: string | null, range: BucketRange): Promise<readonly NamedCount[]>
  /** By bucket, one name of a dimension or all (null); buckets without a count are left out. */
  listUsageSeries(
    licenseId: string | null,
    range: BucketRange,
    of: readonly [Dimension, string | null],
  ): Promise<readonly BucketCount[]>
  /** On how many devices a license was valid, of the validations that are kept. `range`: days. */
  countDevices(licenseId: string, range: BucketRange): Promise<number>
  /** Validations of all licenses, day by day; `after` is that of the chunk before. */
  exportUsage(range: TimeRange, after: UsageChunk['after'], max: number): Promise<UsageChunk>
  /** Forgets single validations of the days before. Answers how many; call again while it is `max`. */
  trimHistory(beforeMs: number, max: number): Promise<number>

  /**
   * Blanks a customer wherever the e-mail address stands, tells of it, and answers what was done;
   * the licenses stay. `isNamedIn` opens a kept answer and looks for the customer in it.
   */
  eraseCustomer(
    customer: {
      readonly customerEmail: string
      readonly isNamedIn: (sealedAnswer: string) => boolean
    },
    context: CommandContext<Erasure>,
  ): Promise<Erasure>
  /** Events whose frozen data names the customer, oldest first. */
  listCustomerEvents(customerEmail: string): Promise<readonly EventRecord[]>

  /** The kept answer of an idempotent request, until it expires. */
  findKeptAnswer(keyHash: string, nowMs: number): Promise<KeptAnswer | null>

  /** Tells of every commit, this process's before its command resolves, others' within 250 ms. */
  subscribe(listener: (commit: Commit) => void): void
  /** Throws when storage does not answer. */
  ping(): Promise<void>
  /** Writes what is still in memory. */
  flush(): Promise<void>
  close(): Promise<void>
}

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

export interface KeptAnswer {
  readonly bodyHash: string
  readonly sealedAnswer: string
}

export interface PageRequest {
  readonly limit: number
  /** The position after which this page begins; null for the first. */
  readonly after: string | null
}

export interface Page<Item> {
  readonly data: readonly Item[]
  readonly nextAfter: string | null
}

/** A license with its 100 oldest domains: what a view needs. */
export interface LicenseRecord {
  readonly license: License
  readonly plan: Plan
  readonly domains: readonly string[]
}

/** The license as it is after a command, and what the decision answered. */
export interface Changed<Result> extends LicenseRecord {
  readonly result: Result
}

export interface LicenseFilter {
  readonly status?: { readonly is: LicenseStatus; readonly atMs: number }
  readonly planSlug?: string
  readonly productSlug?: string
  readonly customerEmail?: string
  readonly domain?: string
  readonly externalRef?: string
  readonly expiresBeforeMs?: number
  readonly expiresAfterMs?: number
  readonly createdAfterMs?: number
  /** Beginning of e-mail or name, whole id, or last four of the key. */
  readonly search?: string
}

export type LicenseSelection =
  | { readonly ids: readonly string[] }
  | { readonly filter: LicenseFilter }

export interface EventFilter {
  readonly licenseId?: string
  readonly types?: readonly string[]
  /** An event id: what came after it, oldest first. */
  readonly afterEventId?: string
}

export interface EventRecord {
  readonly id: string
  readonly type: string
  readonly timestampMs: number
  readonly licenseId: string | null
  readonly sequence: number | null
  /** The frozen JSON text of the event's `data`. */
  readonly data: string
}

/** A delivery with what a list of them shows of its event. */
export interface DeliveryRecord {
  readonly delivery: Delivery
  readonly eventType: string
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

/** What the store knows when it freezes an event; `before` is null for a license just created. */
export interface EventMaterial {
  readonly before: LicenseRecord | null
  readonly after: LicenseRecord | null
  readonly sequence: number | null
  readonly activation: Activation | undefined
  readonly extra: Readonly<Record<string, unknown>>
  readonly nowMs: number
}

/** A part of an export. `after` is null in the last one. */
export interface UsageChunk {
  readonly data: readonly UsageEntry[]
  readonly after: readonly [day: number, license: number, atMs: number, nth: number] | null
}

/** What a commit touched, for whoever keeps copies. `isForeign`: by another process, so anything. */
export interface Commit {
  readonly licenseIds: readonly string[]
  readonly activations: readonly Activation[]
  readonly touchesCatalog: boolean
  readonly touchesAccess: boolean
  /** Whether deliveries may be due now that were not before. */
  readonly touchesOutbox: boolean
  readonly isForeign: boolean
}
