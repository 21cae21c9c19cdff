import { formatArray } from '~/platform/postgres.ts'
import type { Tx } from './engine.ts'

const tables = [
  { table: 'deliveries', touches: 'touchesOutbox' },
  { table: 'mails', touches: 'touchesMails' },
  { table: 'checkout_events', touches: 'touchesCheckout' },
] as const

/** Releases everything that these processes have claimed, so that others are woken to claim it. */
export async function releaseClaims(tx: Tx, holders: readonly string[]): Promise<void> {
  for (const { table, touches } of tables) {
    const released = await releaseClaimsIn(tx, table, holders)
    if (released > 0) tx.touched[touches] = true
  }
}

/** Releases what these processes have claimed in one table. Returns how many rows. */
export async function releaseClaimsIn(
  { client }: Tx,
  table: (typeof tables)[number]['table'],
  holders: readonly string[],
): Promise<number> {
  const { count } = await client.unsafe(
    `UPDATE ${table} SET claimed_by = NULL, claimed_until_ms = NULL
     WHERE claimed_by = ANY($1::text::text[])`,
    [formatArray(holders)],
  )
  return count ?? 0
}
