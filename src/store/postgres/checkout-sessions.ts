import { isSessionOpen } from '~/domain/checkout-sessions.ts'
import type { CheckoutSessions, SessionReading } from '../checkout-port.ts'
import { findRoot, IS_IN_SCOPE, LINKED, listKey } from './checkout-facts.ts'
import { listUnitRows } from './checkout-purchases.ts'
import { checkoutSessions } from './checkout-schema.ts'
import type { Engine, Reading, Tx } from './engine.ts'
import { readRecords, requireRecord } from './licenses.ts'
import { selectRow } from './rows.ts'

type SessionRow = typeof checkoutSessions.$inferSelect
type Session = Parameters<CheckoutSessions['read']>[0]

const IS_SESSION = 'provider = $1 AND session_hash = $2'

export function createCheckoutSessions(engine: Engine): CheckoutSessions {
  return {
    read: async (session) => {
      // Most reads come before the purchase, and reading takes no lock.
      const row = await findSession(engine, session)
      return row?.readyAtMs == null
        ? { state: 'pending', isStuck: row !== null && (await isStuck(engine, row)) }
        : engine.transact((tx) => countRead(tx, session))
    },
  }
}

async function countRead(tx: Tx, session: Session): Promise<SessionReading> {
  const row = await findSession(tx, session, 'FOR UPDATE')
  if (row === null || row.readyAtMs === null) return { state: 'pending', isStuck: false }
  const { readyAtMs, reads } = row
  if (!isSessionOpen({ readyAtMs, reads }, session.nowMs)) return { state: 'over' }
  await tx.client.unsafe(`UPDATE checkout_sessions SET reads = reads + 1 WHERE ${IS_SESSION}`, [
    session.provider,
    session.sessionHash,
  ])
  const units = await listUnitRows(tx, await findRoot(tx, toKey(row)))
  const ids = units.map(({ licenseId }) => licenseId)
  const records = await readRecords(tx, ids)
  return { state: 'ready', licenses: ids.map((id) => requireRecord(records, id)) }
}

const toKey = ({ provider, mode, purchaseRef: ref }: SessionRow) => ({ provider, mode, ref })

/** Whether an event of the purchase waits for the vendor. */
async function isStuck(reading: Reading, row: SessionRow): Promise<boolean> {
  const root = await findRoot(reading, toKey(row))
  const waiting = await reading.client.unsafe<unknown[]>(
    `SELECT FROM checkout_events WHERE ${IS_IN_SCOPE} AND state IN ('unmatched', 'failed')
       AND purchase_ref IN (${LINKED} SELECT ref FROM linked) LIMIT 1`,
    listKey(root),
  )
  return waiting.length > 0
}

function findSession(
  reading: Reading,
  { provider, sessionHash }: Session,
  lock = '',
): Promise<SessionRow | null> {
  const condition = `WHERE ${IS_SESSION} ${lock}`
  return selectRow(reading, checkoutSessions, undefined, condition, [provider, sessionHash])
}
