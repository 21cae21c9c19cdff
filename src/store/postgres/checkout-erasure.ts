import type { Page, PageRequest } from '~/domain/pages.ts'
import { formatArray } from '~/platform/postgres.ts'
import type { CheckoutEventRecord } from '../checkout-port.ts'
import { parsePosition } from '../shared/pages.ts'
import { readRecords } from './checkout-event-rows.ts'
import { checkoutEvents, checkoutUnits } from './checkout-schema.ts'
import type { Reading, Tx } from './engine.ts'
import { selectRows } from './rows.ts'
import { findLast, type Step, selectNext } from './sweeps.ts'

/** Bodies per step: each can have half a megabyte, and has to be decrypted. */
const STEP_BODIES = 5

/**
 * The references of all purchases of the customer `$1`, and of what leads to them: those whose facts
 * have the address, and those whose licenses have it.
 */
const LINKED = `
  WITH RECURSIVE linked (provider, mode, ref) AS (
    (
      SELECT provider, mode, ref FROM checkout_facts WHERE customer = $1
      UNION SELECT provider, mode, purchase_ref FROM checkout_units
        JOIN licenses ON licenses.id = license_id WHERE customer_email = $1
      UNION SELECT fact.provider, fact.mode, fact.ref FROM checkout_customers AS customer
        JOIN checkout_facts AS fact ON fact.customer = customer.ref
          AND fact.provider = customer.provider AND fact.mode = customer.mode
        WHERE customer.email = $1
    )
    UNION SELECT linked.provider, linked.mode, link.ref FROM linked CROSS JOIN LATERAL (
      SELECT to_ref AS ref FROM checkout_links AS ahead
        WHERE (ahead.provider, ahead.mode, from_ref) = (linked.provider, linked.mode, linked.ref)
      UNION ALL SELECT from_ref FROM checkout_links AS back
        WHERE (back.provider, back.mode, to_ref) = (linked.provider, linked.mode, linked.ref)
    ) AS link
  )`

const POSITIONS = `
  ${LINKED} SELECT about.position FROM linked JOIN checkout_events AS about
    ON (about.provider, about.mode, about.purchase_ref) = (linked.provider, linked.mode, linked.ref)`

const bodyTable = { name: 'checkout_bodies', key: 'position', keyType: 'bigint' } as const

/** Deletes the bodies, among the next ones, that mention the customer. */
export function createBodyStep(mentionsCustomer: (bodySealed: string) => boolean): Step {
  return async (tx, next) => {
    type Columns = { readonly sealed: string }
    const rows = await selectNext<Columns>(tx, bodyTable, 'sealed', next, STEP_BODIES)
    const named = rows.filter(({ sealed }) => mentionsCustomer(sealed))
    const positions = formatArray(named.map(({ key }) => key))
    await tx.client.unsafe('DELETE FROM checkout_bodies WHERE position = ANY($1::text::bigint[])', [
      positions,
    ])
    return { erased: named.length, last: findLast(rows) }
  }
}

/** Erases a customer from all purchases, and the bodies of their events. Returns how many of these. */
export async function erasePurchases(tx: Tx, email: string, nowMs: number): Promise<number> {
  const { client } = tx
  const { count } = await client.unsafe(
    `DELETE FROM checkout_bodies WHERE position IN (${POSITIONS})`,
    [email],
  )
  await client.unsafe(
    `INSERT INTO checkout_purchases (provider, mode, ref, erased_at_ms)
     ${LINKED} SELECT provider, mode, ref, $2::bigint FROM linked
     ON CONFLICT (provider, mode, ref) DO UPDATE SET erased_at_ms = excluded.erased_at_ms`,
    [email, nowMs],
  )
  await eraseUnits(tx, email)
  await client.unsafe('DELETE FROM checkout_facts WHERE customer = $1', [email])
  await client.unsafe('DELETE FROM checkout_customers WHERE email = $1', [email])
  return count ?? 0
}

async function eraseUnits(tx: Tx, email: string): Promise<void> {
  const units = await selectRows(
    tx,
    checkoutUnits,
    ['licenseId', 'applied'],
    `WHERE (provider, mode, purchase_ref) IN (${LINKED} SELECT provider, mode, ref FROM linked)`,
    [email],
  )
  for (const { licenseId, applied } of units) {
    if (applied.email !== email) continue
    const erased = JSON.stringify({ ...applied, email: '', name: null })
    const text = 'UPDATE checkout_units SET applied = $2 WHERE license_id = $1'
    await tx.client.unsafe(text, [licenseId, erased])
  }
}

/** Searches the events of one page, so it may be empty although there is a next one. */
export async function readCustomerEvents(
  reading: Reading,
  email: string,
  mentionsCustomer: (bodySealed: string) => boolean,
  { limit, after }: PageRequest,
): Promise<Page<CheckoutEventRecord>> {
  const rows = await selectRows(
    reading,
    checkoutEvents,
    undefined,
    'WHERE position > $1 ORDER BY position LIMIT $2',
    [after === null ? 0 : parsePosition(after), limit],
  )
  const own = await selectOwn(reading, email, rows)
  const records = await readRecords(reading, rows)
  const isFound = ({ id, bodySealed }: CheckoutEventRecord) =>
    own.has(id) || (bodySealed !== null && mentionsCustomer(bodySealed))
  const last = rows.at(-1)?.position
  return {
    data: records.filter(isFound),
    nextAfter: last === undefined ? null : String(last),
  }
}

/** Returns the ids of those of these events that are about purchases of the customer. */
async function selectOwn(
  { client }: Reading,
  email: string,
  events: readonly { readonly id: string }[],
): Promise<ReadonlySet<string>> {
  const rows = await client.unsafe<{ id: string }[]>(
    `SELECT id FROM checkout_events WHERE position IN (${POSITIONS})
       AND id = ANY($2::text::text[])`,
    [email, formatArray(events.map(({ id }) => id))],
  )
  return new Set(rows.map(({ id }) => id))
}
