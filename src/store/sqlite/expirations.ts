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
}: Engine): Pick<FlatStore, 'notifyExpirations'> {
  const { endsAtMs, expiresAtMs, expiredNotifiedAtMs, expiringNotifiedAtMs } = licenses
  const due = {
    expired: prepareDue(db, endsAtMs, expiredNotifiedAtMs),
    expiring: prepareDue(db, expiresAtMs, expiringNotifiedAtMs),
  }

  return {
    notifyExpirations: async (of, max, context, decide) => {
      const untilMs = context.nowMs + noticeMs[of]
      // Most sweeps find nothing, and looking takes no lock.
      if (due[of].get({ untilMs, max: 1 }) === undefined) return 0
      const told = await command(context, () => {
        const ids = due[of].all({ untilMs, max })
        const decisions = ids.map(({ id }) => {
          const snapshot = reads.readSnapshot(id)
          assert(snapshot !== null, 'who was found is there')
          const decision = decide(snapshot)
          assert(decision.changes.length > 0, 'a notice leaves a mark, or it would be due for ever')
          return decision
        })
        return { decision: mergeDecisions(decisions), answer: () => ids.length }
      })
      return told ?? 0
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
