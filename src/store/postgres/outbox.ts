import { assert } from '~/assert.ts'
import type { Endpoint } from '~/domain/endpoints.ts'
import { formatArray } from '~/platform/postgres.ts'
import type { ClaimedDelivery, DeliveryClaim, Outbox } from '../outbox-port.ts'
import { type EndpointWithRoom, listWithRoom } from '../shared/delivery-room.ts'
import { toDelivery } from '../shared/delivery-rows.ts'
import { releaseClaimsIn } from './claims.ts'
import { recoverDeliveries } from './delivery-recovery.ts'
import { LOCK, toEndpoint } from './endpoints.ts'
import type { Engine, Reading, Tx } from './engine.ts'
import { toEvent } from './events.ts'
import { advanceFanOut, isFanOutLeft } from './fan-out.ts'
import { readColumns, selectRows } from './rows.ts'
import { deliveries, endpoints, events } from './schema.ts'

/** Bounds the time of counting. */
const COUNTED_MAX = 100_000

const isDue = (nowMs: string) => `status = 'pending' AND next_attempt_at_ms <= ${nowMs}
  AND (claimed_by IS NULL OR claimed_until_ms <= ${nowMs})`

export function createOutbox(engine: Engine): Outbox {
  const { transact } = engine
  return {
    claim: async (claim) => {
      for (;;) {
        // Most rounds find nothing, and reading takes no lock.
        const isLeft = await isFanOutLeft(engine)
        if (!isLeft && (await findEndpointsWithRoom(engine, claim)).length === 0) return []
        const claimed = await transact(async (tx) => {
          await advanceFanOut(tx)
          return claimDue(tx, claim)
        })
        if (claimed.length > 0 || !(await isFanOutLeft(engine))) return claimed
      }
    },
    measure: () => measurePending(engine),
    release: (instanceId) =>
      transact(async (tx) => void (await releaseClaimsIn(tx, 'deliveries', [instanceId]))),
    recover: (endpointId, sinceMs, context) =>
      recoverDeliveries(engine, endpointId, sinceMs, context),
  }
}

async function measurePending({ client }: Reading) {
  const [row] = await client.unsafe<{ pending: string; oldest: string | null }[]>(
    `WITH pending AS (
       SELECT position FROM deliveries
       WHERE status = 'pending' AND endpoint_id IN (SELECT id FROM endpoints WHERE state <> 'deleted')
       LIMIT $1
     )
     SELECT (SELECT count(*) FROM pending) + (
         SELECT coalesce(sum((last_event - first_event + 1) * json_array_length(endpoint_ids::json)), 0)
         FROM fan_outs
       ) AS pending,
       (SELECT created_at_ms FROM deliveries WHERE position = (SELECT min(position) FROM pending))
         AS oldest`,
    [COUNTED_MAX],
  )
  assert(row !== undefined, 'an aggregate returns a row')
  const oldestCreatedAtMs = row.oldest === null ? null : Number(row.oldest)
  return { pending: Number(row.pending), oldestCreatedAtMs }
}

async function findEndpointsWithRoom(
  reading: Reading,
  claim: DeliveryClaim,
  lock = '',
): Promise<readonly EndpointWithRoom[]> {
  const { nowMs } = claim
  const isWaiting = `state = 'enabled' AND EXISTS (
    SELECT FROM deliveries WHERE endpoint_id = endpoints.id AND ${isDue('$1')})`
  const condition = `WHERE ${isWaiting} ORDER BY id ${lock}`
  const rows = await selectRows(reading, endpoints, undefined, condition, [nowMs])
  // Counted while they are locked, so that several nodes do not exceed a limit together.
  const counts = await reading.client.unsafe<{ id: string; count: number }[]>(
    `SELECT endpoint_id AS id, count(*)::int AS count FROM deliveries
     WHERE claimed_by IS NOT NULL AND claimed_until_ms > $1 GROUP BY endpoint_id`,
    [nowMs],
  )
  const underWay = new Map(counts.map(({ id, count }) => [id, count]))
  rows.sort((one, other) => one.position - other.position)
  return listWithRoom(rows.map(toEndpoint), underWay, claim)
}

async function claimDue(tx: Tx, claim: DeliveryClaim): Promise<ClaimedDelivery[]> {
  const taken: { readonly row: Row; readonly endpoint: Endpoint }[] = []
  let failingLeft = claim.failingMax
  for (const { endpoint, room } of await findEndpointsWithRoom(tx, claim, LOCK)) {
    const isFailing = endpoint.failingSinceMs !== null
    const left = claim.totalMax - taken.length
    const max = Math.min(room, isFailing ? Math.min(left, failingLeft) : left)
    const rows = max > 0 ? await claimOf(tx, claim, endpoint.id, max) : []
    taken.push(...rows.map((row) => ({ row, endpoint })))
    if (isFailing) failingLeft -= rows.length
  }
  const ids = formatArray([...new Set(taken.map(({ row }) => row.eventId))])
  const isNamed = 'WHERE id = ANY($1::text::text[])'
  const found = await selectRows(tx, events, undefined, isNamed, [ids])
  const byId = new Map(found.map((row) => [row.id, toEvent(row)]))
  return taken.map(({ row, endpoint }) => {
    const event = byId.get(row.eventId)
    assert(event !== undefined, 'a delivery has its event')
    return { delivery: toDelivery(row), endpoint, event }
  })
}

type Row = typeof deliveries.$inferSelect

async function claimOf(
  { client }: Tx,
  { instanceId, nowMs, claimedUntilMs }: DeliveryClaim,
  endpointId: string,
  max: number,
): Promise<Row[]> {
  // As an array, the rows are selected once. With IN, some plans select the next ones for each row.
  const rows = await client.unsafe<Record<string, unknown>[]>(
    `UPDATE deliveries SET claimed_by = $2, claimed_until_ms = $3 WHERE position = ANY(ARRAY(
       SELECT position FROM deliveries WHERE endpoint_id = $1 AND ${isDue('$4')}
       ORDER BY next_attempt_at_ms, position LIMIT $5 FOR UPDATE SKIP LOCKED
     )) RETURNING *`,
    [endpointId, instanceId, claimedUntilMs, nowMs, max],
  )
  return rows
    .map((row) => readColumns(deliveries, row))
    .sort((one, other) => one.position - other.position)
}
