import { and, desc, eq, lt, ne, sql } from 'drizzle-orm'
import { assert } from '~/assert.ts'
import type { Change } from '~/domain/decisions.ts'
import type { Delivery, DeliveryRecord, Progress } from '~/domain/deliveries.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import type { Db } from './connection.ts'
import type { Engine } from './engine.ts'
import type { FlatStore } from './flat.ts'
import { pageByPosition, positionOf } from './pages.ts'
import { attempts, deliveries, endpoints, events } from './schema.ts'

type DeliveryRow = typeof deliveries.$inferSelect

export interface DeliveryReads {
  readDelivery(id: string): DeliveryRecord | null
  readDeliveries(endpointId: string, page: PageRequest): Page<DeliveryRecord>
}

export function createDeliveryReads(db: Db): DeliveryReads {
  const withEventType = () =>
    db
      .select({ delivery: deliveries, eventType: events.type })
      .from(deliveries)
      .innerJoin(events, eq(events.id, deliveries.eventId))
  const byId = withEventType()
    .innerJoin(endpoints, eq(endpoints.id, deliveries.endpointId))
    .where(and(eq(deliveries.id, sql.placeholder('id')), ne(endpoints.state, 'deleted')))
    .prepare()

  function readDelivery(id: string): DeliveryRecord | null {
    const row = byId.get({ id })
    return row === undefined ? null : toRecord(row)
  }

  function readDeliveries(endpointId: string, { limit, after }: PageRequest): Page<DeliveryRecord> {
    const rows = withEventType()
      .where(
        and(
          eq(deliveries.endpointId, endpointId),
          after === null ? undefined : lt(deliveries.position, positionOf(after)),
        ),
      )
      .orderBy(desc(deliveries.position))
      .limit(limit + 1)
      .all()
    const placed = rows.map((row) => ({ ...row, position: row.delivery.position }))
    return pageByPosition(placed, limit, toRecord)
  }

  return { readDelivery, readDeliveries }
}

function toRecord(row: { delivery: DeliveryRow; eventType: string }): DeliveryRecord {
  return { delivery: toDelivery(row.delivery), eventType: row.eventType }
}

export function toDelivery(row: DeliveryRow): Delivery {
  const { id, eventId, endpointId, createdAtMs } = row
  return { id, eventId, endpointId, createdAtMs, progress: toProgress(row) }
}

function toProgress({ status, tries, nextTryAtMs }: DeliveryRow): Progress {
  if (status !== 'pending') return { status, attempts: tries }
  assert(nextTryAtMs !== null, 'a pending delivery has a next attempt')
  return { status, attempts: tries, nextAttemptAtMs: nextTryAtMs }
}

function toProgressRow(progress: Progress) {
  const { status, attempts: tries } = progress
  return { status, tries, nextTryAtMs: status === 'pending' ? progress.nextAttemptAtMs : null }
}

type DeliveryChange<Type extends Change['type']> = Extract<Change, { readonly type: Type }>

/** Whoever is at it stays at it: two tries at once would help nobody. */
export function applyProgress(db: Db, change: DeliveryChange<'delivery.progress'>): void {
  const { deliveryId, progress } = change
  db.update(deliveries).set(toProgressRow(progress)).where(eq(deliveries.id, deliveryId)).run()
}

/** Raw, since it runs once a try: the driver keeps statements by their text, drizzle none. */
export function applyAttempt({ $client }: Db, change: DeliveryChange<'delivery.attempt'>): void {
  const { deliveryId, postedData, attempt, progress } = change
  const { atMs, durationMs, status, error, responseBody } = attempt
  $client
    .query(
      `INSERT INTO attempts (delivery_id, at_ms, duration_ms, status, error, response_body)
       SELECT deliveries.id, $atMs, $durationMs, $status, $error,
         CASE events.data WHEN $postedData THEN $responseBody ELSE '' END
       FROM deliveries JOIN events ON events.id = deliveries.event_id
       WHERE deliveries.id = $deliveryId`,
    )
    .run({ deliveryId, atMs, durationMs, status, error, postedData, responseBody })
  $client
    .query(
      `UPDATE deliveries SET status = $status, tries = $tries, next_try_at_ms = $nextTryAtMs,
         claimed_by = NULL, claimed_until_ms = NULL
       WHERE id = $deliveryId`,
    )
    .run({ deliveryId, ...toProgressRow(progress) })
}

export function applyBeginnings(db: Db, change: DeliveryChange<'delivery.begin'>): void {
  const upsert = db
    .insert(deliveries)
    .values({
      id: sql.placeholder('id'),
      eventId: sql.placeholder('eventId'),
      endpointId: sql.placeholder('endpointId'),
      createdAtMs: sql.placeholder('createdAtMs'),
      status: sql.placeholder('status'),
      tries: sql.placeholder('tries'),
      nextTryAtMs: sql.placeholder('nextTryAtMs'),
    })
    .onConflictDoUpdate({
      target: deliveries.id,
      set: {
        status: sql`excluded.status`,
        tries: sql`excluded.tries`,
        nextTryAtMs: sql`excluded.next_try_at_ms`,
      },
    })
    .prepare()
  for (const { progress, ...delivery } of change.deliveries) {
    upsert.run({ ...delivery, ...toProgressRow(progress) })
  }
}

type DeliveryMethods = Pick<
  FlatStore,
  'listDeliveries' | 'findDelivery' | 'listAttempts' | 'changeDelivery'
>

export function deliveryMethods(engine: Engine): DeliveryMethods {
  const { db, command, deliveries: reads, endpoints: endpointReads } = engine

  return {
    listDeliveries: async (endpointId, page) => reads.readDeliveries(endpointId, page),
    findDelivery: async (id) => reads.readDelivery(id),
    listAttempts: async (deliveryId) =>
      db
        .select()
        .from(attempts)
        .where(eq(attempts.deliveryId, deliveryId))
        .orderBy(attempts.position)
        .all(),
    changeDelivery: (id, context, decide) =>
      command(context, () => {
        const record = reads.readDelivery(id)
        if (record === null) return null
        const endpoint = endpointReads.readEndpoint(record.delivery.endpointId)
        assert(endpoint !== null, 'a delivery has its endpoint')
        const decision = decide({ delivery: record.delivery, endpoint })
        return { decision, answer: () => reads.readDelivery(id) ?? record }
      }),
  }
}
