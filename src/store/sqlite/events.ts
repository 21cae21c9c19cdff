import { and, asc, desc, eq, gt, inArray, lt, type SQL, sql } from 'drizzle-orm'
import { unionAll } from 'drizzle-orm/sqlite-core'
import type { EventFilter, EventRecord } from '~/domain/events.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import type { Db } from './connection.ts'
import type { Engine } from './engine.ts'
import type { FlatStore } from './flat.ts'
import { pageByPosition, positionOf } from './pages.ts'
import { events } from './schema.ts'

export interface EventReads {
  readEvent(id: string): EventRecord | null
  readEvents(filter: EventFilter, page: PageRequest): Page<EventRecord>
}

export function createEventReads(db: Db): EventReads {
  const byId = db
    .select()
    .from(events)
    .where(eq(events.id, sql.placeholder('id')))
    .prepare()

  function readEvent(id: string): EventRecord | null {
    const row = byId.get({ id })
    return row === undefined ? null : toEvent(row)
  }

  function readEvents(filter: EventFilter, { limit, after }: PageRequest): Page<EventRecord> {
    const { licenseId, types, afterEventId } = filter
    const { position } = events
    const isForward = afterEventId !== undefined
    const start = isForward ? (byId.get({ id: afterEventId })?.position ?? 0) : null
    const place = after === null ? start : positionOf(after)
    const beyond = isForward ? gt : lt
    const order = isForward ? asc(position) : desc(position)
    const select = (...conditions: SQL[]) =>
      db
        .select()
        .from(events)
        .where(and(...conditions, place === null ? undefined : beyond(position, place)))
    const isOfTypes = types === undefined ? [] : [inArray(events.type, [...types])]
    // Of all licenses each type is walked by its own index: a rare one would be sought in all events.
    const [first, second, ...others] =
      licenseId === undefined
        ? (types ?? []).map((type) => select(eq(events.type, type)))
        : [select(eq(events.licenseId, licenseId), ...isOfTypes)]
    const query =
      first && second ? unionAll(first, second, ...others) : (first ?? select(...isOfTypes))
    const rows = query
      .orderBy(order)
      .limit(limit + 1)
      .all()
    return pageByPosition(rows, limit, toEvent)
  }

  return { readEvent, readEvents }
}

function toEvent({ position: _order, ...event }: typeof events.$inferSelect): EventRecord {
  return event
}

export function eventMethods({
  events: reads,
}: Engine): Pick<FlatStore, 'listEvents' | 'findEvent'> {
  return {
    listEvents: async (filter, page) => reads.readEvents(filter, page),
    findEvent: async (id) => reads.readEvent(id),
  }
}
