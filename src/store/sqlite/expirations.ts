import { and, asc, type Column, isNull, lte, sql } from 'drizzle-orm'
import { assert } from '~/assert.ts'
import { EXPIRING_NOTICE_MS } from '~/domain/terms.ts'
import type { Licenses } from '../port.ts'
import { runCommand } from './commands.ts'
import type { Db } from './connection.ts'
import { applyDecision } from './decisions.ts'
import type { Engine, Reading } from './engine.ts'
import { readSnapshot } from './licenses.ts'
import { licenses } from './schema.ts'

const noticeMs = { expired: 0, expiring: EXPIRING_NOTICE_MS } as const

export function prepareExpirations(db: Db) {
  const { endsAtMs, expiresAtMs, expiredNotifiedAtMs, expiringNotifiedAtMs } = licenses
  return {
    expired: prepareDue(db, endsAtMs, expiredNotifiedAtMs),
    expiring: prepareDue(db, expiresAtMs, expiringNotifiedAtMs),
  }
}

/** The conditions are those of the partial index, which holds only what is still to be notified. */
function prepareDue(db: Db, atMs: Column, notifiedAtMs: Column) {
  const isLive = and(isNull(licenses.suspendedAtMs), isNull(licenses.revokedAtMs))
  return db
    .select({ id: licenses.id })
    .from(licenses)
    .where(and(isNull(notifiedAtMs), isLive, lte(atMs, sql.placeholder('untilMs'))))
    .orderBy(asc(atMs))
    .limit(sql.placeholder('max'))
    .prepare()
}

/** Implements `Licenses.notifyExpirations`. */
export function createNotifyExpirations(engine: Engine): Licenses['notifyExpirations'] {
  return async (kind, max, context, decide) => {
    const range = { untilMs: context.nowMs + noticeMs[kind], max }
    const listDue = ({ statements }: Reading) =>
      statements.expirations[kind].all(range).map(({ id }) => id)
    // Most rounds find nothing, and reading takes no lock.
    const found = listDue(engine.committed)
    if (found.length === 0) return 0
    const counters = await engine.readCounters(found)
    return runCommand(engine, context, () => {
      const due = listDue(engine)
      for (const id of due.filter((each) => counters.has(each))) {
        const snapshot = readSnapshot(engine, id)
        assert(snapshot !== null, 'licenses are never deleted')
        const notifiesCustomer = kind === 'expiring' && isMailWanted(engine, id)
        const decision = decide({ ...snapshot, notifiesCustomer })
        assert(decision.changes.length > 0, 'a notification is recorded, so it is not repeated')
        applyDecision(engine, context, decision, counters)
      }
      // If another round has notified those that were found, others are due, and the caller goes on.
      return due.length
    })
  }
}

/** Whether the rule that created a license also notifies its customer. */
function isMailWanted({ db: { $client }, mailDomain }: Engine, licenseId: string): boolean {
  if (mailDomain === null) return false
  const wanted = $client.query(
    `SELECT 1 FROM checkout_units JOIN checkout_rules ON checkout_rules.id = rule_id
     WHERE license_id = ? AND is_released = 0 AND json_extract(terms, '$.mail.expiring')`,
  )
  return wanted.get(licenseId) !== null
}
