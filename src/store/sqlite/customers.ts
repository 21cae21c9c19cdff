import { and, eq, gt, inArray, isNotNull, lte, or, type SQL, sql } from 'drizzle-orm'
import { decideErasure, formatEmailMembers, redactEventData } from '~/domain/customers.ts'
import type { EventRecord } from '~/domain/events.ts'
import type { License } from '~/domain/licenses.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import type { Steps } from '~/turns.ts'
import type { CommandContext, Customers } from '../port.ts'
import { parsePosition } from '../shared/pages.ts'
import { createAuditStep, eraseAuditOf } from './audit-erasure.ts'
import { createBodyStep, erasePurchases, readCustomerEvents } from './checkout-erasure.ts'
import { recordAction, runCommandInSteps } from './commands.ts'
import type { Db } from './connection.ts'
import { applyInSteps } from './decisions.ts'
import type { Engine, Reading } from './engine.ts'
import { toEvent } from './events.ts'
import { selectIds } from './license-lists.ts'
import { readSnapshot } from './licenses.ts'
import { eraseMails } from './mails.ts'
import { equals } from './parameters.ts'
import { erasePortal } from './portal-sessions.ts'
import { activations, attempts, deliveries, events, seats, storedResponses } from './schema.ts'

/** Events per step of a sweep. */
const STEP_EVENTS = 50
/** Stored responses per step. One can have a megabyte, and each has to be decrypted. */
const STEP_RESPONSES = 5
const LICENSES_MAX = 1_000_000

export function createCustomers(engine: Engine): Customers {
  return {
    erase: async (customer, context) => {
      const { customerEmail, mentionsCustomer, isNamedInEvent, validations } = customer
      const eraseEvents = createEventStep(engine, customerEmail)
      const eraseResponses = createResponseStep(engine, mentionsCustomer)
      const eraseBodies = createBodyStep(engine, isNamedInEvent)
      const eraseAudit = createAuditStep(engine, customerEmail)
      // After an interruption, the licenses still show that the customer has to be erased.
      const events = await sweepInTransactions(engine, eraseEvents)
      const responses = await sweepInTransactions(engine, eraseResponses)
      const bodies = await sweepInTransactions(engine, eraseBodies)
      const audited = await sweepInTransactions(engine, eraseAudit)
      const erasure = await runCommandInSteps(engine, context, function* () {
        const lastEvents = yield* sweep(eraseEvents, events.last)
        const lastResponses = yield* sweep(eraseResponses, responses.last)
        const lastBodies = yield* sweep(eraseBodies, bodies.last)
        const counts = {
          events: events.erased + lastEvents.erased,
          storedResponses: responses.erased + lastResponses.erased,
          checkoutEvents:
            bodies.erased +
            lastBodies.erased +
            erasePurchases(engine, customerEmail, context.nowMs),
        }
        const licenseIds = yield* selectIds(engine, { customerEmail }, LICENSES_MAX)
        const mails = eraseMails(engine, customerEmail)
        const found = counts.events + counts.storedResponses + counts.checkoutEvents
        if (licenseIds.length + found + mails > 0) {
          yield* eraseLicenses(engine, licenseIds, context)
          // The audit must not name the customer.
          recordAction(engine, context, 'customer.erase', 'customer')
        }
        erasePortal(engine, customerEmail, licenseIds)
        yield* sweep(eraseAudit, audited.last)
        yield* eraseAuditOf(engine, licenseIds)
        return { licenseIds, ...counts, validations }
      })
      // The write-ahead log contains the erased data until a checkpoint.
      await engine.emptyLog()
      return erasure
    },
    listCheckoutEvents: async (customerEmail, isNamedInEvent, page) =>
      readCustomerEvents(engine.committed, customerEmail, isNamedInEvent, page),
    listEvents: async (customerEmail, page) =>
      readNamingEvents(engine.committed, customerEmail, page),
  }
}

/** Searches the events of one step, so a page may be empty although there is a next one. */
function readNamingEvents(
  { db }: Reading,
  customerEmail: string,
  { limit, after }: PageRequest,
): Page<EventRecord> {
  const step = selectEventStep(db, after === null ? 0 : parsePosition(after), limit)
  if (step === null) return { data: [], nextAfter: null }
  const rows = db
    .select()
    .from(events)
    .where(and(step.isIn, isNaming(customerEmail)))
    .all()
  return { data: rows.map(toEvent), nextAfter: String(step.last) }
}

