import { eq } from 'drizzle-orm'
import { assert } from '~/assert.ts'
import type { CheckoutEvent } from '~/domain/checkout-events.ts'
import type {
  CheckoutEventRecord,
  ClaimedCheckoutEvent,
  NewCheckoutEvent,
} from '../checkout-port.ts'
import { checkoutEvents } from './checkout-schema.ts'
import { type Origin, recordAction } from './commands.ts'
import type { Engine, Reading } from './engine.ts'

export function insertEvent(
  engine: Engine,
  origin: Origin,
  { endpointLabel, receivedAtMs, ...event }: NewCheckoutEvent,
): void {
  engine.statements.checkoutEvents.insert({
    ...event,
    endpointLabel: endpointLabel ?? '',
    receivedAtMs,
    state: 'received',
    effects: [],
    rules: [],
    mailMode: 'new',
    attempts: 0,
    nextAttemptAtMs: receivedAtMs,
  })
  recordAction(engine, origin, 'checkout_event.accept', event.id)
}

export function readRow({ statements }: Reading, id: string): CheckoutEventRow {
  const row = statements.checkoutEvents.byId.get({ id })
  assert(row !== undefined, `event ${id} exists`)
  return row
}

/** Returns the row of an event that this process still holds; null if it has lost it. */
export function readClaimed(
  { statements }: Engine,
  { id, instanceId }: Pick<ClaimedCheckoutEvent, 'id' | 'instanceId'>,
): CheckoutEventRow | null {
  const row = statements.checkoutEvents.byId.get({ id })
  return row !== undefined && row.claimedBy === instanceId ? row : null
}

export function updateEvent(
  engine: Engine,
  id: string,
  set: Partial<CheckoutEventRow>,
): CheckoutEvent {
  const [row] = engine.db
    .update(checkoutEvents)
    .set(set)
    .where(eq(checkoutEvents.id, id))
    .returning()
    .all()
  assert(row !== undefined, `event ${id} exists`)
  return toCheckoutEvent(row)
}

/** Makes the events due for which no rule was found. */
export function wakeUnmatched({ db }: Engine, nowMs: number): void {
  db.update(checkoutEvents)
    .set({ nextAttemptAtMs: nowMs })
    .where(eq(checkoutEvents.state, 'unmatched'))
    .run()
}

export function readCheckoutEvent({ statements }: Reading, id: string): CheckoutEventRecord | null {
  const row = statements.checkoutEvents.byId.get({ id })
  return row === undefined ? null : toRecord(row)
}

export type CheckoutEventRow = typeof checkoutEvents.$inferSelect

export const toRecord = (row: CheckoutEventRow): CheckoutEventRecord => ({
  ...toCheckoutEvent(row),
  bodySealed: row.bodySealed,
})

export function toCheckoutEvent(row: CheckoutEventRow): CheckoutEvent {
  const { position: _order, key: _key, claimedBy: _by, claimedUntilMs: _until, ...rest } = row
  const { mailMode: _mode, bodySealed, endpointLabel, ...event } = rest
  const hasBody = bodySealed !== null
  return { ...event, endpointLabel: endpointLabel === '' ? null : endpointLabel, hasBody }
}
