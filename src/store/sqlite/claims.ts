import { and, eq, isNotNull, ne } from 'drizzle-orm'
import type { checkoutEvents } from './checkout-schema.ts'
import type { Db } from './connection.ts'
import type { deliveries, mails } from './schema.ts'

/** Releases what this process has claimed, or what all others have. */
export function releaseClaims(
  db: Db,
  table: typeof deliveries | typeof mails | typeof checkoutEvents,
  instanceId: string,
  whose: 'own' | 'others',
): void {
  const holder = table.claimedBy
  const isHeld = (whose === 'own' ? eq : ne)(holder, instanceId)
  db.update(table)
    .set({ claimedBy: null, claimedUntilMs: null })
    .where(and(isNotNull(holder), isHeld))
    .run()
}
