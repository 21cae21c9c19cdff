import type {
  Activation,
  ActivationKey,
  ActivationQuery,
  ActivationState,
  LicenseState,
} from '~/domain/activations.ts'
import type { Actor } from '~/domain/actors.ts'
import type { Erasure } from '~/domain/customers.ts'
import type { Decision, EventDraft } from '~/domain/decisions.ts'
import type { Degradation } from '~/domain/degradations.ts'
import type { Endpoint } from '~/domain/endpoints.ts'
import type { EventFilter, EventRecord } from '~/domain/events.ts'
import type { ExpirySnapshot } from '~/domain/expiry.ts'
import type { IssuanceState } from '~/domain/issuance.ts'
import type {
  LicenseFilter,
  LicenseRecord,
  LicenseSelection,
  LicenseSnapshot,
  TermsSnapshot,
} from '~/domain/licenses.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import type { Plan, PlanUse } from '~/domain/plans.ts'
import type { Product } from '~/domain/products.ts'
import type { Found, SearchTerms } from '~/domain/searches.ts'
import type { Seat } from '~/domain/seats.ts'
import type { UsageCounters } from '~/domain/usage.ts'
import type { Eventual } from '~/turns.ts'
import type { ApiKeys, Operators, Sessions, SetupLinks } from './access-port.ts'
import type { Audit } from './audit-port.ts'
import type { Changes } from './changes-port.ts'
import type { Checkout, CheckoutEventRecord } from './checkout-port.ts'
import type { EdgeLeaseBook, Edges } from './edges-port.ts'
import type { Idempotency, StoredResponses } from './idempotency-port.ts'
import type { Imports } from './imports-port.ts'
import type { Mails } from './mails-port.ts'
import type { Maintenance } from './maintenance-port.ts'
import type { Leases, Nodes } from './nodes-port.ts'
import type { Deliveries, Outbox } from './outbox-port.ts'
import type { Overview } from './overview-port.ts'
import type { PortalCodes, PortalSessions } from './portal-port.ts'
import type { Secrets } from './secrets-port.ts'
import type { LicenseFiles, Revocations, SigningKeys } from './signing-port.ts'

/**
 * The database that Licet requires, grouped by noun. A command takes a pure, synchronous decision and
 * runs it inside its own transaction. A Fault that the decision throws undoes the command. A result
 * is durable before its promise resolves.
 */
export interface Store {
  readonly products: Products
  readonly plans: Plans
  readonly apiKeys: ApiKeys
  readonly operators: Operators
  readonly sessions: Sessions
  readonly setupLinks: SetupLinks
  readonly portalSessions: PortalSessions
  readonly portalCodes: PortalCodes
  readonly licenses: Licenses
  readonly imports: Imports
  readonly validations: Validations
  readonly activations: Activations
  readonly seats: Seats
  readonly events: Events
  readonly endpoints: Endpoints
  readonly deliveries: Deliveries
  readonly outbox: Outbox
  readonly customers: Customers
  readonly checkout: Checkout
  readonly mails: Mails
  readonly overview: Overview
  readonly signingKeys: SigningKeys
  readonly revocations: Revocations
  readonly licenseFiles: LicenseFiles
  readonly audit: Audit
  readonly changes: Changes
  readonly edges: Edges
  /** Null if only one server can use the database: then it knows all leases itself. */
  readonly edgeLeases: EdgeLeaseBook | null
  readonly storedResponses: StoredResponses
  readonly maintenance: Maintenance
  readonly nodes: Nodes
  readonly leases: Leases
  readonly secrets: Secrets

  /**
   * Whether several servers can use the database at the same time. If not, a server locks the data
   * directory, and knows then that all others have ended.
   */
  readonly isShared: boolean
  /** Calls the listener before a command resolves, and within 250 ms of an external commit. */
  subscribe(listener: (commit: Commit) => void): void
  /**
   * Resolves when the listeners know every commit that was acknowledged before the call, by any server,
   * so that caches are up to date. Returns at once if only one server can use the database. Throws
   * `unavailable` if the commits cannot be read.
   */
  fresh(): Eventual<void>
  /** Whether `fresh` has resolved although the commits of other servers could not be read. */
  isOutdated(): boolean
  /** Throws when storage does not respond. */
  ping(): Promise<void>
  /** Tries to write, so that `listDegradations` is up to date. */
  checkWrites(): Promise<void>
  /** Lists what does not work at the moment. Reads do. */
  listDegradations(): readonly Degradation[]
  /** Writes what is still in memory, and closes the database. */
  flush(): Promise<void>
  close(): Promise<void>
}

