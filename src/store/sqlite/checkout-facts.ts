import type { KnownFact } from '~/domain/purchase-decisions.ts'
import type { StoredFact } from '~/domain/purchases.ts'
import type { PurchaseKey } from '../checkout-port.ts'
import { isErased, type PurchaseOutcome, pickKey, toFactRow } from '../shared/checkout-facts.ts'
import type { Db } from './connection.ts'
import type { Engine, Reading } from './engine.ts'

/** Bindings are type aliases, because an interface has no index signature. */
type Scope = { readonly provider: string; readonly mode: string }
export type Key = Scope & { readonly ref: string }
type CustomerRow = { readonly atMs: number; readonly email: string; readonly name: string | null }

export const isInScope = 'provider = $provider AND mode = $mode'

/**
 * The references that links lead to, and those that lead to one. Left to itself, SQLite would choose
 * an order of tables and an index with which it reads all links and facts of the provider.
 */
const reached = `
  WITH RECURSIVE reached(ref) AS (
    SELECT $ref UNION SELECT to_ref FROM reached CROSS JOIN checkout_links
      ON ${isInScope} AND from_ref = ref)`
export const leading = `
  WITH RECURSIVE leading(ref) AS (
    SELECT $ref UNION SELECT from_ref FROM leading CROSS JOIN checkout_links INDEXED BY checkout_links_back
      ON ${isInScope} AND to_ref = ref)`

export function prepareFacts(db: Db) {
  const { $client } = db
  return {
    ...prepareCustomers(db),
    linkFrom: $client.query<unknown, Key>(
      `SELECT 1 FROM checkout_links WHERE ${isInScope} AND from_ref = $ref LIMIT 1`,
    ),
    linkTo: $client.query<unknown, Key>(
      `SELECT 1 FROM checkout_links INDEXED BY checkout_links_back
       WHERE ${isInScope} AND to_ref = $ref LIMIT 1`,
    ),
    /** The end of the links comes first, and among several ends one with items. */
    root: $client.query<{ ref: string }, Key>(`${reached}
      SELECT ref FROM reached ORDER BY
        EXISTS (SELECT 1 FROM checkout_links AS link WHERE link.provider = $provider
          AND link.mode = $mode AND from_ref = ref AND to_ref <> ref),
        NOT EXISTS (SELECT 1 FROM checkout_facts AS known WHERE known.provider = $provider
          AND known.mode = $mode AND known.ref = reached.ref
          AND json_extract(fact, '$.type') = 'items'),
        ref LIMIT 1`),
    refs: $client.query<{ ref: string }, Key>(`${leading} SELECT ref FROM leading`),
    facts: $client.query<{ ref: string; fact: string }, Key>(`${leading}
      SELECT known.ref, fact FROM leading CROSS JOIN checkout_facts AS known
        ON ${isInScope} AND known.ref = leading.ref`),
    addFact: $client.query<unknown, Key & { key: string; fact: string; customer: string | null }>(
      `INSERT INTO checkout_facts (provider, mode, ref, key, fact, customer)
       VALUES ($provider, $mode, $ref, $key, $fact, $customer) ON CONFLICT DO NOTHING`,
    ),
    addLink: $client.query<unknown, Scope & { readonly from: string; readonly to: string }>(
      `INSERT INTO checkout_links (provider, mode, from_ref, to_ref)
       VALUES ($provider, $mode, $from, $to) ON CONFLICT DO NOTHING`,
    ),
  }
}

function prepareCustomers({ $client }: Db) {
  return {
    customer: $client.query<CustomerRow, Key>(
      `SELECT at_ms AS atMs, email, name FROM checkout_customers
       WHERE ${isInScope} AND ref = $ref`,
    ),
    /** A later event prevails; at the same time, the greater text. */
    setCustomer: $client.query<unknown, Key & CustomerRow>(
      `INSERT INTO checkout_customers (provider, mode, ref, at_ms, email, name)
       VALUES ($provider, $mode, $ref, $atMs, $email, $name)
       ON CONFLICT DO UPDATE SET at_ms = excluded.at_ms, email = excluded.email, name = excluded.name
       WHERE (excluded.at_ms, excluded.email, ifnull(excluded.name, ''))
         > (checkout_customers.at_ms, checkout_customers.email, ifnull(checkout_customers.name, ''))`,
    ),
    purchasesOfCustomer: $client.query<{ ref: string }, Scope & { readonly customer: string }>(
      `SELECT DISTINCT ref FROM checkout_facts INDEXED BY checkout_facts_by_customer
       WHERE ${isInScope} AND customer = $customer AND json_extract(fact, '$.type') = 'customer_ref'`,
    ),
    erasedAt: $client.query<{ erasedAtMs: number | null }, Key>(
      `SELECT erased_at_ms AS erasedAtMs FROM checkout_purchases
       WHERE ${isInScope} AND ref = $ref`,
    ),
  }
}

/** Returns the purchase that the links lead to. It may still be unknown. */
export function findRoot({ statements }: Reading, key: PurchaseKey): PurchaseKey {
  const { linkFrom, root } = statements.checkoutFacts
  // Following links takes much longer than to see that there are none.
  if (linkFrom.get(pickKey(key)) === null) return key
  return { ...key, ref: root.get(pickKey(key))?.ref ?? key.ref }
}

/** Whether other references lead to a purchase. */
export function isLinkedTo({ statements }: Reading, root: PurchaseKey): boolean {
  return statements.checkoutFacts.linkTo.get(pickKey(root)) !== null
}

/** Lists the references that lead to a purchase, and its own. */
export function listRefs({ statements }: Reading, root: PurchaseKey): readonly string[] {
  return statements.checkoutFacts.refs.all(pickKey(root)).map(({ ref }) => ref)
}

/** Stores facts and links. Returns whether any of them is new. */
export function addNews(
  { statements: { checkoutFacts } }: Engine,
  key: PurchaseKey,
  { facts, links }: PurchaseOutcome,
): boolean {
  const { provider, mode } = key
  let added = 0
  for (const { from, to } of links) {
    if (from !== to) added += checkoutFacts.addLink.run({ provider, mode, from, to }).changes
  }
  const erasedAtMs = checkoutFacts.erasedAt.get(pickKey(key))?.erasedAtMs ?? null
  for (const fact of facts) {
    if (isErased(fact, erasedAtMs)) continue
    const row = toFactRow(key, fact)
    added += checkoutFacts.addFact.run({ ...row, fact: JSON.stringify(fact) }).changes
  }
  return added > 0
}

/** Reads all facts about a purchase, with what is known about a customer whom they refer to. */
export function readFacts({ statements }: Reading, root: PurchaseKey): readonly KnownFact[] {
  const { facts, customer } = statements.checkoutFacts
  const known = facts
    .all(pickKey(root))
    .map(({ ref, fact }): KnownFact => ({ ...(JSON.parse(fact) as StoredFact), ref }))
  const customerRefs = new Set(
    known.flatMap((fact) => (fact.type === 'customer_ref' ? fact.customerRef : [])),
  )
  const customers = [...customerRefs].flatMap((ref): KnownFact[] => {
    const row = customer.get(pickKey({ ...root, ref }))
    return row === null ? [] : [{ type: 'customer', ref, ...row }]
  })
  return [...known, ...customers]
}
