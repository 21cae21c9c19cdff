import { assert } from '~/assert.ts'
import type { CheckoutEvent } from '~/domain/checkout-events.ts'
import type {
  CheckoutEventRecord,
  ClaimedCheckoutEvent,
  NewCheckoutEvent,
} from '../checkout-port.ts'
import { addBody, presentEvent, toNewEventRow } from '../shared/checkout-events.ts'
import { checkoutBodies, type checkoutEvents } from './checkout-schema.ts'
import { type Origin, recordAction } from './commands.ts'
import type { Db } from './connection.ts'
import type { Engine, Reading } from './engine.ts'
import { prepareInsert, prepareSelect } from './rows.ts'

export const prepareCheckoutBodies = (db: Db) => ({
  insert: prepareInsert(db, checkoutBodies),
  /** By the position of the event. */
  find: prepareSelect(db, checkoutBodies, ['sealed'], 'position = ?'),
  findPosition: prepareSelect(db, checkoutBodies, ['position'], 'position = ?'),
})

export function insertEvent(engine: Engine, origin: Origin, event: NewCheckoutEvent): void {
  const { receivedAtMs, bodySealed: sealed } = event
  const position = engine.statements.checkoutEvents.insert(toNewEventRow(event))
  engine.statements.checkoutBodies.insert({ position, receivedAtMs, sealed })
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
  engine: Engine,
  row: CheckoutEventRow,
  set: Partial<CheckoutEventRow>,
): CheckoutEvent {
  engine.statements.checkoutEvents.update(row.id, set)
  return toCheckoutEvent(engine, { ...row, ...set })
}

/** Makes the events due for which no rule was found. */
export function wakeUnmatched({ statements }: Engine, nowMs: number): void {
  statements.checkoutEvents.wakeUnmatched.run({ nowMs })
}

export function readCheckoutEvent(reading: Reading, id: string): CheckoutEventRecord | null {
  const row = reading.statements.checkoutEvents.byId(id)
  return row === null ? null : readRecord(reading, row)
}

export type CheckoutEventRow = typeof checkoutEvents.$inferSelect

/** Reads the body of an event. */
export function readRecord({ statements }: Reading, row: CheckoutEventRow): CheckoutEventRecord {
  return addBody(row, statements.checkoutBodies.find(row.position)?.sealed ?? null)
}

export function toCheckoutEvent({ statements }: Reading, row: CheckoutEventRow): CheckoutEvent {
  return presentEvent(row, statements.checkoutBodies.findPosition(row.position) !== null)
}
