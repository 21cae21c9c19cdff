import type { CheckoutEvent } from '~/domain/checkout-events.ts'
import { formatArray } from '~/platform/postgres.ts'
import type {
  Accepted,
  CheckoutEventRecord,
  ClaimedCheckoutEvent,
  NewCheckoutEvent,
} from '../checkout-port.ts'
import { addBody, presentEvent, toNewEventRow } from '../shared/checkout-events.ts'
import { checkoutBodies, checkoutEvents } from './checkout-schema.ts'
import { type Origin, recordAction } from './commands.ts'
import type { Reading, Tx } from './engine.ts'
import { insertRows, selectRow, selectRows, updateRow } from './rows.ts'

export type CheckoutEventRow = typeof checkoutEvents.$inferSelect

/** Inserts an event, unless one with its key is known, which another node may be inserting. */
export async function acceptEvent(
  tx: Tx,
  origin: Origin,
  event: NewCheckoutEvent,
): Promise<Accepted> {
  const row = toNewEventRow(event)
  const names = 'provider, endpoint_label, key'
  await insertRows(tx, checkoutEvents, [row], `ON CONFLICT (${names}) DO NOTHING`)
  const known = await selectRow(
    tx,
    checkoutEvents,
    ['id', 'position'],
    `WHERE (${names}) = ($1, $2, $3)`,
    [row.provider, row.endpointLabel, row.key],
  )
  if (known === null || known.id !== event.id) return { id: known?.id ?? event.id, isNew: false }
  const { receivedAtMs, bodySealed: sealed } = event
  await insertRows(tx, checkoutBodies, [{ position: known.position, receivedAtMs, sealed }])
  recordAction(tx, origin, 'checkout_event.accept', event.id)
  return { id: event.id, isNew: true }
}

export function readRow(reading: Reading, id: string, lock = ''): Promise<CheckoutEventRow | null> {
  return selectRow(reading, checkoutEvents, undefined, `WHERE id = $1 ${lock}`, [id])
}

/** Keeps an event as it is for others until the transaction ends. */
export const lockRow = (tx: Tx, id: string) => readRow(tx, id, 'FOR NO KEY UPDATE')

/** Returns the row of an event that this process still holds; null if it has lost it. */
export async function lockClaimed(
  tx: Tx,
  { id, instanceId }: Pick<ClaimedCheckoutEvent, 'id' | 'instanceId'>,
): Promise<CheckoutEventRow | null> {
  const row = await lockRow(tx, id)
  return row?.claimedBy === instanceId ? row : null
}

/** Updates an event, and returns it as it is then. */
export async function updateEvent(
  tx: Tx,
  row: CheckoutEventRow,
  set: Partial<CheckoutEventRow>,
): Promise<CheckoutEvent> {
  await updateRow(tx, checkoutEvents, row.id, set)
  return toCheckoutEvent(tx, { ...row, ...set })
}

export async function toCheckoutEvent(
  reading: Reading,
  row: CheckoutEventRow,
): Promise<CheckoutEvent> {
  const [event] = await toCheckoutEvents(reading, [row])
  return event ?? presentEvent(row, false)
}

/** Reads which of these events still have their body. */
export async function toCheckoutEvents(
  reading: Reading,
  rows: readonly CheckoutEventRow[],
): Promise<readonly CheckoutEvent[]> {
  const bodies = await selectRows(reading, checkoutBodies, ['position'], AT_POSITIONS, [
    formatPositions(rows),
  ])
  const positions = new Set(bodies.map(({ position }) => position))
  return rows.map((row) => presentEvent(row, positions.has(row.position)))
}

/** Reads the bodies of events. */
export async function readRecords(
  reading: Reading,
  rows: readonly CheckoutEventRow[],
): Promise<readonly CheckoutEventRecord[]> {
  const bodies = await selectRows(reading, checkoutBodies, ['position', 'sealed'], AT_POSITIONS, [
    formatPositions(rows),
  ])
  const sealed = new Map(bodies.map((body) => [body.position, body.sealed]))
  return rows.map((row) => addBody(row, sealed.get(row.position) ?? null))
}

const AT_POSITIONS = 'WHERE position = ANY($1::text::bigint[])'

const formatPositions = (rows: readonly CheckoutEventRow[]) =>
  formatArray(rows.map(({ position }) => String(position)))

/** Makes the events due again that no rule or plan has matched. */
export async function wakeUnmatched({ client }: Tx, nowMs: number): Promise<void> {
  await client.unsafe(
    "UPDATE checkout_events SET next_attempt_at_ms = $1 WHERE state = 'unmatched'",
    [nowMs],
  )
}
