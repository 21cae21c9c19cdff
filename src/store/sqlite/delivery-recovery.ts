import { and, asc, desc, eq, gt, gte, lt } from 'drizzle-orm'
import { beginSchedule, type Delivery } from '~/domain/deliveries.ts'
import type { Endpoint } from '~/domain/endpoints.ts'
import { formatLowestId } from '~/domain/ids.ts'
import type { Recovered } from '../outbox-port.ts'
import type { CommandContext } from '../port.ts'
import { type RecoveryStep, recoverInSteps, STEP_EVENTS } from '../shared/delivery-recovery.ts'
import { hasFailed, toDelivery } from '../shared/delivery-rows.ts'
import { isMissed } from '../shared/endpoints.ts'
import { type Origin, recordAction, runCommand } from './commands.ts'
import { upsertDelivery } from './deliveries.ts'
import { readEndpoint } from './endpoints.ts'
import type { Engine, Reading } from './engine.ts'
import { finishFanOut } from './fan-out.ts'
import { deliveries, events } from './schema.ts'

/** Implements `Outbox.recover`. */
export async function recoverDeliveries(
  engine: Engine,
  endpointId: string,
  sinceMs: number,
  context: CommandContext<Recovered>,
): Promise<Recovered | null> {
  // Otherwise the deliveries that are still to be created would count as missed.
  await finishFanOut(engine, endpointId)
  const start = findPositionBefore(engine.committed, sinceMs)
  const recovered = await recoverInSteps(start, (from) =>
    engine.transact(() => {
      const endpoint = readEndpoint(engine, endpointId)
      return endpoint && recoverStep(engine, context, endpoint, from)
    }),
  )
  return runCommand(engine, context, () =>
    readEndpoint(engine, endpointId) === null ? null : { recovered },
  )
}

/**
 * Returns the position before the first event since then, or null if there is none. Ids are ordered
 * by time, but after a jump of the clock not by position, so both orders are searched.
 */
function findPositionBefore({ db }: Reading, sinceMs: number): number | null {
  const lowestId = formatLowestId('evt', sinceMs)
  const select = () => db.select({ position: events.position }).from(events).limit(1).$dynamic()
  const first = select().where(gte(events.id, lowestId)).orderBy(asc(events.id)).get()
  const lastBefore = select().where(lt(events.id, lowestId)).orderBy(desc(events.position)).get()
  return first === undefined ? null : Math.min(first.position - 1, lastBefore?.position ?? 0)
}

/** Starts a new schedule for deliveries that failed, and for events without a delivery. */
function recoverStep(
  engine: Engine,
  origin: Origin,
  endpoint: Endpoint,
  from: number,
): RecoveryStep {
  const { id: endpointId } = endpoint
  const { nowMs } = origin
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
  const restarted = rows
    .filter(({ delivery, type }) =>
      delivery === null ? isMissed(endpoint, type) : hasFailed(delivery),
    )
    .map(({ id: eventId, delivery }): Delivery => {
      if (delivery !== null) return { ...toDelivery(delivery), progress }
      return { id: engine.createId('dlv'), eventId, endpointId, createdAtMs: nowMs, progress }
    })
  for (const delivery of restarted) upsertDelivery(engine, delivery)
  if (restarted.length > 0) recordAction(engine, origin, 'delivery.begin', endpointId)
  const last = rows.length < STEP_EVENTS ? undefined : rows.at(-1)
  return { recovered: restarted.length, nextPosition: last?.position ?? null }
}
