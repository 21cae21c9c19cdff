import { and, asc, isNull, lte, sql } from 'drizzle-orm'
import { assert } from '~/assert.ts'
import { EXPIRING_NOTICE_MS } from '~/domain/expiry.ts'
import type { Db } from './connection.ts'
import type { Engine } from './engine.ts'
import type { FlatStore } from './flat.ts'
import { mergeDecisions } from './license-commands.ts'
import { licenses } from './schema.ts'

const noticeMs = { expired: 0, expiring: EXPIRING_NOTICE_MS } as const

export function expirationMethods({
  db,
  command,
  licenses: reads,
  readCounters,
}: Engine): Pick<FlatStore, 'notifyExpirations'> {
  const { endsAtMs, expiresAtMs, expiredNotifiedAtMs, expiringNotifiedAtMs } = licenses
  const due = {
    expired: prepareDue(db, endsAtMs, expiredNotifiedAtMs),
    expiring: prepareDue(db, expiresAtMs, expiringNotifiedAtMs),
  }

  return {
    notifyExpirations: async (of, max, context, decide) => {
      const untilMs = context.nowMs + noticeMs[of]
      const listDue = () => due[of].all({ untilMs, max }).map(({ id }) => id)
      // Usually nothing is due, and finding that out takes no lock.
      const found = listDue()
      if (found.length === 0) return 0
      const counters = await readCounters(found)
      const find = () => {
        const ids = listDue().filter((id) => counters.has(id))
        const decisions = ids.map((id) => {
          const snapshot = reads.readSnapshot(id)
          assert(snapshot !== null, 'licenses are never deleted')
          const decision = decide(snapshot)
          assert(
            decision.changes.length > 0,
            'a notification is recorded, so that it is not repeated',
          )
          return decision
        })
        return { decision: mergeDecisions(decisions), answer: () => ids.length }
      }
      return (await command(context, find, counters)) ?? 0
    },
  }
}

/** The conditions are those of the index, which holds only what is still to be told. */
function prepareDue(
  db: Db,
  atMs: typeof licenses.endsAtMs | typeof licenses.expiresAtMs,
  toldAtMs: typeof licenses.expiredNotifiedAtMs | typeof licenses.expiringNotifiedAtMs,
) {
  const isLive = and(isNull(licenses.suspendedAtMs), isNull(licenses.revokedAtMs))
  return db
    .select({ id: licenses.id })
    .from(licenses)
    .where(and(isNull(toldAtMs), isLive, lte(atMs, sql.placeholder('untilMs'))))
    .orderBy(asc(atMs))
    .limit(sql.placeholder('max'))
    .prepare()
}
