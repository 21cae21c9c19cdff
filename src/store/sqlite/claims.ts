import { inArray } from 'drizzle-orm'
import { checkoutEvents } from './checkout-schema.ts'
import type { Engine } from './engine.ts'
import { deliveries, mails } from './schema.ts'

const tables = [
  { table: deliveries, touches: 'touchesOutbox' },
  { table: mails, touches: 'touchesMails' },
  { table: checkoutEvents, touches: 'touchesCheckout' },
] as const

/** Releases everything that these processes have claimed, so that others are woken to claim it. */
export function releaseClaims(engine: Engine, holders: readonly string[]): void {
  for (const { table, touches } of tables) {
    if (releaseClaimsIn(engine, table, holders) > 0) engine.touched[touches] = true
  }
}

/** Releases what these processes have claimed in one table. Returns how many rows. */
export function releaseClaimsIn(
  { db }: Pick<Engine, 'db'>,
  table: (typeof tables)[number]['table'],
  holders: readonly string[],
): number {
  const update = db.update(table).set({ claimedBy: null, claimedUntilMs: null })
  const isHeld = inArray(table.claimedBy, [...holders])
  return update.where(isHeld).returning({ position: table.position }).all().length
}
