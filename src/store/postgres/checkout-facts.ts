import type { KnownFact } from '~/domain/purchase-decisions.ts'
import type { StoredFact } from '~/domain/purchases.ts'
import { formatArray } from '~/platform/postgres.ts'
import type { PurchaseKey } from '../checkout-port.ts'
import { isErased, type PurchaseOutcome, toFactRow } from '../shared/checkout-facts.ts'
import {
  checkoutCustomers,
  checkoutFacts,
  checkoutLinks,
  checkoutPurchases,
} from './checkout-schema.ts'
import type { Reading, Tx } from './engine.ts'
import { insertRows, selectRow, selectRows } from './rows.ts'

/** The provider and the mode are the parameters 1 and 2 of all these statements. */
export const IS_IN_SCOPE = 'provider = $1 AND mode = $2'

/** The references that lead to `$3`. */
export const LINKED = `
  WITH RECURSIVE linked(ref) AS (
    SELECT $3::text COLLATE "C" UNION SELECT from_ref FROM linked JOIN checkout_links
      ON ${IS_IN_SCOPE} AND to_ref = ref)`

/** The end of the links comes first, and among several ends one with items. */
const ROOT = `
  WITH RECURSIVE reached(ref) AS (
    SELECT $3::text COLLATE "C" UNION SELECT to_ref FROM reached JOIN checkout_links
      ON ${IS_IN_SCOPE} AND from_ref = ref)
  SELECT ref FROM reached ORDER BY
    EXISTS (SELECT FROM checkout_links WHERE ${IS_IN_SCOPE} AND from_ref = ref AND to_ref <> ref),
    NOT EXISTS (SELECT FROM checkout_facts AS known WHERE ${IS_IN_SCOPE}
      AND known.ref = reached.ref AND fact::json->>'type' = 'items'),
    ref LIMIT 1`

export const listKey = ({ provider, mode, ref }: PurchaseKey) => [provider, mode, ref]

/** Returns the purchase that the links lead to. It may still be unknown. */
export async function findRoot<Key extends PurchaseKey>(
  { client }: Reading,
  key: Key,
): Promise<Key> {
  const [root] = await client.unsafe<{ ref: string }[]>(ROOT, listKey(key))
  return { ...key, ref: root?.ref ?? key.ref }
}

/** Stores facts and links. Returns whether any of them is new. */
export async function addNews(
  tx: Tx,
  key: PurchaseKey,
  { facts, links }: PurchaseOutcome,
): Promise<boolean> {
  const { provider, mode } = key
  const joined = links.filter(({ from, to }) => from !== to)
  const linkRows = joined.map(({ from, to }) => ({ provider, mode, from, to }))
  const newLinks = await insertRows(tx, checkoutLinks, linkRows, 'ON CONFLICT DO NOTHING')
  const purchase = await selectRow(
    tx,
    checkoutPurchases,
    ['erasedAtMs'],
    `WHERE ${IS_IN_SCOPE} AND ref = $3`,
    listKey(key),
  )
  const known = facts.filter((fact) => !isErased(fact, purchase?.erasedAtMs ?? null))
  const factRows = known.map((fact) => toFactRow(key, fact))
  const newFacts = await insertRows(tx, checkoutFacts, factRows, 'ON CONFLICT DO NOTHING')
  return newLinks + newFacts > 0
}

/** Reads all facts about a purchase, with what is known about a customer whom they refer to. */
export async function readFacts(
  reading: Reading,
  root: PurchaseKey,
): Promise<readonly KnownFact[]> {
  const rows = await selectRows(
    reading,
    checkoutFacts,
    ['ref', 'fact'],
    `WHERE ${IS_IN_SCOPE} AND ref IN (${LINKED} SELECT ref FROM linked) ORDER BY position`,
    listKey(root),
  )
  const known = rows.map(({ ref, fact }): KnownFact => ({ ...fact, ref }))
  return [...known, ...(await readCustomers(reading, root, known))]
}

async function readCustomers(
  reading: Reading,
  { provider, mode }: PurchaseKey,
  facts: readonly StoredFact[],
): Promise<readonly KnownFact[]> {
  const refs = facts.flatMap((fact) => (fact.type === 'customer_ref' ? fact.customerRef : []))
  if (refs.length === 0) return []
  const rows = await selectRows(
    reading,
    checkoutCustomers,
    ['ref', 'atMs', 'email', 'name'],
    `WHERE ${IS_IN_SCOPE} AND ref = ANY($3::text::text[]) ORDER BY ref`,
    [provider, mode, formatArray(refs)],
  )
  return rows.map((row): KnownFact => ({ type: 'customer', ...row }))
}
