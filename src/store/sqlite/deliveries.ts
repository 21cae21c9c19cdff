import { and, desc, eq, gte, inArray, isNotNull, isNull, lt, ne, or, sql } from 'drizzle-orm'
import { assert } from '~/assert.ts'
import { beginSchedule, type Delivery, type Progress } from '~/domain/deliveries.ts'
import { type Endpoint, matchesPattern } from '~/domain/endpoints.ts'
import { eventTypes } from '~/domain/events.ts'
import { Fault } from '~/domain/faults.ts'
import { lowestIdAt } from '~/domain/ids.ts'
import type {
  ClaimedDelivery,
  DeliveryClaim,
  DeliveryRecord,
  EventRecord,
  Page,
  PageRequest,
  Store,
} from '../port.ts'
import type { Db } from './connection.ts'
import type { Engine } from './engine.ts'
import { pageByPosition, positionOf } from './pages.ts'
import { attempts, deliveries, endpoints, events } from './schema.ts'

/** How much one recovery may put before the endpoint. */
const RECOVERED_MAX = 10_000

type DeliveryRow = typeof deliveries.$inferSelect

export function toEndpointRow(endpoint: Endpoint): typeof endpoints.$inferInsert {
  return { ...endpoint, events: [...endpoint.events] }
}

export function toProgressRow(progress: Progress) {
  const { status, tries } = progress
  return { status, tries, nextTryAtMs: status === 'pending' ? progress.nextTryAtMs : null }
}

export interface OutboxWrites {
  /** One delivery for each endpoint that wants the event; true when there is any. */
  fanOut(event: EventRecord, onlyEndpointId: string | undefined): boolean
}

/** Endpoints are read in the transaction of the event, so neither can miss the other. */
export function createOutboxWrites(db: Db, createDeliveryId: () => string): OutboxWrites {
  const listening = db
    .select({ id: endpoints.id, events: endpoints.events })
    .from(endpoints)
    .where(inArray(endpoints.state, ['enabled', 'paused']))
    .prepare()
  const insert = db
    .insert(deliveries)
    .values({
      id: sql.placeholder('id'),
      eventId: sql.placeholder('eventId'),
      endpointId: sql.placeholder('endpointId'),
      createdAtMs: sql.placeholder('nowMs'),
      status: 'pending',
      tries: 0,
      nextTryAtMs: sql.placeholder('nowMs'),
    })
    .prepare()

  function fanOut(event: EventRecord, onlyEndpointId: string | undefined): boolean {
    const endpointIds =
      onlyEndpointId === undefined
        ? listening
            .all()
            .filter(({ events: patterns }) => matchesPattern(patterns, event.type))
            .map(({ id }) => id)
        : [onlyEndpointId]
    for (const endpointId of endpointIds) {
      const id = createDeliveryId()
      insert.run({ id, eventId: event.id, endpointId, nowMs: event.timestampMs })
    }
    return endpointIds.length > 0
  }

  return { fanOut }
}

export interface DeliveryReads {
  readDelivery(id: string): DeliveryRecord | null
  readDeliveries(endpointId: string, page: PageRequest): Page<DeliveryRecord>
  readNextTryAtMs(): number | null
}

export function createDeliveryReads(db: Db): DeliveryReads {
  const withEventType = () =>
    db
      .select({ delivery: deliveries, eventType: events.type })
      .from(deliveries)
      .innerJoin(events, eq(events.id, deliveries.eventId))
  const nextTry = db
    .select({ atMs: sql<number | null>`min(${deliveries.nextTryAtMs})` })
    .from(deliveries)
    .innerJoin(endpoints, eq(endpoints.id, deliveries.endpointId))
    .where(
      and(
        eq(deliveries.status, 'pending'),
        eq(endpoints.state, 'enabled'),
        sql`${deliveries.claimedBy} IS NULL`,
      ),
    )
    .prepare()

  function readDelivery(id: string): DeliveryRecord | null {
    const row = withEventType().where(eq(deliveries.id, id)).get()
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

  return { readDelivery, readDeliveries, readNextTryAtMs: () => nextTry.get()?.atMs ?? null }
}

function toRecord(row: { delivery: DeliveryRow; eventType: string }): DeliveryRecord {
  return { delivery: toDelivery(row.delivery), eventType: row.eventType }
}

function toDelivery(row: DeliveryRow): Delivery {
  const { id, eventId, endpointId, createdAtMs } = row
  return { id, eventId, endpointId, createdAtMs, progress: toProgress(row) }
}

function toProgress({ status, tries, nextTryAtMs }: DeliveryRow): Progress {
  if (status !== 'pending') return { status, tries }
  assert(nextTryAtMs !== null, 'a pending delivery has a next try')
  return { status, tries, nextTryAtMs }
}

type DeliveryMethods = Pick<
  Store,
  | 'recoverDeliveries'
  | 'listDeliveries'
  | 'findDelivery'
  | 'listAttempts'
  | 'changeDelivery'
  | 'claimDeliveries'
  | 'releaseDeliveries'
  | 'findNextTryAtMs'
>

export function deliveryMethods(engine: Engine): DeliveryMethods {
  const { db, command, deliveries: reads, endpoints: endpointReads, transact } = engine

  return {
    recoverDeliveries: (endpointId, sinceMs, context) =>
      command(context, () => {
        const endpoint = endpointReads.readEndpoint(endpointId)
        if (endpoint === null) return null
        const recovered = recover(engine, endpoint, sinceMs, context.nowMs)
        return {
          decision: { result: null, changes: [{ type: 'endpoint.update', endpoint }], events: [] },
          answer: () => ({ recovered }),
        }
      }),
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
        assert(endpoint !== null, 'deliveries go with their endpoint')
        const decision = decide({ delivery: record.delivery, endpoint })
        return { decision, answer: () => reads.readDelivery(id) ?? record }
      }),
    claimDeliveries: (claim) => transact(() => claimDue(engine, claim)),
    releaseDeliveries: (instanceId, whose) =>
      transact(() => {
        const holder = deliveries.claimedBy
        const held = whose === 'own' ? eq(holder, instanceId) : ne(holder, instanceId)
        db.update(deliveries)
          .set({ claimedBy: null, claimedUntilMs: null })
          .where(and(isNotNull(holder), held))
          .run()
      }),
    findNextTryAtMs: async () => reads.readNextTryAtMs(),
  }
}

