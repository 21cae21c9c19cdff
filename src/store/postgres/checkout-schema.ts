import { sql } from 'drizzle-orm'
import { boolean, index, pgTable, primaryKey, uniqueIndex } from 'drizzle-orm/pg-core'
import type { CheckoutState, Effect, MailMode } from '~/domain/checkout-events.ts'
import type { RuleTarget, RuleTerms, RuleUse } from '~/domain/checkout-rules.ts'
import type { AppliedTerms } from '~/domain/purchase-decisions.ts'
import type { Mode, Provider, StoredFact } from '~/domain/purchases.ts'
import { bigint, json, ownXid, position, text } from './columns.ts'
import { licenses } from './schema.ts'

const provider = () => text('provider').$type<Provider>().notNull()
const mode = () => text('mode').$type<Mode>().notNull()

/** Events of providers. An event is due while it has a next attempt. */
export const checkoutEvents = pgTable(
  'checkout_events',
  {
    position: position(),
    id: text('id').notNull().unique(),
    provider: provider(),
    /** Empty without a label. */
    endpointLabel: text('endpoint_label').notNull(),
    key: text('key').notNull(),
    receivedAtMs: bigint('received_at_ms').notNull(),
    type: text('type'),
    eventId: text('event_id'),
    mode: text('mode').$type<Mode>(),
    occurredAtMs: bigint('occurred_at_ms'),
    purchaseRef: text('purchase_ref'),
    state: text('state').$type<CheckoutState>().notNull(),
    reason: text('reason'),
    waitingFor: text('waiting_for'),
    effects: json('effects').$type<readonly Effect[]>().notNull(),
    rules: json('rules').$type<readonly RuleUse[]>().notNull(),
    mailMode: text('mail_mode').$type<MailMode>().notNull(),
    attempts: bigint('attempts').notNull(),
    nextAttemptAtMs: bigint('next_attempt_at_ms'),
    processedAtMs: bigint('processed_at_ms'),
    /** The process that processes the event, and when another one may take over. */
    claimedBy: text('claimed_by'),
    claimedUntilMs: bigint('claimed_until_ms'),
  },
  (table) => [
    uniqueIndex('checkout_events_by_key').on(table.provider, table.endpointLabel, table.key),
    index('checkout_events_by_state').on(table.state, table.position),
    index('checkout_events_by_provider').on(table.provider, table.position),
    index('checkout_events_by_type').on(table.type, table.position),
    index('checkout_events_by_purchase')
      .on(table.provider, table.mode, table.purchaseRef, table.position)
      .where(sql`purchase_ref IS NOT NULL`),
    index('checkout_events_due')
      .on(table.nextAttemptAtMs, table.position)
      .where(sql`next_attempt_at_ms IS NOT NULL`),
    index('checkout_events_waiting')
      .on(table.provider, table.mode, table.waitingFor)
      .where(sql`waiting_for IS NOT NULL`),
    index('checkout_events_claimed').on(table.claimedBy).where(sql`claimed_by IS NOT NULL`),
  ],
)

/**
 * Bodies of events, until they are deleted. An event changes several times, and would take its long
 * body along each time.
 */
export const checkoutBodies = pgTable(
  'checkout_bodies',
  {
    position: bigint('position')
      .primaryKey()
      .references(() => checkoutEvents.position),
    xid: ownXid(),
    receivedAtMs: bigint('received_at_ms').notNull(),
    sealed: text('sealed').notNull(),
  },
  (table) => [
    index('checkout_bodies_by_age').on(table.receivedAtMs),
    index('checkout_bodies_by_order').on(table.xid, table.position),
  ],
)

/** The facts of events about purchases, each of them once. */
export const checkoutFacts = pgTable(
  'checkout_facts',
  {
    position: position(),
    provider: provider(),
    mode: mode(),
    ref: text('ref').notNull(),
    /** A hash of the fact. */
    key: text('key').notNull(),
    fact: json('fact').$type<StoredFact>().notNull(),
    /** The address or the reference of the customer, if the fact names one. */
    customer: text('customer'),
  },
  (table) => [
    uniqueIndex('checkout_facts_by_ref').on(table.provider, table.mode, table.ref, table.key),
    index('checkout_facts_by_customer').on(table.customer).where(sql`customer IS NOT NULL`),
  ],
)

