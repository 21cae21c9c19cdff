import { assert } from '~/assert.ts'
import type { CheckoutEvent } from '~/domain/checkout-events.ts'
import type {
  CheckoutEventRecord,
  ClaimedCheckoutEvent,
  NewCheckoutEvent,
} from '../checkout-port.ts'
import type { checkoutEvents } from './checkout-schema.ts'
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
  const row = statements.checkoutEvents.byId(id)
  assert(row !== null, `event ${id} exists`)
  return row
}

/** Returns the row of an event that this process still holds; null if it has lost it. */
export function readClaimed(
  { statements }: Engine,
  { id, instanceId }: Pick<ClaimedCheckoutEvent, 'id' | 'instanceId'>,
): CheckoutEventRow | null {
  const row = statements.checkoutEvents.byId(id)
  return row?.claimedBy === instanceId ? row : null
}

/** Updates an event, and returns it as it is then. */
export function updateEvent(
  { statements }: Engine,
  row: CheckoutEventRow,
  set: Partial<CheckoutEventRow>,
): CheckoutEvent {
  statements.checkoutEvents.update(row.id, set)
  return toCheckoutEvent({ ...row, ...set })
}

/** Makes the events due for which no rule was found. */
export function wakeUnmatched({ statements }: Engine, nowMs: number): void {
  statements.checkoutEvents.wakeUnmatched.run({ nowMs })
}

export function readCheckoutEvent({ statements }: Reading, id: string): CheckoutEventRecord | null {
  const row = statements.checkoutEvents.byId(id)
  return row === null ? null : toRecord(row)
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
