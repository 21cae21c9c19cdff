import { and, asc, eq, gt, gte, lte, sql } from 'drizzle-orm'
import { beginSchedule } from '~/domain/deliveries.ts'
import type { Db } from './connection.ts'
import type { Engine } from './engine.ts'
import { parameters } from './parameters.ts'
import { prepareInsert } from './rows.ts'
import { deliveries, events, fanOuts } from './schema.ts'

/** Deliveries that one transaction writes together with their events. */
const DIRECT_MAX = 100
/** Deliveries that one later transaction creates. */
const STEP_DELIVERIES = 100

export function prepareFanOuts(db: Db) {
  const { position, lastEvent, endpointIds } = fanOuts
  const last = db.select({ last: sql`max(${position})` }).from(fanOuts)
  return {
    first: db.select().from(fanOuts).orderBy(asc(position)).limit(1).prepare(),
    after: db
      .select()
      .from(fanOuts)
      .where(gt(lastEvent, sql.placeholder('event')))
      .orderBy(asc(position))
      .limit(1)
      .prepare(),
    insert: db
      .insert(fanOuts)
      .values(parameters('firstEvent', 'lastEvent', 'endpointIds'))
      .prepare(),
    /** Adds an event to the last range, if it comes right after it and is for the same endpoints. */
    extend: db
      .update(fanOuts)
      .set({ lastEvent: sql`${sql.placeholder('event')}` })
      .where(
        and(
          eq(position, last),
          sql`${lastEvent} = ${sql.placeholder('event')} - 1`,
          eq(endpointIds, sql.placeholder('endpointIds')),
        ),
      )
      .returning({ position })
      .prepare(),
    createDelivery: prepareInsert(
      db,
      deliveries,
      [
        ...(['id', 'eventId', 'eventType', 'endpointId', 'createdAtMs'] as const),
        ...(['status', 'attempts', 'nextAttemptAtMs'] as const),
      ],
      'ON CONFLICT (event_id, endpoint_id) DO NOTHING',
    ),
  }
}

interface Occurrence {
  readonly position: number
  readonly id: string
  readonly type: string
  readonly timestampMs: number
}

/**
 * Writes a delivery of this event for each endpoint, in the transaction of the event. If there are
 * too many for one transaction, it writes what is to be created, and later steps create them.
 */
export function fanOut(engine: Engine, event: Occurrence, endpointIds: readonly string[]): void {
  if (endpointIds.length === 0) return
  const { statements, touched } = engine
  touched.touchesOutbox = true
  touched.deliveries += endpointIds.length
  // Later events must not overtake those that wait.
  if (touched.deliveries > DIRECT_MAX || statements.fanOuts.first.get() !== undefined) {
    const range = { endpointIds: JSON.stringify(endpointIds), event: event.position }
    if (statements.fanOuts.extend.get(range) !== undefined) return
    const { position: firstEvent } = event
    statements.fanOuts.insert.run({ ...range, firstEvent, lastEvent: firstEvent })
  } else for (const endpointId of endpointIds) createDelivery(engine, event, endpointId)
}

/** Returns whether deliveries are still to be created. */
export function isFanOutLeft({ statements }: Pick<Engine, 'statements'>): boolean {
  return statements.fanOuts.first.get() !== undefined
}

/** Creates what is still to be created for one endpoint, in small transactions. */
export async function finishFanOut(engine: Engine, endpointId: string): Promise<void> {
  let after: number | null = isFanOutLeft(engine.committed) ? 0 : null
  while (after !== null) {
    const from: number = after
    after = await engine.transact(() => {
      const range = engine.statements.fanOuts.after.get({ event: from })
      if (range === undefined) return null
      const firstEvent = Math.max(range.firstEvent, from + 1)
      const isReceiver = parseIds(range).includes(endpointId)
      return createDeliveries(engine, { ...range, firstEvent }, isReceiver ? [endpointId] : [])
    })
  }
}

/** Creates the next few deliveries, oldest events first, in the transaction that is running. */
export function advanceFanOut(engine: Engine): void {
  const { db, statements } = engine
  const range = statements.fanOuts.first.get()
  if (range === undefined) return
  const last = createDeliveries(engine, range, parseIds(range))
  const isRange = eq(fanOuts.position, range.position)
  if (last === range.lastEvent) db.delete(fanOuts).where(isRange).run()
  else {
    const left = db.update(fanOuts).set({ firstEvent: last + 1 })
    left.where(isRange).run()
  }
}

type FanOut = typeof fanOuts.$inferSelect

const parseIds = ({ endpointIds }: FanOut) => JSON.parse(endpointIds) as string[]

/** Creates deliveries of the first few events of a range, and returns the position of the last one. */
function createDeliveries(
  engine: Engine,
  { firstEvent, lastEvent }: FanOut,
  endpointIds: readonly string[],
): number {
  const { db, statements, clock, touched } = engine
  const eventsMax = Math.ceil(STEP_DELIVERIES / Math.max(1, endpointIds.length))
  const last = Math.min(lastEvent, firstEvent + eventsMax - 1)
  const { position, id, type, timestampMs } = events
  const due = db
    .select({ position, id, type, timestampMs })
    .from(events)
    .where(and(gte(position, firstEvent), lte(position, last)))
    .orderBy(asc(position))
    .all()
  // An endpoint may have been deleted since then.
  const receivers = endpointIds.filter((id) => statements.endpoints.byId.get({ id }) !== undefined)
  for (const event of due) {
    // The clock may have been set back since the event.
    const timestampMs = Math.min(event.timestampMs, clock.nowMs())
    for (const receiver of receivers) createDelivery(engine, { ...event, timestampMs }, receiver)
  }
  if (receivers.length > 0) touched.touchesOutbox = true
  return last
}

/** Writes nothing if the delivery was created in the meantime, on its own. */
function createDelivery(
  { statements, createId }: Engine,
  { id: eventId, type: eventType, timestampMs: createdAtMs }: Occurrence,
  endpointId: string,
): void {
  const row = { id: createId('dlv'), eventId, eventType, endpointId, createdAtMs }
  statements.fanOuts.createDelivery({ ...row, ...beginSchedule(createdAtMs) })
}
