import { and, eq, gt, inArray, lte, sql } from 'drizzle-orm'
import type { FrozenEvent } from '~/domain/customers.ts'
import { decideErasure, formatEmailMember, redactEventData } from '~/domain/customers.ts'
import type { Customers } from '../port.ts'
import { recordAction, runCommand } from './commands.ts'
import { applyDecision } from './decisions.ts'
import type { Engine } from './engine.ts'
import { readEvent } from './events.ts'
import { readSnapshot, selectIds } from './licenses.ts'
import { activations, attempts, deliveries, events, seats, storedResponses } from './schema.ts'

/** Rows per step of a scan. Other requests run between the steps. */
const STEP_ROWS = 500
const LICENSES_MAX = 1_000_000

export function createCustomers(engine: Engine): Customers {
  return {
    erase: async ({ customerEmail, mentionsCustomer, validations }, context) => {
      const eventScan = await scan(createEventStep(engine, customerEmail))
      const responseScan = await scan(createResponseStep(engine, mentionsCustomer))
      const erasure = await runCommand(engine, context, () => {
        const licenseIds = selectIds(engine, { customerEmail }, LICENSES_MAX)
        const licenses = licenseIds.flatMap((id) => readSnapshot(engine, id)?.license ?? [])
        const events = finish(eventScan)
        const keyHashes = finish(responseScan)
        const counts = { events: events.length, storedResponses: keyHashes.length, validations }
        if (licenseIds.length + events.length + keyHashes.length > 0) {
          applyDecision(engine, context, decideErasure(licenses, context.nowMs))
          redactEvents(engine, customerEmail, events)
          redactNames(engine, licenseIds)
          deleteResponses(engine, keyHashes)
          // The audit must not name the customer.
          recordAction(engine, context, 'customer.erase', 'customer')
        }
        return { licenseIds, ...counts }
      })
      // The write-ahead log contains the erased data until a checkpoint.
      engine.db.run(sql`PRAGMA wal_checkpoint(TRUNCATE)`)
      return erasure
    },
    listEvents: async (customerEmail) => {
      const { found } = await scan(createEventStep(engine, customerEmail))
      return found.flatMap(({ id }) => readEvent(engine, id) ?? [])
    },
  }
}

function redactEvents({ db }: Engine, customerEmail: string, named: readonly FrozenEvent[]): void {
  for (const { id, data } of named) {
    const redacted = redactEventData(data, customerEmail)
    db.update(events).set({ data: redacted }).where(eq(events.id, id)).run()
    // A response may repeat what was posted.
    const sent = db.select({ id: deliveries.id }).from(deliveries).where(eq(deliveries.eventId, id))
    db.update(attempts).set({ responseBody: '' }).where(inArray(attempts.deliveryId, sent)).run()
  }
}

function redactNames({ db }: Engine, licenseIds: readonly string[]): void {
  for (const licenseId of licenseIds) {
    db.update(activations).set({ name: null }).where(eq(activations.licenseId, licenseId)).run()
    db.update(seats).set({ name: null }).where(eq(seats.licenseId, licenseId)).run()
  }
}

function deleteResponses({ db }: Engine, keyHashes: readonly string[]): void {
  for (const keyHash of keyHashes) {
    db.delete(storedResponses).where(eq(storedResponses.keyHash, keyHash)).run()
  }
}

/** Searches the rows after a position. `last` is the last position searched; null at the end. */
type Step<Found> = (after: number) => {
  readonly found: readonly Found[]
  readonly last: number | null
}

interface Scan<Found> {
  readonly step: Step<Found>
  readonly found: readonly Found[]
  readonly last: number
}

function* takeSteps<Found>(step: Step<Found>, after: number) {
  for (let last: number | null = after; last !== null; ) {
    const next: ReturnType<Step<Found>> = step(last)
    yield next
    last = next.last
  }
}

/** Searches all rows, in steps between which other requests run. */
async function scan<Found>(step: Step<Found>): Promise<Scan<Found>> {
  const found: Found[] = []
  let last = 0
  for (const next of takeSteps(step, last)) {
    found.push(...next.found)
    last = next.last ?? last
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { step, found, last }
}

/** Adds the few rows that were inserted since the scan, inside a transaction. */
function finish<Found>({ step, found, last }: Scan<Found>): readonly Found[] {
  const since = [...takeSteps(step, last)]
  return [...found, ...since.flatMap((next) => next.found)]
}

function createEventStep({ db }: Engine, customerEmail: string): Step<FrozenEvent> {
  const { id, data, position } = events
  const isNamed = sql`instr(${data}, ${formatEmailMember(customerEmail)}) > 0`
  return (after) => {
    const isNext = gt(position, after)
    const next = db.select({ position }).from(events).where(isNext).orderBy(position)
    const last = next.limit(STEP_ROWS).all().at(-1)?.position ?? null
    if (last === null) return { found: [], last }
    const isInStep = and(isNext, lte(position, last), isNamed)
    return { found: db.select({ id, data }).from(events).where(isInStep).all(), last }
  }
}

function createResponseStep({ db }: Engine, mentionsCustomer: (sealedResponse: string) => boolean) {
  const position = sql<number>`rowid`
  const { keyHash, sealedResponse } = storedResponses
  return (after: number) => {
    const rows = db
      .select({ position, keyHash, sealedResponse })
      .from(storedResponses)
      .where(gt(position, after))
      .orderBy(position)
      .limit(STEP_ROWS)
      .all()
    const named = rows.filter((row) => mentionsCustomer(row.sealedResponse))
    return { found: named.map((row) => row.keyHash), last: rows.at(-1)?.position ?? null }
  }
}
