import { and, eq, ne, sql } from 'drizzle-orm'
import { assert } from '~/assert.ts'
import type { Delivery, DeliveryDecision, DeliveryRecord, Progress } from '~/domain/deliveries.ts'
import { runAtOnce } from '~/turns.ts'
import type { Deliveries } from '../outbox-port.ts'
import { toDelivery, toProgressRow } from '../shared/delivery-rows.ts'
import { readPageByPosition } from '../shared/pages.ts'
import { type Origin, recordAction, runCommand } from './commands.ts'
import type { Db } from './connection.ts'
import { searchDeliveries } from './delivery-lists.ts'
import { readEndpoint, updateEndpoint } from './endpoints.ts'
import type { Engine, Reading } from './engine.ts'
import { appendEvents } from './events.ts'
import { finishFanOut } from './fan-out.ts'
import { equals, parameters, selectNewest } from './parameters.ts'
import { attempts, deliveries, endpoints, events } from './schema.ts'

type RecordRow = { delivery: typeof deliveries.$inferSelect; eventType: string; position: number }

export function prepareDeliveries(db: Db) {
  const selectRecords = () =>
    db
      .select({ delivery: deliveries, eventType: events.type, position: deliveries.position })
      .from(deliveries)
      .innerJoin(events, eq(events.id, deliveries.eventId))
  const isToEndpoint = equals(deliveries.endpointId, 'endpointId')
  return {
    byId: selectRecords()
      .innerJoin(endpoints, eq(endpoints.id, deliveries.endpointId))
      .where(and(equals(deliveries.id, 'id'), ne(endpoints.state, 'deleted')))
      .prepare(),
    newest: selectNewest(selectRecords().$dynamic(), deliveries.position, isToEndpoint).prepare(),
    upsert: db
      .insert(deliveries)
      .values({
        ...parameters('id', 'eventId', 'endpointId', 'createdAtMs'),
        ...parameters('status', 'attempts', 'nextAttemptAtMs'),
        eventType: sql`(SELECT type FROM events WHERE id = ${sql.placeholder('eventId')})`,
      })
      .onConflictDoUpdate({
        target: deliveries.id,
        set: {
          status: sql`excluded.status`,
          attempts: sql`excluded.attempts`,
          nextAttemptAtMs: sql`excluded.next_attempt_at_ms`,
        },
      })
      .prepare(),
    attempts: db
      .select()
      .from(attempts)
      .where(equals(attempts.deliveryId, 'deliveryId'))
      .orderBy(attempts.position)
      .prepare(),
  }
}

export function createDeliveries(engine: Engine): Deliveries {
  const getStatements = () => engine.committed.statements.deliveries
  return {
    list: async (endpointId, page) => {
      await finishFanOut(engine, endpointId)
      return readPageByPosition(
        page,
        (range) => getStatements().newest.all({ endpointId, ...range }),
        toRecord,
      )
    },
    search: (filter, page) => searchDeliveries(engine, filter, page),
    find: async (id) => readDelivery(engine.committed, id),
    listAttempts: async (deliveryId) => getStatements().attempts.all({ deliveryId }),
    change: (id, context, decide) =>
      runCommand(engine, context, () => {
        const record = readDelivery(engine, id)
        if (record === null) return null
        const { delivery } = record
        const endpoint = readEndpoint(engine, delivery.endpointId)
        assert(endpoint !== null, 'a delivery has its endpoint')
        writeDecision(engine, context, delivery, decide({ delivery, endpoint }))
        return readDelivery(engine, id) ?? record
      }),
  }
}

function readDelivery({ statements }: Reading, id: string): DeliveryRecord | null {
  const row = statements.deliveries.byId.get({ id })
  return row === undefined ? null : toRecord(row)
}

function toRecord({ delivery, eventType }: RecordRow): DeliveryRecord {
  return { delivery: toDelivery(delivery), eventType }
}

/** Creates a delivery, or gives an existing one this progress. */
export function upsertDelivery({ statements }: Engine, { progress, ...rest }: Delivery): void {
  statements.deliveries.upsert.run({ ...rest, ...toProgressRow(progress) })
}

function writeDecision(
  engine: Engine,
  origin: Origin,
  { id }: Delivery,
  { attempt, progress, endpoint, events = [] }: DeliveryDecision,
): void {
  // Without an attempt, the claim is kept: an attempt that is under way must not start again.
  if (attempt === undefined) {
    engine.db.update(deliveries).set(toProgressRow(progress)).where(eq(deliveries.id, id)).run()
  } else insertAttempt(engine, id, attempt, progress)
  recordAction(engine, origin, attempt === undefined ? 'delivery.progress' : 'delivery.attempt', id)
  if (endpoint !== undefined) updateEndpoint(engine, origin, endpoint)
  runAtOnce(appendEvents(engine, events, origin.nowMs))
}

/**
 * Stores an attempt and releases the claim. Without the response if the event was redacted during
 * the attempt, because the response may repeat what was posted. Raw SQL, which the driver caches.
 */
function insertAttempt(
  { db: { $client } }: Engine,
  deliveryId: string,
  attempt: NonNullable<DeliveryDecision['attempt']>,
  progress: Progress,
): void {
  $client
    .query(
      `INSERT INTO attempts (delivery_id, at_ms, duration_ms, status, error, response_body)
       SELECT deliveries.id, $atMs, $durationMs, $status, $error,
         CASE events.data WHEN $postedData THEN $responseBody ELSE '' END
       FROM deliveries JOIN events ON events.id = deliveries.event_id
       WHERE deliveries.id = $deliveryId`,
    )
    .run({ deliveryId, ...attempt })
  $client
    .query(
      `UPDATE deliveries SET status = $status, attempts = $attempts,
         next_attempt_at_ms = $nextAttemptAtMs, claimed_by = NULL, claimed_until_ms = NULL
       WHERE id = $deliveryId`,
    )
    .run({ deliveryId, ...toProgressRow(progress) })
}