/** Which reference belongs to which, such as a payment to an invoice. */
export const checkoutLinks = pgTable(
  'checkout_links',
  {
    provider: provider(),
    mode: mode(),
    from: text('from_ref').notNull(),
    to: text('to_ref').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.provider, table.mode, table.from, table.to] }),
    index('checkout_links_back').on(table.provider, table.mode, table.to),
  ],
)

/** Customers that events mention only by a reference. */
export const checkoutCustomers = pgTable(
  'checkout_customers',
  {
    provider: provider(),
    mode: mode(),
    ref: text('ref').notNull(),
    atMs: bigint('at_ms').notNull(),
    email: text('email').notNull(),
    name: text('name'),
  },
  (table) => [
    primaryKey({ columns: [table.provider, table.mode, table.ref] }),
    index('checkout_customers_by_email').on(table.email),
  ],
)

/** Purchases about which a decision is due without an event, or whose customer was erased. */
export const checkoutPurchases = pgTable(
  'checkout_purchases',
  {
    provider: provider(),
    mode: mode(),
    ref: text('ref').notNull(),
    nextDecisionAtMs: bigint('next_decision_at_ms'),
    /** Facts about the customer from before this time are not stored again. */
    erasedAtMs: bigint('erased_at_ms'),
  },
  (table) => [
    primaryKey({ columns: [table.provider, table.mode, table.ref] }),
    index('checkout_purchases_due')
      .on(table.nextDecisionAtMs)
      .where(sql`next_decision_at_ms IS NOT NULL`),
  ],
)

/** The licenses that purchases have granted. */
export const checkoutUnits = pgTable(
  'checkout_units',
  {
    licenseId: text('license_id')
      .primaryKey()
      .references(() => licenses.id),
    provider: provider(),
    mode: mode(),
    purchaseRef: text('purchase_ref').notNull(),
    itemRef: text('item_ref').notNull(),
    number: bigint('number').notNull(),
    ruleId: text('rule_id'),
    applied: json('applied').$type<AppliedTerms>().notNull(),
    /** A released unit has lost its license to a lower quantity. */
    isReleased: boolean('is_released').notNull(),
  },
  (table) => [
    index('checkout_units_by_purchase').on(table.provider, table.mode, table.purchaseRef),
    index('checkout_units_by_rule').on(table.ruleId).where(sql`rule_id IS NOT NULL`),
    uniqueIndex('checkout_units_by_number')
      .on(table.provider, table.mode, table.purchaseRef, table.itemRef, table.number)
      .where(sql`NOT is_released`),
  ],
)

export const checkoutRules = pgTable(
  'checkout_rules',
  {
    position: position(),
    id: text('id').notNull().unique(),
    version: bigint('version').notNull(),
    /** Empty for every provider. */
    provider: text('provider').$type<Provider | ''>().notNull(),
    target: text('target').$type<RuleTarget>().notNull(),
    value: text('value').notNull(),
    planSlug: text('plan_slug').notNull(),
    terms: json('terms').$type<RuleTerms>().notNull(),
    createdAtMs: bigint('created_at_ms').notNull(),
    updatedAtMs: bigint('updated_at_ms').notNull(),
  },
  (table) => [uniqueIndex('checkout_rules_by_value').on(table.target, table.value, table.provider)],
)

/** Sessions of the thank-you page. */
export const checkoutSessions = pgTable(
  'checkout_sessions',
  {
    provider: provider(),
    sessionHash: text('session_hash').notNull(),
    mode: mode(),
    purchaseRef: text('purchase_ref').notNull(),
    createdAtMs: bigint('created_at_ms').notNull(),
    /** When there were licenses to show. */
    readyAtMs: bigint('ready_at_ms'),
    reads: bigint('reads').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.provider, table.sessionHash] }),
    index('checkout_sessions_by_age').on(table.createdAtMs),
    index('checkout_sessions_by_purchase').on(table.provider, table.mode, table.purchaseRef),
  ],
)
