import { assert } from '~/assert.ts'
import { type Decision, joinWrites } from '~/domain/decisions.ts'
import { EXPIRING_NOTICE_MS } from '~/domain/terms.ts'
import { formatArray } from '~/platform/postgres.ts'
import type { Licenses } from '../port.ts'
import { runCommand } from './commands.ts'
import { applyDecision } from './decisions.ts'
import type { Engine, Reading, Tx } from './engine.ts'
import { lockRecords, requireRecord } from './licenses.ts'
import { selectRows } from './rows.ts'
import { licenses } from './schema.ts'

const due = {
  expired: { column: 'ends_at_ms', notified: 'expired_notified_at_ms', noticeMs: 0 },
  expiring: {
    column: 'expires_at_ms',
    notified: 'expiring_notified_at_ms',
    noticeMs: EXPIRING_NOTICE_MS,
  },
} as const

type Kind = keyof typeof due

/** Implements `Licenses.notifyExpirations`. */
export function createNotifyExpirations(engine: Engine): Licenses['notifyExpirations'] {
  return async (kind, max, context, decide) => {
    const untilMs = context.nowMs + due[kind].noticeMs
    // Most rounds find nothing, and reading takes no lock.
    const found = await listDue(engine, kind, untilMs, max)
    if (found.length === 0) return 0
    const counters = await engine.readCounters(found)
    return runCommand(engine, context, async (tx) => {
      const ids = await listDue(tx, kind, untilMs, max, 'FOR NO KEY UPDATE SKIP LOCKED')
      const chosen = ids.filter((id) => counters.has(id))
      const records = await lockRecords(tx, chosen, counters)
      const notified = kind === 'expiring' ? await listMailed(tx, chosen) : new Set<string>()
      const decisions = chosen.map((id): Decision<unknown> => {
        const notifiesCustomer = notified.has(id)
        const decision = decide({ ...requireRecord(records, id), notifiesCustomer })
        assert(decision.changes.length > 0, 'a notification is recorded, so it is not repeated')
        return decision
      })
      const decision = { result: null, ...joinWrites(decisions) }
      await applyDecision(tx, context, decision, { records, counters })
      // If another round has notified those that were found, others are due, and the caller goes on.
      return ids.length
    })
  }
}

/** The conditions are those of the partial index, which holds only what is still to be notified. */
async function listDue(
  reading: Reading,
  kind: Kind,
  untilMs: number,
  max: number,
  lock = '',
): Promise<string[]> {
  const { column, notified } = due[kind]
  const rows = await selectRows(
    reading,
    licenses,
    ['id'],
    `WHERE ${notified} IS NULL AND suspended_at_ms IS NULL AND revoked_at_ms IS NULL
       AND ${column} <= $1 ORDER BY ${column}, id LIMIT $2 ${lock}`,
    [untilMs, max],
  )
  return rows.map(({ id }) => id)
}

/** Lists the licenses whose rule also notifies their customers. */
async function listMailed(tx: Tx, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (tx.mailDomain === null) return new Set()
  const rows = await tx.client.unsafe<{ id: string }[]>(
    `SELECT license_id AS id FROM checkout_units JOIN checkout_rules ON checkout_rules.id = rule_id
     WHERE license_id = ANY($1::text::text[]) AND NOT is_released
       AND (terms::json #>> '{mail,expiring}') = 'true'`,
    [formatArray(ids)],
  )
  return new Set(rows.map(({ id }) => id))
}
