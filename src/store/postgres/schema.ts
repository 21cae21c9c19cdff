import { sql } from 'drizzle-orm'
import {
  boolean,
  index,
  type PgColumn,
  pgTable,
  primaryKey,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import type { Activation } from '~/domain/activations.ts'
import type { Progress } from '~/domain/deliveries.ts'
import type { Endpoint, EndpointState } from '~/domain/endpoints.ts'
import type { License, LimitNotices, Overrides, SuspensionCause } from '~/domain/licenses.ts'
import type { MailKind, MailState } from '~/domain/mails.ts'
import type { PlanTerms } from '~/domain/plans.ts'
import type { SigningKeyState } from '~/domain/signing-keys.ts'
import { bigint, json, ownXid, position, text } from './columns.ts'

/** Tables may change; the API in `wire/` may not. Times are ms, hashes base64url, ids TypeIDs. */

/** Facts about the database itself, such as the check value of the master secret. */
export const meta = pgTable('meta', {
  name: text('name').primaryKey(),
  value: text('value').notNull(),
})

export const products = pgTable('products', {
  position: position(),
  slug: text('slug').notNull().unique(),
  name: text('name').notNull(),
  keyPrefix: text('key_prefix').notNull().unique(),
  /** Until when leases may work that were signed under former terms of its plans. */
  formerLeasesUntilMs: bigint('former_leases_until_ms').notNull().default(0),
})

/** Terms are always read together and never searched, so they are one JSON column. */
export const plans = pgTable('plans', {
  position: position(),
  slug: text('slug').notNull().unique(),
  productSlug: text('product_slug')
    .notNull()
    .references(() => products.slug),
  terms: json('terms').$type<PlanTerms>().notNull(),
  archivedAtMs: bigint('archived_at_ms'),
})

export const apiKeys = pgTable('api_keys', {
  position: position(),
  id: text('id').notNull().unique(),
  name: text('name').notNull(),
  tokenHash: text('token_hash').notNull().unique(),
  scopes: json('scopes').$type<readonly string[]>().notNull(),
  isReserved: boolean('is_reserved').notNull(),
  createdAtMs: bigint('created_at_ms').notNull(),
  expiresAtMs: bigint('expires_at_ms'),
  lastUsedAtMs: bigint('last_used_at_ms'),
})

export const licenses = pgTable(
  'licenses',
  {
    id: text('id').primaryKey(),
    planSlug: text('plan_slug')
      .notNull()
      .references(() => plans.slug),
    productSlug: text('product_slug').notNull(),
    keyHash: text('key_hash').notNull().unique(),
    keySealed: text('key_sealed').notNull(),
    keyMasked: text('key_masked').notNull(),
    keyLastFour: text('key_last_four').notNull(),
    overrides: json('overrides').$type<Overrides>().notNull(),
    customerEmail: text('customer_email'),
    customerName: text('customer_name'),
    /** The address in the form in which it is searched; null if that is the address itself. */
    customerEmailFolded: text('customer_email_folded'),
    /** The name in the form in which it is searched. */
    customerNameFolded: text('customer_name_folded'),
    metadata: json('metadata').$type<License['metadata']>().notNull(),
    externalRef: text('external_ref'),
    createdAtMs: bigint('created_at_ms').notNull(),
    updatedAtMs: bigint('updated_at_ms').notNull(),
    pendingDays: bigint('pending_days'),
    termStartedAtMs: bigint('term_started_at_ms').notNull().default(0),
    expiresAtMs: bigint('expires_at_ms'),
    endsAtMs: bigint('ends_at_ms'),
    activatedAtMs: bigint('activated_at_ms'),
    suspendedAtMs: bigint('suspended_at_ms'),
    suspensionReason: text('suspension_reason'),
    suspensionCause: text('suspension_cause').$type<SuspensionCause>(),
    revokedAtMs: bigint('revoked_at_ms'),
    lastValidatedAtMs: bigint('last_validated_at_ms'),
    validationCount: bigint('validation_count').notNull(),
    domainsUsed: bigint('domains_used').notNull(),
    freeDomainsUsed: bigint('free_domains_used').notNull(),
    devicesUsed: bigint('devices_used').notNull(),
    expiringNotifiedAtMs: bigint('expiring_notified_at_ms'),
    expiredNotifiedAtMs: bigint('expired_notified_at_ms'),
    limitNotices: json('limit_notices').$type<LimitNotices>().notNull(),
    version: bigint('version').notNull(),
    eventSequence: bigint('event_sequence').notNull(),
  },
  (table) => [
    // For lists, newest first.
    index('licenses_by_plan').on(table.planSlug, table.id),
    index('licenses_by_product').on(table.productSlug, table.id),
    index('licenses_by_email').on(table.customerEmail, table.id),
    index('licenses_by_name')
      .on(table.customerNameFolded, table.id)
      .where(sql`customer_name_folded IS NOT NULL`),
    index('licenses_by_folded_email')
      .on(table.customerEmailFolded, table.id)
      .where(sql`customer_email_folded IS NOT NULL`),
    index('licenses_by_external_ref')
      .on(table.externalRef, table.id)
      .where(sql`external_ref IS NOT NULL`),
    index('licenses_by_last_four').on(table.keyLastFour, table.id),
    index('licenses_by_expiry')
      .on(table.expiresAtMs, table.id)
      .where(sql`expires_at_ms IS NOT NULL`),
    index('licenses_by_plan_and_expiry')
      .on(table.planSlug, table.expiresAtMs, table.id)
      .where(sql`expires_at_ms IS NOT NULL`),
    index('licenses_by_end').on(table.endsAtMs, table.id).where(sql`ends_at_ms IS NOT NULL`),
    // For expire-licenses: only expirations whose notification is still due.
    index('licenses_to_expire')
      .on(table.endsAtMs, table.id)
      .where(
        sql`expired_notified_at_ms IS NULL AND suspended_at_ms IS NULL AND revoked_at_ms IS NULL`,
      ),
    index('licenses_to_warn')
      .on(table.expiresAtMs, table.id)
      .where(
        sql`expiring_notified_at_ms IS NULL AND suspended_at_ms IS NULL AND revoked_at_ms IS NULL`,
      ),
    // For correct-times: the notices that a wrong clock has dated in the future.
    index('licenses_expired')
      .on(table.expiredNotifiedAtMs)
      .where(sql`expired_notified_at_ms IS NOT NULL`),
    index('licenses_warned')
      .on(table.expiringNotifiedAtMs)
      .where(sql`expiring_notified_at_ms IS NOT NULL`),
    // For lists by status. A new license is in neither of them.
    index('licenses_revoked').on(table.id).where(sql`revoked_at_ms IS NOT NULL`),
    index('licenses_suspended')
      .on(table.id)
      .where(sql`suspended_at_ms IS NOT NULL AND revoked_at_ms IS NULL`),
  ],
)

const licenseId = () =>
  text('license_id')
    .notNull()
    .references(() => licenses.id)

/** The words of `domain/search-words.ts` by which licenses are found. */
export const searchWords = pgTable(
  'search_words',
  { word: text('word').notNull(), licenseId: licenseId() },
  (table) => [primaryKey({ columns: [table.word, table.licenseId] })],
)

/** Rotated keys that still work until their overlap ends. */
export const formerKeys = pgTable(
  'former_keys',
  {
    keyHash: text('key_hash').primaryKey(),
    licenseId: licenseId(),
    /** 0 if this column did not exist yet. */
    rotatedAtMs: bigint('rotated_at_ms').notNull().default(0),
    validUntilMs: bigint('valid_until_ms').notNull(),
  },
  (table) => [
    index('former_keys_by_license').on(table.licenseId),
    index('former_keys_by_end').on(table.validUntilMs),
  ],
)

export const activations = pgTable(
  'activations',
  {
    id: text('id').primaryKey(),
    licenseId: licenseId(),
    kind: text('kind').$type<Activation['kind']>().notNull(),
    value: text('value').notNull(),
    name: text('name'),
    root: text('root'),
    isFree: boolean('is_free').notNull(),
    country: text('country'),
    createdAtMs: bigint('created_at_ms').notNull(),
    lastSeenAtMs: bigint('last_seen_at_ms').notNull(),
    filesUntilMs: bigint('files_until_ms').notNull().default(0),
    externalId: text('external_id'),
  },
  (table) => [
    uniqueIndex('activations_by_value').on(table.licenseId, table.kind, table.value),
    uniqueIndex('activations_by_external_id')
      .on(table.licenseId, table.externalId)
      .where(sql`external_id IS NOT NULL`),
    index('activations_by_age').on(table.licenseId, table.kind, table.isFree, table.id),
    index('activations_by_idleness').on(
      table.licenseId,
      table.kind,
      table.isFree,
      sql`greatest(last_seen_at_ms, files_until_ms)`,
    ),
    index('activations_by_root').on(table.licenseId, table.root, table.isFree),
    index('activations_by_domain').on(table.value, table.licenseId).where(sql`kind = 'domain'`),
    // For searches: the hosts below a registrable domain.
    index('activations_by_registrable_domain')
      .on(table.root, table.licenseId)
      .where(sql`kind = 'domain' AND root <> value`),
  ],
)

/** Floating seats. A seat is in use until it expires, whether or not its row still exists. */
export const seats = pgTable(
  'seats',
  {
    id: text('id').primaryKey(),
    licenseId: licenseId(),
    fingerprint: text('fingerprint').notNull(),
    name: text('name'),
    acquiredAtMs: bigint('acquired_at_ms').notNull(),
    expiresAtMs: bigint('expires_at_ms').notNull(),
    borrowedDays: bigint('borrowed_days'),
  },
  (table) => [
    uniqueIndex('seats_by_fingerprint').on(table.licenseId, table.fingerprint),
    index('seats_by_license_and_expiry').on(table.licenseId, table.expiresAtMs),
    index('seats_by_expiry').on(table.expiresAtMs),
  ],
)

/** Deactivations by customers, for plans that limit them. */
export const deactivations = pgTable(
  'deactivations',
  {
    position: position(),
    licenseId: licenseId(),
    atMs: bigint('at_ms').notNull(),
  },
  (table) => [
    index('deactivations_by_license').on(table.licenseId, table.atMs),
    index('deactivations_by_time').on(table.atMs),
  ],
)

/**
 * In the order of `xid` and `position`, events are complete up to the oldest transaction that is still
 * running: see `events.ts`.
 */
export const events = pgTable(
  'events',
  {
    position: position(),
    xid: ownXid(),
    id: text('id').notNull().unique(),
    type: text('type').notNull(),
    timestampMs: bigint('timestamp_ms').notNull(),
    licenseId: text('license_id'),
    sequence: bigint('sequence'),
    data: text('data').notNull(),
  },
  (table) => [
    index('events_by_order').on(table.xid, table.position),
    index('events_by_license').on(table.licenseId, table.xid, table.position),
    index('events_by_type').on(table.type, table.xid, table.position),
  ],
)

/**
 * The last number of the audit and of the revocation feed, which also counts rows that were deleted. A
 * transaction that appends to one of them locks its row until it has ended.
 */
export const heads = pgTable('heads', {
  name: text('name').$type<'audit' | 'revocations'>().primaryKey(),
  number: bigint('number').notNull(),
  /** The hash of the last row of the audit. */
  hash: text('hash'),
})

/** Webhook endpoints. */
export const endpoints = pgTable('endpoints', {
  position: position(),
  id: text('id').notNull().unique(),
  url: text('url').notNull(),
  events: json('events').$type<readonly string[]>().notNull(),
  description: text('description'),
  /** A deleted endpoint stays until the clean-up has deleted its deliveries, a few at a time. */
  state: text('state').$type<EndpointState | 'deleted'>().notNull(),
  secretSealed: text('secret_sealed').notNull(),
  formerSecret: json('former_secret').$type<Endpoint['formerSecret']>(),
  failingSinceMs: bigint('failing_since_ms'),
  createdAtMs: bigint('created_at_ms').notNull(),
})

/** The order of lists of deliveries. */
const order = (table: Record<'createdAtMs' | 'position', PgColumn>) =>
  [table.createdAtMs, table.position] as const

/** The outbox: one row per event and endpoint. */
export const deliveries = pgTable(
  'deliveries',
  {
    position: position(),
    id: text('id').notNull().unique(),
    eventId: text('event_id')
      .notNull()
      .references(() => events.id),
    endpointId: text('endpoint_id')
      .notNull()
      .references(() => endpoints.id, { onDelete: 'cascade' }),
    /** The type of the event, which never changes, so that lists by type have an index. */
    eventType: text('event_type').notNull().default(''),
    createdAtMs: bigint('created_at_ms').notNull(),
    status: text('status').$type<Progress['status']>().notNull(),
    attempts: bigint('attempts').notNull(),
    /** Set while the delivery is pending. */
    nextAttemptAtMs: bigint('next_attempt_at_ms'),
    /** The process that attempts the delivery, and when another one may take over. */
    claimedBy: text('claimed_by'),
    claimedUntilMs: bigint('claimed_until_ms'),
  },
  (table) => [
    uniqueIndex('deliveries_by_event').on(table.eventId, table.endpointId),
    index('deliveries_by_endpoint').on(table.endpointId, table.position),
    index('deliveries_due')
      .on(table.endpointId, table.nextAttemptAtMs, table.position)
      .where(sql`status = 'pending'`),
    // For lists across endpoints.
    index('deliveries_by_age').on(...order(table)),
    index('deliveries_by_type').on(table.eventType, ...order(table)),
    index('deliveries_by_endpoint_and_age').on(table.endpointId, ...order(table)),
    index('deliveries_unsettled')
      .on(table.status, ...order(table))
      .where(sql`status <> 'delivered'`),
    // To count what is under way without reading the rows.
    index('deliveries_claimed')
      .on(table.claimedBy, table.endpointId, table.claimedUntilMs)
      .where(sql`claimed_by IS NOT NULL`),
  ],
)

/**
 * Deliveries that are still to be created, because there were too many for the transaction of their
 * events: one for each event from the first to the last position and each of these endpoints.
 */
export const fanOuts = pgTable('fan_outs', {
  position: position(),
  firstEvent: bigint('first_event').notNull(),
  lastEvent: bigint('last_event').notNull(),
  endpointIds: text('endpoint_ids').notNull(),
})

/** The attempts of each delivery and their results. */
export const attempts = pgTable(
  'attempts',
  {
    position: position(),
    deliveryId: text('delivery_id')
      .notNull()
      .references(() => deliveries.id, { onDelete: 'cascade' }),
    atMs: bigint('at_ms').notNull(),
    durationMs: bigint('duration_ms').notNull(),
    status: bigint('status'),
    error: text('error'),
    responseBody: text('response_body').notNull(),
  },
  (table) => [index('attempts_by_delivery').on(table.deliveryId, table.position)],
)

/** Mails to the customers of licenses. */
export const mails = pgTable(
  'mails',
  {
    position: position(),
    id: text('id').notNull().unique(),
    licenseId: licenseId(),
    kind: text('kind').$type<MailKind>().notNull(),
    /** The address as of the last attempt; null once the customer was erased. */
    recipient: text('recipient'),
    messageId: text('message_id').notNull(),
    /** The license file to attach. It may be deleted before the mail is. */
    fileId: text('file_id'),
    createdAtMs: bigint('created_at_ms').notNull(),
    state: text('state').$type<MailState>().notNull(),
    attempts: bigint('attempts').notNull(),
    /** Set while the mail is pending. */
    nextAttemptAtMs: bigint('next_attempt_at_ms'),
    sentAtMs: bigint('sent_at_ms'),
    reason: text('reason'),
    /** The process that sends the mail, and when another one may take over. */
    claimedBy: text('claimed_by'),
    claimedUntilMs: bigint('claimed_until_ms'),
  },
  (table) => [
    index('mails_by_license').on(table.licenseId, table.position),
    index('mails_by_state').on(table.state, table.position),
    index('mails_by_recipient')
      .on(table.recipient, table.position)
      .where(sql`recipient IS NOT NULL`),
    index('mails_by_age').on(table.createdAtMs),
    index('mails_due').on(table.nextAttemptAtMs, table.position).where(sql`state = 'pending'`),
    index('mails_claimed').on(table.claimedBy).where(sql`claimed_by IS NOT NULL`),
  ],
)

/** The key pairs that sign tokens. The seeds, which are the private keys, are encrypted. */
export const signingKeys = pgTable(
  'signing_keys',
  {
    position: position(),
    kid: text('kid').notNull().unique(),
    publicKey: text('public_key').notNull(),
    seedSealed: text('seed_sealed'),
    state: text('state').$type<SigningKeyState>().notNull(),
    createdAtMs: bigint('created_at_ms').notNull(),
    activatedAtMs: bigint('activated_at_ms'),
    retiredAtMs: bigint('retired_at_ms'),
    revokedAtMs: bigint('revoked_at_ms'),
    revokedSinceMs: bigint('revoked_since_ms'),
  },
  (table) => [
    // At most one key is active, and one is next.
    uniqueIndex('signing_keys_in_use').on(table.state).where(sql`state IN ('active', 'next')`),
  ],
)

/** The revocation feed. A newer entry for the same license or activation replaces the older one. */
export const revocations = pgTable(
  'revocations',
  {
    number: bigint('number').primaryKey(),
    id: text('id').notNull().unique(),
    beforeMs: bigint('before_ms').notNull(),
    /** When the last token that it is about has expired. */
    keptUntilMs: bigint('kept_until_ms').notNull(),
  },
  (table) => [index('revocations_by_end').on(table.keptUntilMs)],
)

/** License files that were issued, without their text. */
export const licenseFiles = pgTable(
  'license_files',
  {
    position: position(),
    /** The `jti` of its token. */
    id: text('id').notNull().unique(),
    licenseId: licenseId(),
    activationIds: json('activation_ids').$type<readonly string[]>().notNull(),
    isFingerprintBound: boolean('is_fingerprint_bound').notNull(),
    domains: json('domains').$type<readonly string[]>(),
    issuedAtMs: bigint('issued_at_ms').notNull(),
    expiresAtMs: bigint('expires_at_ms').notNull(),
    returnHash: text('return_hash'),
    returnedAtMs: bigint('returned_at_ms'),
  },
  (table) => [
    index('license_files_by_license').on(table.licenseId, table.position),
    index('license_files_by_license_and_end').on(table.licenseId, table.expiresAtMs),
    index('license_files_by_end').on(table.expiresAtMs),
    index('license_files_by_return')
      .on(table.licenseId, table.returnHash)
      .where(sql`return_hash IS NOT NULL`),
  ],
)

/** Encrypted responses to idempotent requests, until they expire. */
export const storedResponses = pgTable(
  'stored_responses',
  {
    keyHash: text('key_hash').primaryKey(),
    xid: ownXid(),
    bodyHash: text('body_hash').notNull(),
    sealedResponse: text('sealed_response').notNull(),
    expiresAtMs: bigint('expires_at_ms').notNull(),
  },
  (table) => [
    index('stored_responses_by_expiry').on(table.expiresAtMs),
    index('stored_responses_by_order').on(table.xid, table.keyHash),
  ],
)

/**
 * Every change with its actor, written in the same transaction. Rows are never changed, except that
 * the values that name a customer can be erased. Each hash covers the one before it.
 */
export const audit = pgTable(
  'audit',
  {
    position: position(),
    atMs: bigint('at_ms').notNull(),
    actor: text('actor').notNull(),
    address: text('address'),
    requestId: text('request_id').notNull(),
    action: text('action').notNull(),
    subjectId: text('subject_id').notNull(),
    before: text('before'),
    after: text('after'),
    /** The values that name a customer, their salt, and SHA-256 over both, which remains. */
    personal: text('personal'),
    personalSalt: text('personal_salt'),
    personalDigest: text('personal_digest'),
    /** Null if the row is older than the chain. */
    hash: text('hash'),
  },
  (table) => [index('audit_by_subject').on(table.subjectId, table.position)],
)