/** The effect that a command on many licenses would have. `ids` are all that it selects. */
export interface BulkPreview {
  readonly ids: readonly string[]
  /** How many of them would change. */
  readonly changed: number
}

/** Runs a decision about one object. Returns the object after it; null if there is none. */
export type Change<Item, Decided, Snapshot = Item> = (
  key: string,
  context: CommandContext<Item>,
  decide: (snapshot: Snapshot) => Decided,
) => Promise<Item | null>

export interface Products {
  list(page: PageRequest): Promise<Page<Product>>
  find(slug: string): Promise<Product | null>
  /** Also creates its first plans. Throws `already_exists` if a slug or key prefix is taken. */
  create(
    product: Product,
    plans: readonly Plan[],
    context: CommandContext<Product>,
  ): Promise<Product>
  readonly change: Change<Product, Product>
}

export interface Plans {
  /** Lists the plans that are not archived. */
  list(page: PageRequest): Promise<Page<Plan>>
  find(slug: string): Promise<Plan | null>
  /** Throws `already_exists` if the slug is taken. */
  create(plan: Plan, context: CommandContext<Plan>): Promise<Plan>
  readonly change: Change<Plan, Plan>
  /** Deletes the plan if `decide` returns null. */
  readonly delete: Change<Plan, Plan | null, PlanUse>
}

export interface Licenses {
  hasAny(): Promise<boolean>
  find(id: string): Promise<LicenseRecord | null>
  list(filter: LicenseFilter, page: PageRequest): Promise<Page<LicenseRecord>>
  /** Finds up to `max` licenses. */
  search(query: SearchQuery, max: number): Promise<Found>
  /**
   * Returns the licenses whose ids `decide` returns; null if there is no such plan. With an
   * `externalRef`, `decide` gets the licenses of the product that have it. Throws `already_exists` if
   * a license key is taken.
   */
  create(
    order: { readonly planSlug: string; readonly externalRef?: string | null },
    context: CommandContext<readonly IssuedLicense[]>,
    decide: Decide<IssuanceState, readonly string[]>,
  ): Promise<readonly IssuedLicense[] | null>
  /** Returns null if there is no such license. `decide` gets the state that the query needs. */
  change<Result>(
    id: string,
    query: ActivationQuery,
    context: CommandContext<Changed<Result>>,
    decide: Decide<LicenseState & LicenseSnapshot, Result>,
  ): Promise<Changed<Result> | null>
  /**
   * Makes decisions in a row, each on the state that the one before has left, and then `finish` with
   * their results, all in one transaction. Returns null if there is no such license.
   */
  changeInOrder<Step, Result>(
    id: string,
    steps: readonly LicenseStep<Step>[],
    context: CommandContext<Changed<Result>>,
    finish: (state: LicenseSnapshot, results: readonly Step[]) => Decision<Result>,
  ): Promise<Changed<Result> | null>
  /** Changes all or none. Throws `too_many_matches` above `matchesMax`, and `not_found`. */
  changeMany(
    selection: LicenseSelection,
    matchesMax: number,
    context: CommandContext<readonly LicenseRecord[]>,
    decide: Decide<LicenseSnapshot, unknown>,
  ): Promise<readonly LicenseRecord[]>
  /** Decides the same without changing anything. Throws what `changeMany` would. */
  previewMany(
    selection: LicenseSelection,
    matchesMax: number,
    decide: Decide<LicenseSnapshot, unknown>,
  ): Promise<BulkPreview>
  /**
   * Decides on licenses that have expired or are about to, and whose notification is still due,
   * soonest first. Returns how many there were, at most `max`. Writes nothing if there are none.
   */
  notifyExpirations(
    kind: 'expired' | 'expiring',
    max: number,
    context: CommandContext<number>,
    decide: Decide<ExpirySnapshot, unknown>,
  ): Promise<number>
}

/** One of several decisions about a license. */
export interface LicenseStep<Result> {
  readonly query: ActivationQuery
  readonly decide: Decide<LicenseState & LicenseSnapshot, Result>
}

/** The possible meanings of a text. A license with the id or one of the keys is the only match. */
export interface SearchQuery extends SearchTerms {
  readonly keyHashes: readonly string[]
  /** Called if no license has the key. Returns the hashes of similar keys. */
  readonly listNearKeyHashes: () => readonly string[]
  readonly nowMs: number
}

/** The reads of a validation. A cache must drop what a commit has changed. */
export interface Validations {
  /** Finds a license by the HMAC of its key, or of a former key that still works. */
  findLicense(keyHash: string, nowMs: number): Eventual<TermsSnapshot | null>
  findActivationState(snapshot: TermsSnapshot, query: ActivationQuery): Eventual<ActivationState>
}

