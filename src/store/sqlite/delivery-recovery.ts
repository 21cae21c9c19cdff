import { and, asc, eq, gt, gte } from 'drizzle-orm'
import { beginSchedule, type Delivery } from '~/domain/deliveries.ts'
import { type Endpoint, matchesPattern } from '~/domain/endpoints.ts'
import { formatLowestId } from '~/domain/ids.ts'
import type { Db } from './connection.ts'
import { toDelivery } from './deliveries.ts'
import type { Engine } from './engine.ts'
import type { FlatStore } from './flat.ts'
import { outcomeOf } from './outcomes.ts'
import { deliveries, events } from './schema.ts'

/** How many events one transaction looks at. */
const STEP_EVENTS = 500

export function recoveryMethods(engine: Engine): Pick<FlatStore, 'recoverDeliveries'> {
  const { command, endpoints } = engine

  return {
    recoverDeliveries: async (endpointId, sinceMs, context) => {
      let recovered = 0
      let place: number | null = findPlace(engine.db, sinceMs)
      while (place !== null) {
        const from: number = place
        const step = await command({ ...context, idempotency: null }, () => {
          const endpoint = endpoints.readEndpoint(endpointId)
          return endpoint && recoverSome(engine, endpoint, from, context.nowMs)
        })
        recovered += step?.recovered ?? 0
        place = step?.nextPlace ?? null
      }
      return command(context, () =>
        endpoints.readEndpoint(endpointId) === null
          ? null
          : outcomeOf({ result: { recovered }, changes: [], events: [] }),
      )
    },
  }
}

/** The position before the first event since then. Ids are ordered by time, so their index has it. */
function findPlace(db: Db, sinceMs: number): number | null {
  const first = db
    .select({ position: events.position })
    .from(events)
    .where(gte(events.id, formatLowestId('evt', sinceMs)))
    .orderBy(asc(events.id))
    .limit(1)
    .get()
  return first === undefined ? null : first.position - 1
}

/** What failed begins anew, for good or so far, and events that found the endpoint disabled get one. */
function recoverSome(engine: Engine, endpoint: Endpoint, from: number, nowMs: number) {
  const { id: endpointId } = endpoint
  const rows = engine.db
    .select({ position: events.position, id: events.id, type: events.type, delivery: deliveries })
    .from(events)
    .leftJoin(
      deliveries,
      and(eq(deliveries.eventId, events.id), eq(deliveries.endpointId, endpointId)),
    )
    .where(gt(events.position, from))
    .orderBy(asc(events.position))
    .limit(STEP_EVENTS)
    .all()
  const progress = beginSchedule(nowMs)
  const begun = rows
    .filter(({ delivery, type }) =>
      delivery === null ? isMissed(endpoint, type) : hasFailed(delivery),
    )
    .map(({ id: eventId, delivery }): Delivery => {
      if (delivery !== null) return { ...toDelivery(delivery), progress }
      return { id: engine.createDeliveryId(), eventId, endpointId, createdAtMs: nowMs, progress }
    })
  const last = rows.length < STEP_EVENTS ? undefined : rows.at(-1)
  return outcomeOf({
    result: { recovered: begun.length, nextPlace: last?.position ?? null },
    changes: begun.length === 0 ? [] : [{ type: 'delivery.begin', endpoint, deliveries: begun }],
    events: [],
  })
}

function hasFailed({ status, tries }: typeof deliveries.$inferSelect): boolean {
  return status === 'failed' || (status === 'pending' && tries > 0)
}

/** A test of another endpoint was never meant for this one. */
function isMissed({ events: patterns }: Endpoint, type: string): boolean {
  return type !== 'webhook.test' && matchesPattern(patterns, type)
}
