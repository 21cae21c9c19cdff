import {
  type CheckoutEvent,
  type CheckoutEventFilter,
  type MailMode,
  type OpenCheckoutState,
  openCheckoutStates,
} from '~/domain/checkout-events.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import { formatArray } from '~/platform/postgres.ts'
import type { CheckoutClaim, CheckoutEvents, ClaimedCheckoutEvent } from '../checkout-port.ts'
import { bodyDeleted, toReplay } from '../shared/checkout-events.ts'
import {
  acceptEvent,
  type CheckoutEventRow,
  lockClaimed,
  lockRow,
  readRecords,
  readRow,
  toCheckoutEvent,
  toCheckoutEvents,
  updateEvent,
} from './checkout-event-rows.ts'
import { checkoutEvents } from './checkout-schema.ts'
import { createDryRun, createSettle } from './checkout-settlement.ts'
import { releaseClaimsIn } from './claims.ts'
import { type Origin, recordAction, runCommand } from './commands.ts'
import type { Engine, Reading, Tx } from './engine.ts'
import { readNewest } from './pages.ts'
import { readColumns } from './rows.ts'

/** Bounds the time of counting. */
const COUNTED_MAX = 10_000

export function createCheckoutEvents(engine: Engine): CheckoutEvents {
  const { transact } = engine
  return {
    accept: (event, context) =>
      runCommand(engine, context, (tx) => acceptEvent(tx, context, event)),
    list: (filter, page) => readEvents(engine, filter, page),
    find: async (id) => {
      const row = await readRow(engine, id)
      const [record] = row === null ? [] : await readRecords(engine, [row])
      return record ?? null
    },
    measure: () => measureOpen(engine),
    claim: (claim) => claimDue(engine, claim),
    settle: createSettle(engine),
    fail: (claimed, context, decide) =>
      runCommand<CheckoutEvent, CheckoutEvent | null>(engine, context, async (tx) => {
        const row = await lockClaimed(tx, claimed)
        if (row === null) return null
        const failure = decide(await toCheckoutEvent(tx, row))
        const ended = { processedAtMs: context.nowMs, claimedBy: null, claimedUntilMs: null }
        return updateEvent(tx, row, { ...failure, ...ended })
      }),
    replay: (id, mailMode, context) =>
      runCommand<CheckoutEvent, CheckoutEvent | null>(engine, context, (tx) =>
        replay(tx, id, mailMode, context),
      ),
    dryRun: createDryRun(engine),
    clearBodies: (receivedBeforeMs, max) => clearBodies(engine, receivedBeforeMs, max),
    release: (instanceId) =>
      transact(async (tx) => void (await releaseClaimsIn(tx, 'checkout_events', [instanceId]))),
  }
}

/** Reads only an index. */
async function measureOpen({ client }: Reading): Promise<Record<OpenCheckoutState, number>> {
  const rows = await client.unsafe<{ state: OpenCheckoutState; count: number }[]>(
    `SELECT state, (SELECT count(*)::int FROM (
       SELECT FROM checkout_events WHERE checkout_events.state = open.state LIMIT ${COUNTED_MAX}
     ) AS counted) AS count
     FROM unnest($1::text::text[]) AS open (state)`,
    [formatArray(openCheckoutStates)],
  )
  const counts = rows.map(({ state, count }) => [state, count] as const)
  return Object.fromEntries(counts) as Record<OpenCheckoutState, number>
}

/** The event remains, so that a repetition of the event is still recognized. */
async function clearBodies({ client }: Engine, beforeMs: number, max: number): Promise<number> {
  const { count } = await client.unsafe(
    `DELETE FROM checkout_bodies WHERE position = ANY(ARRAY(
       SELECT position FROM checkout_bodies WHERE received_at_ms <= $1
       LIMIT $2 FOR UPDATE SKIP LOCKED))`,
    [beforeMs, max],
  )
  return count ?? 0
}

async function replay(
  tx: Tx,
  id: string,
  mailMode: MailMode,
  origin: Origin,
): Promise<CheckoutEvent | null> {
  const row = await lockRow(tx, id)
  if (row === null) return null
  const { hasBody } = await toCheckoutEvent(tx, row)
  if (!hasBody) throw bodyDeleted()
  recordAction(tx, origin, 'checkout_event.replay', id)
  return updateEvent(tx, row, toReplay(mailMode, origin.nowMs))
}

/** Other processes skip events that are being claimed. */
const CLAIM = `
  UPDATE checkout_events SET claimed_by = $1, claimed_until_ms = $2
  WHERE position = ANY(ARRAY(
    SELECT position FROM checkout_events
    WHERE next_attempt_at_ms <= $4 AND (claimed_by IS NULL OR claimed_until_ms <= $4)
    ORDER BY next_attempt_at_ms, position LIMIT $3 FOR UPDATE SKIP LOCKED))
  RETURNING *`

async function claimDue(
  engine: Engine,
  { instanceId, claimedUntilMs, max, nowMs }: CheckoutClaim,
): Promise<readonly ClaimedCheckoutEvent[]> {
  // A statement of its own is a transaction, which wakes no one.
  const claimed = await engine.client.unsafe<Readonly<Record<string, unknown>>[]>(CLAIM, [
    instanceId,
    claimedUntilMs,
    max,
    nowMs,
  ])
  const rows = claimed
    .map((row): CheckoutEventRow => readColumns(checkoutEvents, row))
    .sort((one, other) => one.position - other.position)
  const records = rows.length === 0 ? [] : await readRecords(engine, rows)
  return records.map((record) => ({ ...record, instanceId }))
}

async function readEvents(
  reading: Reading,
  { state, provider, type, licenseId }: CheckoutEventFilter,
  page: PageRequest,
): Promise<Page<CheckoutEvent>> {
  const values: string[] = []
  const conditions = ['true']
  const add = (build: (given: string) => string, value: string | undefined) => {
    if (value === undefined) return
    values.push(value)
    conditions.push(build(`$${values.length}`))
  }
  add((given) => `state = ${given}`, state)
  add((given) => `provider = ${given}`, provider)
  add((given) => `type = ${given}`, type)
  add(buildIsOfLicense, licenseId)
  const rows = await readNewest(
    reading,
    checkoutEvents,
    page,
    (row) => row,
    conditions.join(' AND '),
    values,
  )
  return { ...rows, data: await toCheckoutEvents(reading, rows.data) }
}

/** Whether an event is about the purchase of a license, or about something that leads to it. */
const buildIsOfLicense = (licenseId: string) => `position IN (
  WITH RECURSIVE linked(provider, mode, ref) AS (
    SELECT provider, mode, purchase_ref FROM checkout_units WHERE license_id = ${licenseId}
    UNION
    SELECT link.provider, link.mode, link.from_ref FROM linked JOIN checkout_links AS link
      ON (link.provider, link.mode, link.to_ref) = (linked.provider, linked.mode, linked.ref))
  SELECT about.position FROM linked JOIN checkout_events AS about
    ON (about.provider, about.mode, about.purchase_ref)
      = (linked.provider, linked.mode, linked.ref))`