export interface Activations {
  list(licenseId: string, page: PageRequest): Promise<Page<Activation>>
  /** Finds an activation by its id, or else by the value of a device, or else of a domain. */
  find(licenseId: string, names: readonly string[]): Promise<Activation | null>
  /** Finds an activation by its external ID, or else by its id: the names that APIs of other products use. */
  findByExternalId(licenseId: string, id: string): Promise<Activation | null>
  /**
   * Records in memory that an activation was seen. The time is written within a second, at most once
   * an hour per activation. Decisions about new activations take it into account at once.
   */
  recordSeen(activation: Activation, atMs: number): void
}

export interface Seats {
  /** Lists the seats in use at `nowMs`. */
  list(licenseId: string, nowMs: number, page: PageRequest): Promise<Page<Seat>>
}

/**
 * Events have one order, in which nothing appears before what was read already, so a reader that goes on
 * after the last event it has read misses none. The events of a license are in the order of its commits.
 */
export interface Events {
  list(filter: EventFilter, page: PageRequest): Promise<Page<EventRecord>>
  find(id: string): Promise<EventRecord | null>
}

/** Webhook endpoints. */
export interface Endpoints {
  list(page: PageRequest): Promise<Page<Endpoint>>
  find(id: string): Promise<Endpoint | null>
  create(endpoint: Endpoint, context: CommandContext<Endpoint>): Promise<Endpoint>
  /** Deletes the endpoint and its deliveries if `decide` returns null. */
  readonly change: Change<Endpoint, Endpoint | null>
  /** Appends an event about the endpoint, such as a test. */
  readonly notify: Change<Endpoint, EventDraft>
}

export interface Customers {
  /**
   * Redacts a customer wherever the email address occurs, and keeps the licenses: first in events and
   * stored responses, in many small transactions, then in the licenses, in one.
   * `mentionsCustomer` opens a stored response and searches it, `isNamedInEvent` an event of checkout. `validations` is the number that
   * was redacted in the usage history.
   */
  erase(
    customer: {
      readonly customerEmail: string
      readonly validations: number
      readonly mentionsCustomer: (sealedResponse: string) => boolean
      readonly isNamedInEvent: (bodySealed: string) => boolean
    },
    context: CommandContext<Erasure>,
  ): Promise<Erasure>
  /**
   * Searches the next `limit` events of checkout for those of the customer's purchases, and for those
   * whose body names the customer, oldest first. A page may be empty although there is a next one.
   */
  listCheckoutEvents(
    customerEmail: string,
    isNamedInEvent: (bodySealed: string) => boolean,
    page: PageRequest,
  ): Promise<Page<CheckoutEventRecord>>
  /**
   * Searches the next `limit` events for those whose data names the customer, oldest first. A page may
   * be empty although there is a next one.
   */
  listEvents(customerEmail: string, page: PageRequest): Promise<Page<EventRecord>>
}

/**
 * Returns the usage counters of licenses, with an entry for each id. Commands read them before their
 * transaction, for the license that they return and that their events show.
 */
export type ReadCounters = (
  licenseIds: readonly string[],
) => Promise<ReadonlyMap<string, UsageCounters>>

/** Runs inside a transaction, so it cannot be async: a promise is not a `Decision`. */
export type Decide<Snapshot, Result> = (snapshot: Snapshot) => Decision<Result>

/** The origin of a command, and how it runs only once. `nowMs` is used for all its writes. */
export interface CommandContext<Result> {
  readonly actor: Actor
  /** The IP address of the caller, as far as it may be stored. */
  readonly address?: string | null
  readonly requestId: string
  readonly nowMs: number
  readonly idempotency: Idempotency<Result> | null
}

/** A license of an order: a new one, or one that existed before. */
export interface IssuedLicense extends LicenseRecord {
  readonly isNew: boolean
}

/** The license after a command, with the result of its decision. */
export interface Changed<Result> extends LicenseRecord {
  readonly result: Result
}

/**
 * The changes of a commit, also of another process of Licet, for caches. An external commit, of another
 * program, may have changed anything.
 */
export interface Commit {
  readonly licenseIds: readonly string[]
  readonly activations: readonly ActivationKey[]
  readonly touchesPlans: boolean
  readonly touchesApiKeys: boolean
  readonly touchesEdges: boolean
  /** Whether new deliveries may be due. */
  readonly touchesOutbox: boolean
  /** Whether new events of checkout may be due. */
  readonly touchesCheckout: boolean
  /** Whether new mails may be due. */
  readonly touchesMails: boolean
  readonly touchesSigningKeys: boolean
  readonly touchesRevocations: boolean
  readonly isExternal: boolean
}