/** Erases what it finds in the next rows after a position. `last` is null after the last row. */
type Step = (after: number) => { readonly erased: number; readonly last: number | null }

/** How many rows were erased, and the position of the last one that was searched. */
type Swept = { readonly erased: number; readonly last: number }

function* sweep(step: Step, after: number): Steps<Swept> {
  let swept = { erased: 0, last: after }
  for (;;) {
    const { erased, last } = step(swept.last)
    if (last === null) return swept
    swept = { erased: swept.erased + erased, last }
    yield
  }
}

/** Sweeps with one transaction per step, so that no other command waits for long. */
async function sweepInTransactions(engine: Engine, step: Step): Promise<Swept> {
  const steps = sweep(step, 0)
  for (;;) {
    const next = await engine.transact(() => steps.next())
    if (next.done) return next.value
  }
}

function createEventStep({ db }: Engine, customerEmail: string): Step {
  const { id, data } = events
  const redact = db
    .update(events)
    .set({ data: sql`${sql.placeholder('data')}` })
    .where(equals(id, 'id'))
    .prepare()
  const sent = db
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(equals(deliveries.eventId, 'id'))
  // A response may repeat what was posted.
  const clear = db
    .update(attempts)
    .set({ responseBody: '' })
    .where(inArray(attempts.deliveryId, sent))
    .prepare()
  return (after) => {
    const step = selectEventStep(db, after, STEP_EVENTS)
    if (step === null) return { erased: 0, last: null }
    const isFound = and(step.isIn, isNaming(customerEmail))
    const named = db.select({ id, data }).from(events).where(isFound).all()
    for (const event of named) {
      redact.run({ id: event.id, data: redactEventData(event.data, customerEmail) })
      clear.run({ id: event.id })
    }
    return { erased: named.length, last: step.last }
  }
}

/** Selects the next events after a position; null if there are none. */
function selectEventStep(db: Db, after: number, max: number) {
  const { position } = events
  const isNext = gt(position, after)
  const next = db.select({ position }).from(events).where(isNext).orderBy(position).limit(max)
  const last = next.all().at(-1)?.position
  return last === undefined ? null : { last, isIn: and(isNext, lte(position, last)) }
}

function isNaming(customerEmail: string): SQL | undefined {
  const members = formatEmailMembers(customerEmail)
  return or(...members.map((member) => sql`instr(${events.data}, ${member}) > 0`))
}

function createResponseStep(
  { db }: Engine,
  mentionsCustomer: (sealedResponse: string) => boolean,
): Step {
  const position = sql<number>`rowid`
  const { sealedResponse } = storedResponses
  return (after) => {
    const rows = db
      .select({ position, sealedResponse })
      .from(storedResponses)
      .where(gt(position, after))
      .orderBy(position)
      .limit(STEP_RESPONSES)
      .all()
    const named = rows.filter((row) => mentionsCustomer(row.sealedResponse))
    for (const row of named) db.delete(storedResponses).where(eq(position, row.position)).run()
    return { erased: named.length, last: rows.at(-1)?.position ?? null }
  }
}

function* eraseLicenses(
  engine: Engine,
  licenseIds: readonly string[],
  context: CommandContext<never>,
): Steps<void> {
  const eraseNames = prepareNameErasure(engine)
  const licenses: License[] = []
  for (const licenseId of licenseIds) {
    const snapshot = readSnapshot(engine, licenseId)
    if (snapshot !== null) licenses.push(snapshot.license)
    eraseNames(licenseId)
    yield
  }
  yield* applyInSteps(engine, context, decideErasure(licenses, context.nowMs))
}

function prepareNameErasure({ db }: Engine): (licenseId: string) => void {
  const statements = [activations, seats].map((table) =>
    db
      .update(table)
      .set({ name: null })
      .where(and(equals(table.licenseId, 'licenseId'), isNotNull(table.name)))
      .prepare(),
  )
  return (licenseId) => {
    for (const statement of statements) statement.run({ licenseId })
  }
}
