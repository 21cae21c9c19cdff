import { sql } from 'drizzle-orm'
import {
  index,
  integer,
  primaryKey,
  type SQLiteColumn,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core'
import type { Progress } from '~/domain/deliveries.ts'
import type { Endpoint, EndpointState } from '~/domain/endpoints.ts'
import type { License, LimitNotices, Overrides, SuspensionCause } from '~/domain/licenses.ts'
import type { MailKind, MailState } from '~/domain/mails.ts'
import type { PlanTerms } from '~/domain/plans.ts'
import type { SigningKeyState } from '~/domain/signing-keys.ts'

/** Tables may change; the API in `wire/` may not. Times are ms, hashes base64url, ids TypeIDs. */

/** Facts about the database itself, such as the check value of the master secret. */
export const meta = sqliteTable('meta', {
  name: text('name').primaryKey(),
  value: text('value').notNull(),
})

export const products = sqliteTable('products', {
  position: integer('position').primaryKey({ autoIncrement: true }),
  slug: text('slug').notNull().unique(),
  name: text('name').notNull(),
  keyPrefix: text('key_prefix').notNull().unique(),
  /** Until when leases may work that were signed under former terms of its plans. */
  formerLeasesUntilMs: integer('former_leases_until_ms').notNull().default(0),
})

/** Terms are always read together and never searched, so they are one JSON column. */
export const plans = sqliteTable('plans', {
  position: integer('position').primaryKey({ autoIncrement: true }),
  slug: text('slug').notNull().unique(),
  productSlug: text('product_slug')
    .notNull()
    .references(() => products.slug),
  terms: text('terms', { mode: 'json' }).$type<PlanTerms>().notNull(),
  archivedAtMs: integer('archived_at_ms'),
})

export const apiKeys = sqliteTable('api_keys', {
  position: integer('position').primaryKey({ autoIncrement: true }),
  id: text('id').notNull().unique(),
  name: text('name').notNull(),
  tokenHash: text('token_hash').notNull().unique(),
  scopes: text('scopes', { mode: 'json' }).$type<readonly string[]>().notNull(),
  isReserved: integer('is_reserved', { mode: 'boolean' }).notNull(),
  createdAtMs: integer('created_at_ms').notNull(),
  expiresAtMs: integer('expires_at_ms'),
  lastUsedAtMs: integer('last_used_at_ms'),
})

/** Columns that partial indexes also contain: SQLite would read the rows to test their conditions. */
const locks = (table: Record<'suspendedAtMs' | 'revokedAtMs', SQLiteColumn>) =>
  [table.suspendedAtMs, table.revokedAtMs] as const

/** The columns by which lists are filtered most often, in the order of lists. */
const facts = (
  table: Record<'id' | 'endsAtMs' | 'expiresAtMs' | 'suspendedAtMs' | 'revokedAtMs', SQLiteColumn>,
) => [table.id, table.endsAtMs, table.expiresAtMs, ...locks(table)] as const

export const licenses = sqliteTable(
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
    overrides: text('overrides', { mode: 'json' }).$type<Overrides>().notNull(),
    customerEmail: text('customer_email'),
    customerName: text('customer_name'),
    /** The address in the form in which it is searched; null if that is the address itself. */
    customerEmailFolded: text('customer_email_folded'),
    /** The name in the form in which it is searched. */
    customerNameFolded: text('customer_name_folded'),
    metadata: text('metadata', { mode: 'json' }).$type<License['metadata']>().notNull(),
    externalRef: text('external_ref'),
    createdAtMs: integer('created_at_ms').notNull(),
    updatedAtMs: integer('updated_at_ms').notNull(),
    pendingDays: integer('pending_days'),
    termStartedAtMs: integer('term_started_at_ms').notNull().default(0),
    expiresAtMs: integer('expires_at_ms'),
    endsAtMs: integer('ends_at_ms'),
    activatedAtMs: integer('activated_at_ms'),
    suspendedAtMs: integer('suspended_at_ms'),
    suspensionReason: text('suspension_reason'),
    suspensionCause: text('suspension_cause').$type<SuspensionCause>(),
    revokedAtMs: integer('revoked_at_ms'),
    lastValidatedAtMs: integer('last_validated_at_ms'),
    validationCount: integer('validation_count').notNull(),
    domainsUsed: integer('domains_used').notNull(),
    freeDomainsUsed: integer('free_domains_used').notNull(),
    devicesUsed: integer('devices_used').notNull(),
    expiringNotifiedAtMs: integer('expiring_notified_at_ms'),
    expiredNotifiedAtMs: integer('expired_notified_at_ms'),
    limitNotices: text('limit_notices', { mode: 'json' }).$type<LimitNotices>().notNull(),
    version: integer('version').notNull(),
    eventSequence: integer('event_sequence').notNull(),
  },
  (table) => [
    // For lists, newest first: with the columns of `facts`, they are read from the index alone.
    index('licenses_by_plan').on(table.planSlug, ...facts(table)),
    index('licenses_by_product').on(table.productSlug, ...facts(table)),
    index('licenses_by_age_and_end').on(...facts(table)),
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
    // For expire-licenses: only expirations whose notification is still due.
    index('licenses_to_expire')
      .on(table.endsAtMs, table.id, table.expiredNotifiedAtMs, ...locks(table))
      .where(
        sql`expired_notified_at_ms IS NULL AND suspended_at_ms IS NULL AND revoked_at_ms IS NULL`,
      ),
    index('licenses_to_warn')
      .on(table.expiresAtMs, table.id, table.endsAtMs, table.expiringNotifiedAtMs, ...locks(table))
      .where(
        sql`expiring_notified_at_ms IS NULL AND suspended_at_ms IS NULL AND revoked_at_ms IS NULL`,
      ),
    // All others that expire, for lists by expiration. A new license is in the one above.
    index('licenses_not_to_warn')
      .on(table.expiresAtMs, table.id, table.endsAtMs, table.expiringNotifiedAtMs, ...locks(table))
      .where(
        sql`(expiring_notified_at_ms IS NOT NULL OR suspended_at_ms IS NOT NULL OR revoked_at_ms IS NOT NULL)`,
      ),
    index('licenses_by_plan_and_expiry')
      .on(table.planSlug, table.expiresAtMs, table.id, table.endsAtMs, ...locks(table))
      .where(sql`expires_at_ms IS NOT NULL`),
    // For correct-times: the notices that a wrong clock has dated in the future.
    index('licenses_expired')
      .on(table.expiredNotifiedAtMs)
      .where(sql`expired_notified_at_ms IS NOT NULL`),
    index('licenses_warned')
      .on(table.expiringNotifiedAtMs)
      .where(sql`expiring_notified_at_ms IS NOT NULL`),
    // For lists by status. A new license is in none of them.
    index('licenses_revoked')
      .on(...facts(table), table.planSlug, table.productSlug)
      .where(sql`revoked_at_ms IS NOT NULL`),
    index('licenses_suspended')
      .on(...facts(table), table.planSlug, table.productSlug)
      .where(sql`suspended_at_ms IS NOT NULL AND revoked_at_ms IS NULL`),
    index('licenses_ended')
      .on(...facts(table), table.planSlug, table.productSlug, table.expiredNotifiedAtMs)
      .where(
        sql`expired_notified_at_ms IS NOT NULL AND suspended_at_ms IS NULL AND revoked_at_ms IS NULL`,
      ),
  ],
)

