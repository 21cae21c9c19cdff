import { assert } from '~/assert.ts'
import type { Delivery, DeliveryDecision, DeliveryRecord, Progress } from '~/domain/deliveries.ts'
import type { Deliveries } from '../outbox-port.ts'
import { toDeliveryRecord, toProgressRow } from '../shared/delivery-rows.ts'
import { type Origin, recordAction, runCommand } from './commands.ts'
import { searchDeliveries } from './delivery-lists.ts'
import { LOCK, readEndpoint, updateEndpoint } from './endpoints.ts'
import type { Engine, Reading, Tx } from './engine.ts'
import { appendEvents } from './events.ts'
import { finishFanOut } from './fan-out.ts'
import { readNewest } from './pages.ts'
import { insertRows, selectRow, selectRows, updateRow } from './rows.ts'
import { attempts, deliveries } from './schema.ts'

export function createDeliveries(engine: Engine): Deliveries {
  return {
    list: async (endpointId, page) => {
      await finishFanOut(engine, endpointId)
      return readNewest(engine, deliveries, page, toDeliveryRecord, 'endpoint_id = $1', [
        endpointId,
      ])
    },
    search: (filter, page) => searchDeliveries(engine, filter, page),
    find: (id) => readDelivery(engine, id),
    listAttempts: (deliveryId) => {
      const condition = 'WHERE delivery_id = $1 ORDER BY position'
      return selectRows(engine, attempts, undefined, condition, [deliveryId])
    },
    change: (id, context, decide) =>
      runCommand(engine, context, async (tx) => {
        const record = await readDelivery(tx, id, LOCK)
        if (record === null) return null
        const { delivery } = record
        const endpoint = await readEndpoint(tx, delivery.endpointId, LOCK)
        // It may have been deleted while this one waited.
        if (endpoint === null) return null
        await writeDecision(tx, context, delivery, decide({ delivery, endpoint }))
        return (await readDelivery(tx, id)) ?? record
      }),
  }
}

async function readDelivery(
  reading: Reading,
  id: string,
  lock = '',
): Promise<DeliveryRecord | null> {
  const isKept = "endpoint_id NOT IN (SELECT id FROM endpoints WHERE state = 'deleted')"
  const condition = `WHERE id = $1 AND ${isKept} ${lock}`
  const row = await selectRow(reading, deliveries, undefined, condition, [id])
  return row === null ? null : toDeliveryRecord(row)
}

/** Creates deliveries of events with these types, or gives existing ones this progress. */
export async function upsertDeliveries(
  tx: Tx,
  restarted: readonly { readonly delivery: Delivery; readonly eventType: string }[],
): Promise<void> {
  const rows = restarted.map(({ delivery: { progress, ...rest }, eventType }) => ({
    ...rest,
    eventType,
    ...toProgressRow(progress),
  }))
  const onConflict = `ON CONFLICT (id) DO UPDATE SET status = excluded.status,
    attempts = excluded.attempts, next_attempt_at_ms = excluded.next_attempt_at_ms`
  await insertRows(tx, deliveries, rows, onConflict)
}

async function writeDecision(
  tx: Tx,
  origin: Origin,
  { id }: Delivery,
  { attempt, progress, endpoint, events = [] }: DeliveryDecision,
): Promise<void> {
  // Without an attempt, the claim is kept: an attempt that is under way must not start again.
  if (attempt === undefined) await updateRow(tx, deliveries, id, toProgressRow(progress))
  else await insertAttempt(tx, id, attempt, progress)
  recordAction(tx, origin, attempt === undefined ? 'delivery.progress' : 'delivery.attempt', id)
  if (endpoint !== undefined) await updateEndpoint(tx, origin, endpoint)
  if (events.length === 0) return
  assert(
    events.every(({ licenseId }) => licenseId === null),
    'no event is about a license',
  )
  await appendEvents(tx, events, origin.nowMs)
}

/**
 * Stores an attempt and releases the claim. Without the response if the event was redacted during
 * the attempt, because the response may repeat what was posted.
 */
async function insertAttempt(
  tx: Tx,
  deliveryId: string,
  attempt: NonNullable<DeliveryDecision['attempt']>,
  progress: Progress,
): Promise<void> {
  const { atMs, durationMs, status, error, postedData, responseBody } = attempt
  await tx.client.unsafe(
    `INSERT INTO attempts (delivery_id, at_ms, duration_ms, status, error, response_body)
     SELECT deliveries.id, $2::bigint, $3::bigint, $4::bigint, $5::text,
       CASE events.data WHEN $6::text THEN $7::text ELSE '' END
     FROM deliveries JOIN events ON events.id = deliveries.event_id WHERE deliveries.id = $1`,
    [deliveryId, atMs, durationMs, status, error, postedData, responseBody],
  )
  const released = { claimedBy: null, claimedUntilMs: null }
  await updateRow(tx, deliveries, deliveryId, { ...toProgressRow(progress), ...released })
}
