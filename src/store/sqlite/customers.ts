import { and, eq, gt, inArray, lte, sql } from 'drizzle-orm'
import { decideErasure, type FrozenEvent, formatEmailMember } from '~/domain/customers.ts'
import type { Change } from '~/domain/decisions.ts'
import type { Db } from './connection.ts'
import type { Engine } from './engine.ts'
import type { FlatStore } from './flat.ts'
import { outcomeOf } from './outcomes.ts'
import { activations, attempts, deliveries, events, seats, storedResponses } from './schema.ts'

/** Rows looked at in one go, between which requests are answered. */
const STEP_ROWS = 500
const LICENSES_MAX = 1_000_000

type CustomerMethods = Pick<FlatStore, 'eraseCustomer' | 'listCustomerEvents'>

export function customerMethods(engine: Engine): CustomerMethods {
  const { db, command, licenses } = engine

  return {
    eraseCustomer: async ({ customerEmail, mentionsCustomer, validations }, context) => {
      const eventStep = createEventStep(db, customerEmail)
      const answerStep = createAnswerStep(db, mentionsCustomer)
      const findLicenseIds = () => licenses.readIds({ customerEmail }, LICENSES_MAX)
      const mentions = await scan(eventStep)
      const answers = await scan(answerStep)
      const erasure = await command(context, () => {
        const traces = {
          licenses: findLicenseIds().flatMap((id) => licenses.readSnapshot(id)?.license ?? []),
          events: finish(eventStep, mentions),
          storedResponses: finish(answerStep, answers),
        }
        return outcomeOf(decideErasure(traces, customerEmail, validations, context.nowMs))
      })
      // The log has what was erased still, until it is folded.
      db.run(sql`PRAGMA wal_checkpoint(TRUNCATE)`)
      return erasure ?? { licenseIds: [], events: 0, storedResponses: 0, validations }
    },
    listCustomerEvents: async (customerEmail) => {
      const { found } = await scan(createEventStep(db, customerEmail))
      return found.flatMap(({ id }) => engine.events.readEvent(id) ?? [])
    },
  }
}

/** Applies `customer.erase`. */
export function eraseTraces(db: Db, change: Extract<Change, { type: 'customer.erase' }>): void {
  for (const { id, data } of change.events) {
    db.update(events).set({ data }).where(eq(events.id, id)).run()
    // A receiver may have repeated in its answer what it was told.
    const told = db.select({ id: deliveries.id }).from(deliveries).where(eq(deliveries.eventId, id))
    db.update(attempts).set({ responseBody: '' }).where(inArray(attempts.deliveryId, told)).run()
  }
  for (const licenseId of change.licenseIds) {
    db.update(activations).set({ name: null }).where(eq(activations.licenseId, licenseId)).run()
    db.update(seats).set({ name: null }).where(eq(seats.licenseId, licenseId)).run()
  }
  for (const keyHash of change.storedResponses) {
    db.delete(storedResponses).where(eq(storedResponses.keyHash, keyHash)).run()
  }
}

/** Looks at the rows after a position. `last` is the last one looked at; null when there are none. */
type Step<Found> = (after: number) => {
  readonly found: readonly Found[]
  readonly last: number | null
}

interface Scanned<Found> {
  readonly found: readonly Found[]
  readonly last: number
}

async function scan<Found>(step: Step<Found>): Promise<Scanned<Found>> {
  const found: Found[] = []
  let position = 0
  for (;;) {
    const next = step(position)
    found.push(...next.found)
    if (next.last === null) return { found, last: position }
    position = next.last
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** With what has come since, which is little enough for a transaction. */
function finish<Found>(step: Step<Found>, scanned: Scanned<Found>): readonly Found[] {
  const found = [...scanned.found]
  let position: number | null = scanned.last
  while (position !== null) {
    const next = step(position)
    found.push(...next.found)
    position = next.last
  }
  return found
}

function createEventStep(db: Db, customerEmail: string): Step<FrozenEvent> {
  const { id, data, position } = events
  const isNamed = sql`instr(${data}, ${formatEmailMember(customerEmail)}) > 0`
  return (after) => {
    const isNext = gt(position, after)
    const next = db.select({ position }).from(events).where(isNext).orderBy(position)
    const last = next.limit(STEP_ROWS).all().at(-1)?.position ?? null
    if (last === null) return { found: [], last }
    const isHere = and(isNext, lte(position, last), isNamed)
    return { found: db.select({ id, data }).from(events).where(isHere).all(), last }
  }
}

function createAnswerStep(
  db: Db,
  mentionsCustomer: (sealedResponse: string) => boolean,
): Step<string> {
  const position = sql<number>`rowid`
  const { keyHash, sealedResponse } = storedResponses
  return (after) => {
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
