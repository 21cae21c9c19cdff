import { eq, gt, inArray, sql } from 'drizzle-orm'
import type { Page, PageRequest } from '~/domain/pages.ts'
import type { CheckoutEventRecord } from '../checkout-port.ts'
import { addBody } from '../shared/checkout-events.ts'
import { parsePosition } from '../shared/pages.ts'
import { checkoutBodies, checkoutEvents } from './checkout-schema.ts'
import type { Engine, Reading } from './engine.ts'

/** Bodies per step: each can have half a megabyte, and has to be decrypted. */
const STEP_BODIES = 5

/**
 * The references of all purchases of a customer, and of what leads to them: those whose facts have
 * the address, and those whose licenses have it.
 */
const selectRefs = (email: string) => sql`
  WITH RECURSIVE linked(provider, mode, ref) AS (
    SELECT provider, mode, ref FROM checkout_facts WHERE customer = ${email}
    UNION SELECT provider, mode, purchase_ref FROM checkout_units
      JOIN licenses ON licenses.id = license_id WHERE customer_email = ${email}
    UNION SELECT fact.provider, fact.mode, fact.ref FROM checkout_customers AS customer
      CROSS JOIN checkout_facts AS fact INDEXED BY checkout_facts_by_customer
        ON fact.customer = customer.ref
        AND fact.provider = customer.provider AND fact.mode = customer.mode
      WHERE customer.email = ${email}
    UNION SELECT link.provider, link.mode, link.to_ref FROM linked CROSS JOIN checkout_links AS link
      ON link.provider = linked.provider AND link.mode = linked.mode AND from_ref = linked.ref
    UNION SELECT link.provider, link.mode, link.from_ref
      FROM linked CROSS JOIN checkout_links AS link INDEXED BY checkout_links_back
      ON link.provider = linked.provider AND link.mode = linked.mode AND to_ref = linked.ref)
  SELECT provider, mode, ref FROM linked`

const selectPositions = (email: string) => sql`
    SELECT about.position FROM (${selectRefs(email)}) AS own
    CROSS JOIN checkout_events AS about INDEXED BY checkout_events_by_purchase
      ON about.provider = own.provider AND about.mode = own.mode AND about.purchase_ref = own.ref`

/** Deletes the bodies, among the next ones after a position, that mention the customer. */
export function createBodyStep({ db }: Engine, mentionsCustomer: (bodySealed: string) => boolean) {
  const { position, sealed } = checkoutBodies
  return (after: number) => {
    const rows = db
      .select({ position, sealed })
      .from(checkoutBodies)
      .where(gt(position, after))
      .orderBy(position)
      .limit(STEP_BODIES)
      .all()
    const named = rows.filter((row) => mentionsCustomer(row.sealed))
    const positions = named.map((row) => row.position)
    db.delete(checkoutBodies).where(inArray(position, positions)).run()
    return { erased: named.length, last: rows.at(-1)?.position ?? null }
  }
}

/** Erases a customer from all purchases, and the bodies of their events. Returns how many of these. */
export function erasePurchases({ db }: Engine, email: string, nowMs: number): number {
  const bodies = db
    .delete(checkoutBodies)
    .where(sql`${checkoutBodies.position} IN (${selectPositions(email)})`)
    .returning({ position: checkoutBodies.position })
    .all()
  db.run(sql`
    INSERT INTO checkout_purchases (provider, mode, ref, erased_at_ms)
    SELECT provider, mode, ref, ${nowMs} FROM (${selectRefs(email)}) WHERE true
    ON CONFLICT DO UPDATE SET erased_at_ms = excluded.erased_at_ms`)
  db.run(sql`
    UPDATE checkout_units SET applied = json_set(applied, '$.email', '', '$.name', NULL)
    WHERE (provider, mode, purchase_ref) IN (${selectRefs(email)})
      AND json_extract(applied, '$.email') = ${email}`)
  db.run(sql`DELETE FROM checkout_facts WHERE customer = ${email}`)
  db.run(sql`DELETE FROM checkout_customers WHERE email = ${email}`)
  return bodies.length
}

/** Searches the events of one page, so it may be empty although there is a next one. */
export function readCustomerEvents(
  { db }: Reading,
  email: string,
  mentionsCustomer: (bodySealed: string) => boolean,
  { limit, after }: PageRequest,
): Page<CheckoutEventRecord> {
  const { position } = checkoutEvents
  const isOwn = sql<number>`${position} IN (${selectPositions(email)})`
  const rows = db
    .select({ row: checkoutEvents, bodySealed: checkoutBodies.sealed, isOwn })
    .from(checkoutEvents)
    .leftJoin(checkoutBodies, eq(checkoutBodies.position, position))
    .where(gt(position, after === null ? 0 : parsePosition(after)))
    .orderBy(position)
    .limit(limit)
    .all()
  const found = rows.filter(
    ({ bodySealed, isOwn }) => isOwn === 1 || (bodySealed !== null && mentionsCustomer(bodySealed)),
  )
  const last = rows.at(-1)?.row.position
  return {
    data: found.map(({ row, bodySealed }) => addBody(row, bodySealed)),
    nextAfter: last === undefined ? null : String(last),
  }
}
