import { and, eq, inArray, sql } from 'drizzle-orm'
import { isSessionOpen } from '~/domain/checkout-sessions.ts'
import type { CheckoutSessions, SessionReading } from '../checkout-port.ts'
import { findRoot, listRefs } from './checkout-facts.ts'
import { listUnitRows } from './checkout-purchases.ts'
import { checkoutEvents, checkoutSessions } from './checkout-schema.ts'
import type { Engine, Reading } from './engine.ts'
import { requireRecord } from './licenses.ts'

type PurchaseKeyRow = Pick<
  typeof checkoutSessions.$inferSelect,
  'provider' | 'mode' | 'purchaseRef'
>
type Session = Parameters<CheckoutSessions['read']>[0]

export function createCheckoutSessions(engine: Engine): CheckoutSessions {
  return {
    read: async (session) => {
      // Most reads come before the purchase, and reading takes no lock.
      const row = findSession(engine.committed, session)
      return row?.readyAtMs == null
        ? { state: 'pending', isStuck: row !== undefined && isStuck(engine.committed, row) }
        : engine.transact(() => countRead(engine, session))
    },
  }
}

function countRead(engine: Engine, session: Session): SessionReading {
  const row = findSession(engine, session)
  if (row === undefined || row.readyAtMs === null) return { state: 'pending', isStuck: false }
  const { readyAtMs, reads, provider, mode, purchaseRef: ref } = row
  if (!isSessionOpen({ readyAtMs, reads }, session.nowMs)) return { state: 'over' }
  engine.db.update(checkoutSessions).set({ reads: sql`reads + 1` }).where(isSession(session)).run()
  const units = listUnitRows(engine, findRoot(engine, { provider, mode, ref }))
  return {
    state: 'ready',
    licenses: units.map(({ licenseId }) => requireRecord(engine, licenseId)),
  }
}

/** Whether an event of the purchase waits for the vendor. */
function isStuck(reading: Reading, { provider, mode, purchaseRef: ref }: PurchaseKeyRow): boolean {
  const refs = listRefs(reading, findRoot(reading, { provider, mode, ref }))
  const { id, state, purchaseRef, ...columns } = checkoutEvents
  const waiting = reading.db
    .select({ id })
    .from(checkoutEvents)
    .where(
      and(
        eq(columns.provider, provider),
        eq(columns.mode, mode),
        inArray(purchaseRef, [...refs]),
        inArray(state, ['unmatched', 'failed']),
      ),
    )
    .limit(1)
    .get()
  return waiting !== undefined
}

function findSession({ db }: Reading, session: Session) {
  return db.select().from(checkoutSessions).where(isSession(session)).get()
}

function isSession({ provider, sessionHash }: Session) {
  return and(eq(checkoutSessions.provider, provider), eq(checkoutSessions.sessionHash, sessionHash))
}
