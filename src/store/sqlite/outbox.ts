import { sql } from 'drizzle-orm'
import { assert } from '~/assert.ts'
import type { ClaimedDelivery, DeliveryClaim, Outbox } from '../outbox-port.ts'
import { listWithRoom } from '../shared/delivery-room.ts'
import { toDelivery } from '../shared/delivery-rows.ts'
import { releaseClaimsIn } from './claims.ts'
import type { Db } from './connection.ts'
import { recoverDeliveries } from './delivery-recovery.ts'
import { toEndpoint } from './endpoints.ts'
import type { Engine, Reading } from './engine.ts'
import { readEvent } from './events.ts'
import { advanceFanOut, isFanOutLeft } from './fan-out.ts'
import { deliveries, endpoints } from './schema.ts'

/** Bounds the time of counting. */
const COUNTED_MAX = 100_000

export function prepareOutbox(db: Db) {
  // The status is a literal, because SQLite uses no partial index for a parameter.
  const isDue = sql`status = 'pending' AND next_attempt_at_ms <= ${sql.placeholder('nowMs')}
    AND (claimed_by IS NULL OR claimed_until_ms <= ${sql.placeholder('nowMs')})`
  const due = sql`
    SELECT position FROM deliveries WHERE endpoint_id = ${sql.placeholder('endpointId')} AND ${isDue}
    ORDER BY next_attempt_at_ms, position LIMIT ${sql.placeholder('max')}`
  return {
    endpointsWithDue: db
      .select()
      .from(endpoints)
      .where(
        sql`state = 'enabled' AND EXISTS (
          SELECT 1 FROM deliveries WHERE endpoint_id = ${endpoints.id} AND ${isDue})`,
      )
      .prepare(),
    /** Reads only the index of claims, which SQLite would not choose. */
    underWay: db.$client.query<{ endpointId: string; count: number }, { readonly nowMs: number }>(
      `SELECT endpoint_id AS endpointId, count(*) AS count
       FROM deliveries INDEXED BY deliveries_claimed
       WHERE claimed_by IS NOT NULL AND claimed_until_ms > $nowMs GROUP BY endpoint_id`,
    ),
    claim: db
      .update(deliveries)
      .set({
        claimedBy: sql`${sql.placeholder('instanceId')}`,
        claimedUntilMs: sql`${sql.placeholder('claimedUntilMs')}`,
      })
      .where(sql`${deliveries.position} IN (${due})`)
      .returning()
      .prepare(),
  }
}

export function createOutbox(engine: Engine): Outbox {
  const { transact } = engine
  return {
    claim: async (claim) => {
      const { committed } = engine
      // Most rounds find nothing, and reading takes no lock.
      if (!isFanOutLeft(committed) && findEndpointsWithRoom(committed, claim).length === 0)
        return []
      for (;;) {
        const claimed = await transact(() => {
          advanceFanOut(engine)
          return claimDue(engine, claim)
        })
        if (claimed.length > 0 || !isFanOutLeft(committed)) return claimed
      }
    },
    measure: async () => measurePending(engine.committed),
    release: (instanceId) => transact(() => void releaseClaimsIn(engine, deliveries, [instanceId])),
    recover: (endpointId, sinceMs, context) =>
      recoverDeliveries(engine, endpointId, sinceMs, context),
  }
}

/** Reads only the index of pending deliveries, one row, and the few ranges still to be created. */
function measurePending({ db }: Reading) {
  const figures = db.$client
    .query<{ pending: number; oldestCreatedAtMs: number | null }, [number]>(
      `SELECT pending + (
         SELECT ifnull(sum((last_event - first_event + 1) * json_array_length(endpoint_ids)), 0)
         FROM fan_outs
       ) AS pending, created_at_ms AS oldestCreatedAtMs FROM (
         SELECT count(*) AS pending, min(position) AS oldest FROM (
           SELECT position FROM deliveries
           WHERE status = 'pending'
             AND endpoint_id IN (SELECT id FROM endpoints WHERE state <> 'deleted')
           LIMIT ?))
       LEFT JOIN deliveries ON position = oldest`,
    )
    .get(COUNTED_MAX)
  assert(figures !== null, 'an aggregate returns a row')
  return figures
}

function findEndpointsWithRoom({ statements }: Reading, claim: DeliveryClaim) {
  const { nowMs } = claim
  const counts = statements.outbox.underWay.all({ nowMs })
  const underWay = new Map(counts.map(({ endpointId, count }) => [endpointId, count]))
  const due = statements.outbox.endpointsWithDue.all({ nowMs })
  return listWithRoom(due.map(toEndpoint), underWay, claim)
}

function claimDue(engine: Engine, claim: DeliveryClaim): ClaimedDelivery[] {
  const { instanceId, nowMs, claimedUntilMs } = claim
  const claimed: ClaimedDelivery[] = []
  let failingLeft = claim.failingMax
  for (const { endpoint, room } of findEndpointsWithRoom(engine, claim)) {
    const isFailing = endpoint.failingSinceMs !== null
    const left = claim.totalMax - claimed.length
    const max = Math.min(room, isFailing ? Math.min(left, failingLeft) : left)
    const values = { endpointId: endpoint.id, nowMs, max, instanceId, claimedUntilMs }
    const rows = engine.statements.outbox.claim.all(values)
    for (const row of rows.sort((one, other) => one.position - other.position)) {
      const event = readEvent(engine, row.eventId)
      assert(event !== null, 'a delivery has its event')
      claimed.push({ delivery: toDelivery(row), endpoint, event })
    }
    if (isFailing) failingLeft -= rows.length
  }
  return claimed
}
