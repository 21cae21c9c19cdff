import { and, desc, eq, lt, type SQL, sql } from 'drizzle-orm'
import {
  type CheckoutEvent,
  type CheckoutEventFilter,
  type MailMode,
  type OpenCheckoutState,
  openCheckoutStates,
} from '~/domain/checkout-events.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import { STEPS_PER_TURN } from '~/turns.ts'
import type {
  CheckoutClaim,
  CheckoutEventRecord,
  CheckoutEvents,
  ClaimedCheckoutEvent,
} from '../checkout-port.ts'
import { bodyDeleted, toReplay } from '../shared/checkout-events.ts'
import { cutPage, parsePosition } from '../shared/pages.ts'
import {
  type CheckoutEventRow,
  insertEvent,
  readCheckoutEvent,
  readClaimed,
  readRecord,
  toCheckoutEvent,
  updateEvent,
} from './checkout-event-rows.ts'
import { isInScope, type Key, leading } from './checkout-facts.ts'
import { checkoutEvents, checkoutUnits } from './checkout-schema.ts'
import { createDryRun, createSettle } from './checkout-settlement.ts'
import { releaseClaimsIn } from './claims.ts'
import { type Origin, recordAction, runCommand } from './commands.ts'
import type { Db } from './connection.ts'
import type { Engine, Reading } from './engine.ts'
import { equals } from './parameters.ts'
import { prepareInsert, prepareSelect, prepareUpdate } from './rows.ts'

/** Events that are claimed in one turn: their bodies are long. */
const CLAIM_STEP = 5
/** Bounds the time of counting. */
const COUNTED_MAX = 10_000

const insertedColumns = [
  'id',
  'provider',
  'endpointLabel',
  'key',
  'type',
  'receivedAtMs',
  'state',
  'effects',
  'rules',
  'mailMode',
  'attempts',
  'nextAttemptAtMs',
] as const

export function prepareCheckoutEvents(db: Db) {
  const isDue = sql`next_attempt_at_ms <= ${sql.placeholder('nowMs')}
    AND (claimed_by IS NULL OR claimed_until_ms <= ${sql.placeholder('nowMs')})`
  const due = sql`
    SELECT position FROM checkout_events WHERE ${isDue}
    ORDER BY next_attempt_at_ms, position LIMIT ${sql.placeholder('max')}`
  return {
    insert: prepareInsert(db, checkoutEvents, insertedColumns),
    ...prepareWakes(db),
    update: prepareUpdate(db, checkoutEvents),
    byId: prepareSelect(db, checkoutEvents, undefined, 'id = ?'),
    byKey: db
      .select({ id: checkoutEvents.id })
      .from(checkoutEvents)
      .where(
        and(
          equals(checkoutEvents.provider, 'provider'),
          equals(checkoutEvents.endpointLabel, 'endpointLabel'),
          equals(checkoutEvents.key, 'key'),
        ),
      )
      .prepare(),
    anyDue: db
      .select({ position: checkoutEvents.position })
      .from(checkoutEvents)
      .where(isDue)
      .limit(1)
      .prepare(),
    claim: db
      .update(checkoutEvents)
      .set({
        claimedBy: sql`${sql.placeholder('instanceId')}`,
        claimedUntilMs: sql`${sql.placeholder('claimedUntilMs')}`,
      })
      .where(sql`position IN (${due})`)
      .returning()
      .prepare(),
  }
}

/** Prepares the statements that make events due which could not be completed. */
function prepareWakes({ $client }: Db) {
  const isWaiting = `${isInScope} AND state IN ('unmatched', 'waiting_for_customer', 'waiting_for_purchase')`
  return {
    wakeUnmatched: $client.query<unknown, { readonly nowMs: number }>(
      "UPDATE checkout_events SET next_attempt_at_ms = $nowMs WHERE state = 'unmatched'",
    ),
    /** Those about a purchase, except one. */
    wakePurchase: $client.query<unknown, Key & { readonly nowMs: number; readonly id: string }>(
      `UPDATE checkout_events INDEXED BY checkout_events_by_purchase SET next_attempt_at_ms = $nowMs
       WHERE ${isWaiting} AND purchase_ref IN (${leading} SELECT ref FROM leading) AND id <> $id`,
    ),
    /** Those that wait for something. Returns the references of their purchases. */
    wakeWaiting: $client.query<{ purchaseRef: string | null }, Key & { readonly nowMs: number }>(
      `UPDATE checkout_events INDEXED BY checkout_events_waiting SET next_attempt_at_ms = $nowMs
       WHERE ${isWaiting} AND waiting_for = $ref RETURNING purchase_ref AS purchaseRef`,
    ),
  }
}

