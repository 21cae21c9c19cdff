import { and, asc, eq, exists, gt, inArray, isNotNull, isNull, lte, ne, or, sql } from 'drizzle-orm'
import { assert } from '~/assert.ts'
import { beginSchedule, type Delivery } from '~/domain/deliveries.ts'
import { type Endpoint, matchesPattern } from '~/domain/endpoints.ts'
import { lowestIdAt } from '~/domain/ids.ts'
import type { ClaimedDelivery, DeliveryClaim, EventRecord, Store } from '../port.ts'
import type { Db } from './connection.ts'
import { toDelivery } from './deliveries.ts'
import { toEndpoint } from './endpoints.ts'
import type { Engine } from './engine.ts'
import { outcomeOf } from './outcomes.ts'
import { deliveries, endpoints, events } from './schema.ts'

/** How many events one transaction of a recovery looks at. */
const RECOVERY_STEP_EVENTS = 500

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

type OutboxMethods = Pick<Store, 'claimDeliveries' | 'releaseDeliveries' | 'recoverDeliveries'>

export function outboxMethods(engine: Engine): OutboxMethods {
  const { db, command, transact } = engine
  const { claimDue, isAnythingDue } = createClaims(engine)

  return {
    // Most rounds find nothing, and looking takes no lock.
    claimDeliveries: async (claim) => (isAnythingDue(claim) ? transact(() => claimDue(claim)) : []),
    releaseDeliveries: (instanceId, whose) =>
      transact(() => {
        const holder = deliveries.claimedBy
        const held = whose === 'own' ? eq(holder, instanceId) : ne(holder, instanceId)
        db.update(deliveries)
          .set({ claimedBy: null, claimedUntilMs: null })
          .where(and(isNotNull(holder), held))
          .run()
      }),
    recoverDeliveries: async (endpointId, sinceMs, context) => {
      let recovered = 0
      let place: number | null = positionBefore(db, sinceMs)
      while (place !== null) {
        const after: number = place
        const step = await command({ ...context, idempotency: null }, () =>
          recoverStep(engine, endpointId, after, context.nowMs),
        )
        recovered += step?.recovered ?? 0
        place = step?.nextPlace ?? null
      }
      return command(context, () =>
        engine.endpoints.readEndpoint(endpointId) === null
          ? null
          : outcomeOf({ result: { recovered }, changes: [], events: [] }),
      )
    },
  }
}

function createClaims({ db, events: eventReads }: Engine) {
  const isDue = and(
    eq(deliveries.endpointId, endpoints.id),
    eq(deliveries.status, 'pending'),
    lte(deliveries.nextTryAtMs, sql.placeholder('nowMs')),
    or(isNull(deliveries.claimedBy), lte(deliveries.claimedUntilMs, sql.placeholder('nowMs'))),
  )
  const awaited = db
    .select()
    .from(endpoints)
    .where(
      and(
        eq(endpoints.state, 'enabled'),
        exists(db.select({ one: sql`1` }).from(deliveries).where(isDue)),
      ),
    )
    .prepare()
  const due = sql`
    SELECT position FROM deliveries
    WHERE endpoint_id = ${sql.placeholder('endpointId')} AND status = 'pending'
      AND next_try_at_ms <= ${sql.placeholder('nowMs')}
      AND (claimed_by IS NULL OR claimed_until_ms <= ${sql.placeholder('nowMs')})
    ORDER BY next_try_at_ms, position LIMIT ${sql.placeholder('max')}`
  const take = db
    .update(deliveries)
    .set({
      claimedBy: sql`${sql.placeholder('instanceId')}`,
      claimedUntilMs: sql`${sql.placeholder('claimedUntilMs')}`,
    })
    .where(sql`${deliveries.position} IN (${due})`)
    .returning()
    .prepare()

  /** Whose turn it is: the idlest first, so that a crowd waiting for one never delays another. */
  function findAwaited({ nowMs, perEndpointMax, underWay }: DeliveryClaim) {
    return awaited
      .all({ nowMs })
      .map((row) => {
        const endpoint = toEndpoint(row)
        const busyness = underWay.get(endpoint.id) ?? 0
        // Who fails may well hang, so it is given one chance at a time.
        const room = (endpoint.failingSinceMs === null ? perEndpointMax : 1) - busyness
        return { endpoint, busyness, room }
      })
      .filter(({ room }) => room > 0)
      .sort((one, other) => one.busyness - other.busyness)
  }

  function claimDue(claim: DeliveryClaim): ClaimedDelivery[] {
    const { instanceId, nowMs, claimedUntilMs } = claim
    const claimed: ClaimedDelivery[] = []
    for (const { endpoint, room } of findAwaited(claim)) {
      const max = Math.min(room, claim.totalMax - claimed.length)
      const rows = take.all({ endpointId: endpoint.id, nowMs, max, instanceId, claimedUntilMs })
      for (const row of rows.sort((one, other) => one.position - other.position)) {
        const event = eventReads.readEvent(row.eventId)
        assert(event !== null, 'a delivery has its event')
        claimed.push({ delivery: toDelivery(row), endpoint, event })
      }
    }
    return claimed
  }

  return { claimDue, isAnythingDue: (claim: DeliveryClaim) => findAwaited(claim).length > 0 }
}

/** Ids are ordered by time, so the index on them finds where to begin. */
function positionBefore(db: Db, sinceMs: number): number | null {
  const first = db
    .select({ position: events.position })
    .from(events)
    .where(sql`${events.id} >= ${lowestIdAt('evt', sinceMs)}`)
    .orderBy(asc(events.id))
    .limit(1)
    .get()
  return first === undefined ? null : first.position - 1
}

/** Failed deliveries begin anew, and events that found the endpoint disabled get one. */
function recoverStep(engine: Engine, endpointId: string, afterPosition: number, nowMs: number) {
  const { db, createDeliveryId } = engine
  const endpoint = engine.endpoints.readEndpoint(endpointId)
  if (endpoint === null) return null
  const isOfEndpoint = eq(deliveries.endpointId, endpointId)
  const rows = db
    .select({ position: events.position, id: events.id, type: events.type, delivery: deliveries })
    .from(events)
    .leftJoin(deliveries, and(eq(deliveries.eventId, events.id), isOfEndpoint))
    .where(gt(events.position, afterPosition))
    .orderBy(asc(events.position))
    .limit(RECOVERY_STEP_EVENTS)
    .all()
  const progress = beginSchedule(nowMs)
  const begun = rows
    .filter(({ delivery, type }) =>
      delivery === null ? isMissed(endpoint, type) : delivery.status === 'failed',
    )
    .map(({ id: eventId, delivery }): Delivery => {
      if (delivery !== null) return { ...toDelivery(delivery), progress }
      return { id: createDeliveryId(), eventId, endpointId, createdAtMs: nowMs, progress }
    })
  const nextPlace = rows.length < RECOVERY_STEP_EVENTS ? null : (rows.at(-1)?.position ?? null)
  return outcomeOf({
    result: { recovered: begun.length, nextPlace },
    changes: begun.length === 0 ? [] : [{ type: 'delivery.begin', endpoint, deliveries: begun }],
    events: [],
  })
}

/** A test of another endpoint was never meant for this one. */
function isMissed({ events: patterns }: Endpoint, type: string): boolean {
  return type !== 'webhook.test' && matchesPattern(patterns, type)
}
