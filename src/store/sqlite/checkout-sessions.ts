import { and, eq, sql } from 'drizzle-orm'
import { isSessionOpen } from '~/domain/checkout-sessions.ts'
import type { CheckoutSessions, SessionReading } from '../checkout-port.ts'
import { findRoot } from './checkout-facts.ts'
import { listUnitRows } from './checkout-purchases.ts'
import { checkoutSessions } from './checkout-schema.ts'
import type { Engine, Reading } from './engine.ts'
import { requireRecord } from './licenses.ts'

type Session = Parameters<CheckoutSessions['read']>[0]

export function createCheckoutSessions(engine: Engine): CheckoutSessions {
  return {
    read: async (session) => {
      // Most reads come before the purchase, and reading takes no lock.
      const isPending = findSession(engine.committed, session)?.readyAtMs == null
      return isPending ? { state: 'pending' } : engine.transact(() => countRead(engine, session))
    },
  }
}

function countRead(engine: Engine, session: Session): SessionReading {
  const row = findSession(engine, session)
  if (row === undefined || row.readyAtMs === null) return { state: 'pending' }
  const { readyAtMs, reads, provider, mode, purchaseRef: ref } = row
  if (!isSessionOpen({ readyAtMs, reads }, session.nowMs)) return { state: 'over' }
  engine.db.update(checkoutSessions).set({ reads: sql`reads + 1` }).where(isSession(session)).run()
  const units = listUnitRows(engine, findRoot(engine, { provider, mode, ref }))
  return {
    state: 'ready',
    licenses: units.map(({ licenseId }) => requireRecord(engine, licenseId)),
  }
}

function findSession({ db }: Reading, session: Session) {
  return db.select().from(checkoutSessions).where(isSession(session)).get()
}

function isSession({ provider, sessionHash }: Session) {
  return and(eq(checkoutSessions.provider, provider), eq(checkoutSessions.sessionHash, sessionHash))
}