export function createCheckoutEvents(engine: Engine): CheckoutEvents {
  const { committed } = engine
  return {
    accept: (event, context) =>
      runCommand(engine, context, () => {
        const endpointLabel = event.endpointLabel ?? ''
        const known = engine.statements.checkoutEvents.byKey.get({ ...event, endpointLabel })
        if (known !== undefined) return { id: known.id, isNew: false }
        insertEvent(engine, context, event)
        return { id: event.id, isNew: true }
      }),
    list: async (filter, page) => readEvents(committed, filter, page),
    find: async (id) => readCheckoutEvent(committed, id),
    measure: async () => measureOpen(committed),
    claim: (claim) => claimDue(engine, claim),
    settle: createSettle(engine),
    fail: (claimed, context, decide) =>
      runCommand(engine, context, () => {
        const row = readClaimed(engine, claimed)
        if (row === null) return null
        const failure = { ...decide(toCheckoutEvent(engine, row)), processedAtMs: context.nowMs }
        return updateEvent(engine, row, { ...failure, claimedBy: null, claimedUntilMs: null })
      }),
    replay: (id, mailMode, context) =>
      runCommand(engine, context, () => replay(engine, id, mailMode, context)),
    dryRun: createDryRun(engine),
    clearBodies: async (receivedBeforeMs, max) => clearBodies(engine, receivedBeforeMs, max),
    release: (instanceId) =>
      engine.transact(() => void releaseClaimsIn(engine, checkoutEvents, [instanceId])),
  }
}

/** Reads only an index. */
function measureOpen({ db }: Reading): Record<OpenCheckoutState, number> {
  const count = db.$client.query<{ count: number }, [OpenCheckoutState]>(`
    SELECT count(*) AS count
    FROM (SELECT 1 FROM checkout_events WHERE state = ? LIMIT ${COUNTED_MAX})`)
  const counts = openCheckoutStates.map((state) => [state, count.get(state)?.count ?? 0] as const)
  return Object.fromEntries(counts) as Record<OpenCheckoutState, number>
}

/** The event remains, so that a repetition of the event is still recognized. */
function clearBodies({ committed, db, transact }: Engine, beforeMs: number, max: number) {
  const old = sql`
    SELECT position FROM checkout_bodies WHERE received_at_ms <= ${beforeMs} LIMIT ${max}`
  if (committed.db.all(old).length === 0) return 0
  return transact(() => {
    const deleted = sql`DELETE FROM checkout_bodies WHERE position IN (${old}) RETURNING 1`
    return db.all(deleted).length
  })
}

function replay(
  engine: Engine,
  id: string,
  mailMode: MailMode,
  context: Origin,
): CheckoutEvent | null {
  const row = engine.statements.checkoutEvents.byId(id)
  if (row === null) return null
  if (!toCheckoutEvent(engine, row).hasBody) throw bodyDeleted()
  recordAction(engine, context, 'checkout_event.replay', id)
  return updateEvent(engine, row, toReplay(mailMode, context.nowMs))
}

async function claimDue(
  engine: Engine,
  claim: CheckoutClaim,
): Promise<readonly ClaimedCheckoutEvent[]> {
  const { instanceId, nowMs } = claim
  // Most rounds find nothing, and reading takes no lock.
  const isAnyDue = engine.committed.statements.checkoutEvents.anyDue.get({ nowMs }) !== undefined
  if (!isAnyDue) return []
  const rows = await engine.transactInSteps(function* () {
    const claimed: Claimed[] = []
    while (claimed.length < claim.max) {
      const max = Math.min(CLAIM_STEP, claim.max - claimed.length)
      const step = engine.statements.checkoutEvents.claim.all({ ...claim, max })
      claimed.push(...step.map((row) => ({ row, record: readRecord(engine, row) })))
      if (step.length < max) break
      yield STEPS_PER_TURN
    }
    return claimed
  })
  return rows
    .sort((one, other) => one.row.position - other.row.position)
    .map(({ record }) => ({ ...record, instanceId }))
}

interface Claimed {
  readonly row: CheckoutEventRow
  readonly record: CheckoutEventRecord
}

function readEvents(
  reading: Reading,
  { state, provider, type, licenseId }: CheckoutEventFilter,
  { limit, after }: PageRequest,
): Page<CheckoutEvent> {
  const conditions: (SQL | undefined)[] = [
    after === null ? undefined : lt(checkoutEvents.position, parsePosition(after)),
    state && eq(checkoutEvents.state, state),
    provider && eq(checkoutEvents.provider, provider),
    type === undefined ? undefined : eq(checkoutEvents.type, type),
    licenseId === undefined ? undefined : isOfLicense(licenseId),
  ]
  const rows = reading.db
    .select()
    .from(checkoutEvents)
    .where(and(...conditions))
    .orderBy(desc(checkoutEvents.position))
    .limit(limit + 1)
    .all()
  return cutPage(
    rows,
    limit,
    (row) => String(row.position),
    (row) => toCheckoutEvent(reading, row),
  )
}

/** Whether an event is about the purchase of a license, or about something that leads to it. */
function isOfLicense(licenseId: string): SQL {
  return sql`${checkoutEvents.position} IN (
    WITH RECURSIVE leading(provider, mode, ref) AS (
      SELECT provider, mode, purchase_ref FROM ${checkoutUnits} WHERE license_id = ${licenseId}
      UNION
      SELECT link.provider, link.mode, link.from_ref FROM leading
      CROSS JOIN checkout_links AS link INDEXED BY checkout_links_back
        ON (link.provider, link.mode, link.to_ref) = (leading.provider, leading.mode, leading.ref))
    SELECT about.position
    FROM leading CROSS JOIN checkout_events AS about INDEXED BY checkout_events_by_purchase
      ON (about.provider, about.mode, about.purchase_ref)
        = (leading.provider, leading.mode, leading.ref))`
}