/** Endpoint by endpoint, so that a crowd waiting for one never stands before another's. */
function claimDue(engine: Engine, claim: DeliveryClaim): ClaimedDelivery[] {
  const { instanceId, nowMs, claimedUntilMs, perEndpointMax, underWay } = claim
  let room = claim.totalMax
  const claimed: ClaimedDelivery[] = []
  const busyness = ({ id }: Endpoint) => underWay.get(id) ?? 0
  const endpoints = engine.endpoints.readEnabled()
  for (const endpoint of [...endpoints].sort((one, other) => busyness(one) - busyness(other))) {
    // Who fails may well hang, so it is given one chance at a time.
    const endpointMax = endpoint.failingSinceMs === null ? perEndpointMax : 1
    const max = Math.min(room, endpointMax - busyness(endpoint))
    if (max <= 0) continue
    const due = sql`
      SELECT position FROM deliveries
      WHERE endpoint_id = ${endpoint.id} AND status = 'pending' AND next_try_at_ms <= ${nowMs}
        AND (claimed_by IS NULL OR claimed_until_ms <= ${nowMs})
      ORDER BY next_try_at_ms, position LIMIT ${max}`
    const rows = engine.db
      .update(deliveries)
      .set({ claimedBy: instanceId, claimedUntilMs })
      .where(sql`${deliveries.position} IN (${due})`)
      .returning()
      .all()
    room -= rows.length
    for (const row of rows.sort((one, other) => one.position - other.position)) {
      const event = engine.events.readEvent(row.eventId)
      assert(event !== null, 'a delivery has its event')
      claimed.push({ delivery: toDelivery(row), endpoint, event })
    }
  }
  return claimed
}

/** Failed deliveries begin anew, and events that found the endpoint disabled get one. */
function recover(engine: Engine, endpoint: Endpoint, sinceMs: number, nowMs: number): number {
  const { db, createDeliveryId } = engine
  const wanted = eventTypes.filter((type) => matchesPattern(endpoint.events, type))
  const isOfEndpoint = eq(deliveries.endpointId, endpoint.id)
  const missed = db
    .select({ eventId: events.id, deliveryId: deliveries.id })
    .from(events)
    .leftJoin(deliveries, and(eq(deliveries.eventId, events.id), isOfEndpoint))
    .where(
      and(
        // Ids are ordered by time, so the index on them finds where to begin.
        gte(events.id, lowestIdAt('evt', sinceMs)),
        or(
          eq(deliveries.status, 'failed'),
          and(isNull(deliveries.id), inArray(events.type, wanted), ne(events.type, 'webhook.test')),
        ),
      ),
    )
    .orderBy(events.position)
    .limit(RECOVERED_MAX + 1)
    .all()
  if (missed.length > RECOVERED_MAX) {
    throw new Fault(
      'too_many_matches',
      `More than ${RECOVERED_MAX} deliveries were missed since then. Give a later time.`,
    )
  }
  const begun = toProgressRow(beginSchedule(nowMs))
  for (const { eventId, deliveryId } of missed) {
    if (deliveryId === null) {
      const row = { id: createDeliveryId(), eventId, endpointId: endpoint.id, createdAtMs: nowMs }
      db.insert(deliveries)
        .values({ ...row, ...begun })
        .run()
    } else db.update(deliveries).set(begun).where(eq(deliveries.id, deliveryId)).run()
  }
  return missed.length
}