const licenseId = () =>
  text('license_id')
    .notNull()
    .references(() => licenses.id)

/** The words of `domain/search-words.ts` by which licenses are found. */
export const searchWords = sqliteTable(
  'search_words',
  { word: text('word').notNull(), licenseId: licenseId() },
  (table) => [primaryKey({ columns: [table.word, table.licenseId] })],
)

/** Rotated keys that still work until their overlap ends. */
export const formerKeys = sqliteTable(
  'former_keys',
  {
    keyHash: text('key_hash').primaryKey(),
    licenseId: licenseId(),
    /** 0 if this column did not exist yet. */
    rotatedAtMs: integer('rotated_at_ms').notNull().default(0),
    validUntilMs: integer('valid_until_ms').notNull(),
  },
  (table) => [
    index('former_keys_by_license').on(table.licenseId),
    index('former_keys_by_end').on(table.validUntilMs),
  ],
)

export const activations = sqliteTable(
  'activations',
  {
    id: text('id').primaryKey(),
    licenseId: licenseId(),
    kind: text('kind', { enum: ['domain', 'device'] }).notNull(),
    value: text('value').notNull(),
    name: text('name'),
    root: text('root'),
    isFree: integer('is_free', { mode: 'boolean' }).notNull(),
    country: text('country'),
    createdAtMs: integer('created_at_ms').notNull(),
    lastSeenAtMs: integer('last_seen_at_ms').notNull(),
    filesUntilMs: integer('files_until_ms').notNull().default(0),
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
      sql`max(last_seen_at_ms, files_until_ms)`,
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
export const seats = sqliteTable(
  'seats',
  {
    id: text('id').primaryKey(),
    licenseId: licenseId(),
    fingerprint: text('fingerprint').notNull(),
    name: text('name'),
    acquiredAtMs: integer('acquired_at_ms').notNull(),
    expiresAtMs: integer('expires_at_ms').notNull(),
    borrowedDays: integer('borrowed_days'),
  },
  (table) => [
    uniqueIndex('seats_by_fingerprint').on(table.licenseId, table.fingerprint),
    index('seats_by_license_and_expiry').on(table.licenseId, table.expiresAtMs),
    index('seats_by_expiry').on(table.expiresAtMs),
  ],
)

/** Deactivations by customers, for plans that limit them. */
export const deactivations = sqliteTable(
  'deactivations',
  {
    position: integer('position').primaryKey({ autoIncrement: true }),
    licenseId: licenseId(),
    atMs: integer('at_ms').notNull(),
  },
  (table) => [
    index('deactivations_by_license').on(table.licenseId, table.atMs),
    index('deactivations_by_time').on(table.atMs),
  ],
)

/** Positions are assigned at commit, so their order does not depend on the clock. */
export const events = sqliteTable(
  'events',
  {
    position: integer('position').primaryKey({ autoIncrement: true }),
    id: text('id').notNull().unique(),
    type: text('type').notNull(),
    timestampMs: integer('timestamp_ms').notNull(),
    licenseId: text('license_id'),
    sequence: integer('sequence'),
    data: text('data').notNull(),
  },
  (table) => [
    index('events_by_license').on(table.licenseId, table.position),
    index('events_by_type').on(table.type, table.position),
  ],
)

/** Webhook endpoints. */
export const endpoints = sqliteTable('endpoints', {
  position: integer('position').primaryKey({ autoIncrement: true }),
  id: text('id').notNull().unique(),
  url: text('url').notNull(),
  events: text('events', { mode: 'json' }).$type<readonly string[]>().notNull(),
  description: text('description'),
  /** A deleted endpoint stays until the clean-up has deleted its deliveries, a few at a time. */
  state: text('state').$type<EndpointState | 'deleted'>().notNull(),
  secretSealed: text('secret_sealed').notNull(),
  formerSecret: text('former_secret', { mode: 'json' }).$type<Endpoint['formerSecret']>(),
  failingSinceMs: integer('failing_since_ms'),
  createdAtMs: integer('created_at_ms').notNull(),
})

/** The order of lists of deliveries. */
const order = (table: Record<'createdAtMs' | 'position', SQLiteColumn>) =>
  [table.createdAtMs, table.position] as const

/** The outbox: one row per event and endpoint. */
export const deliveries = sqliteTable(
  'deliveries',
  {
    position: integer('position').primaryKey({ autoIncrement: true }),
    id: text('id').notNull().unique(),
    eventId: text('event_id')
      .notNull()
      .references(() => events.id),
    endpointId: text('endpoint_id')
      .notNull()
      .references(() => endpoints.id, { onDelete: 'cascade' }),
    /** The type of the event, which never changes, so that lists by type have an index. */
    eventType: text('event_type').notNull().default(''),
    createdAtMs: integer('created_at_ms').notNull(),
    status: text('status').$type<Progress['status']>().notNull(),
    attempts: integer('attempts').notNull(),
    /** Set while the delivery is pending. */
    nextAttemptAtMs: integer('next_attempt_at_ms'),
    /** The process that attempts the delivery, and when another one may take over. */
    claimedBy: text('claimed_by'),
    claimedUntilMs: integer('claimed_until_ms'),
  },
  (table) => [
    uniqueIndex('deliveries_by_event').on(table.eventId, table.endpointId),
    index('deliveries_by_endpoint').on(table.endpointId, table.position),
    index('deliveries_due')
      .on(table.endpointId, table.nextAttemptAtMs, table.position)
      .where(sql`status = 'pending'`),
    // For lists across endpoints: each is read from one index alone.
    index('deliveries_by_age').on(...order(table), table.status, table.eventType, table.endpointId),
    index('deliveries_by_type').on(
      table.eventType,
      ...order(table),
      table.status,
      table.endpointId,
    ),
    index('deliveries_by_endpoint_and_age').on(
      table.endpointId,
      ...order(table),
      table.status,
      table.eventType,
    ),
    index('deliveries_unsettled')
      .on(table.status, ...order(table), table.eventType, table.endpointId)
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
export const fanOuts = sqliteTable('fan_outs', {
  position: integer('position').primaryKey({ autoIncrement: true }),
  firstEvent: integer('first_event').notNull(),
  lastEvent: integer('last_event').notNull(),
  endpointIds: text('endpoint_ids').notNull(),
})

/** The attempts of each delivery and their results. */
export const attempts = sqliteTable(
  'attempts',
  {
    position: integer('position').primaryKey({ autoIncrement: true }),
    deliveryId: text('delivery_id')
      .notNull()
      .references(() => deliveries.id, { onDelete: 'cascade' }),
    atMs: integer('at_ms').notNull(),
    durationMs: integer('duration_ms').notNull(),
    status: integer('status'),
    error: text('error'),
    responseBody: text('response_body').notNull(),
  },
  (table) => [index('attempts_by_delivery').on(table.deliveryId, table.position)],
)

/** Mails to the customers of licenses. */
export const mails = sqliteTable(
  'mails',
  {
    position: integer('position').primaryKey({ autoIncrement: true }),
    id: text('id').notNull().unique(),
    licenseId: licenseId(),
    kind: text('kind').$type<MailKind>().notNull(),
    /** The address as of the last attempt; null once the customer was erased. */
    recipient: text('recipient'),
    messageId: text('message_id').notNull(),
    /** The license file to attach. It may be deleted before the mail is. */
    fileId: text('file_id'),
    createdAtMs: integer('created_at_ms').notNull(),
    state: text('state').$type<MailState>().notNull(),
    attempts: integer('attempts').notNull(),
    /** Set while the mail is pending. */
    nextAttemptAtMs: integer('next_attempt_at_ms'),
    sentAtMs: integer('sent_at_ms'),
    reason: text('reason'),
    /** The process that sends the mail, and when another one may take over. */
    claimedBy: text('claimed_by'),
    claimedUntilMs: integer('claimed_until_ms'),
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
export const signingKeys = sqliteTable(
  'signing_keys',
  {
    position: integer('position').primaryKey({ autoIncrement: true }),
    kid: text('kid').notNull().unique(),
    publicKey: text('public_key').notNull(),
    seedSealed: text('seed_sealed'),
    state: text('state').$type<SigningKeyState>().notNull(),
    createdAtMs: integer('created_at_ms').notNull(),
    activatedAtMs: integer('activated_at_ms'),
    retiredAtMs: integer('retired_at_ms'),
    revokedAtMs: integer('revoked_at_ms'),
    revokedSinceMs: integer('revoked_since_ms'),
  },
  (table) => [
    // At most one key is active, and one is next.
    uniqueIndex('signing_keys_in_use').on(table.state).where(sql`state IN ('active', 'next')`),
  ],
)

/** The revocation feed. A newer entry for the same license or activation replaces the older one. */
export const revocations = sqliteTable(
  'revocations',
  {
    number: integer('number').primaryKey({ autoIncrement: true }),
    id: text('id').notNull().unique(),
    beforeMs: integer('before_ms').notNull(),
    /** When the last token that it is about has expired. */
    keptUntilMs: integer('kept_until_ms').notNull(),
  },
  (table) => [index('revocations_by_end').on(table.keptUntilMs)],
)

/** License files that were issued, without their text. */
export const licenseFiles = sqliteTable(
  'license_files',
  {
    position: integer('position').primaryKey({ autoIncrement: true }),
    /** The `jti` of its token. */
    id: text('id').notNull().unique(),
    licenseId: licenseId(),
    activationIds: text('activation_ids', { mode: 'json' }).$type<readonly string[]>().notNull(),
    isFingerprintBound: integer('is_fingerprint_bound', { mode: 'boolean' }).notNull(),
    domains: text('domains', { mode: 'json' }).$type<readonly string[]>(),
    issuedAtMs: integer('issued_at_ms').notNull(),
    expiresAtMs: integer('expires_at_ms').notNull(),
    returnHash: text('return_hash'),
    returnedAtMs: integer('returned_at_ms'),
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
export const storedResponses = sqliteTable(
  'stored_responses',
  {
    keyHash: text('key_hash').primaryKey(),
    bodyHash: text('body_hash').notNull(),
    sealedResponse: text('sealed_response').notNull(),
    expiresAtMs: integer('expires_at_ms').notNull(),
  },
  (table) => [index('stored_responses_by_expiry').on(table.expiresAtMs)],
)

/**
 * Every change with its actor, written in the same transaction. Rows are never changed, except that
 * the values that name a customer can be erased. Each hash covers the one before it.
 */
export const audit = sqliteTable(
  'audit',
  {
    position: integer('position').primaryKey({ autoIncrement: true }),
    atMs: integer('at_ms').notNull(),
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
