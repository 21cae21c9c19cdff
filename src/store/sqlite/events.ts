import { and, asc, desc, eq, gt, inArray, lt, type SQL, sql } from 'drizzle-orm'
import { unionAll } from 'drizzle-orm/sqlite-core'
import type { EventDraft } from '~/domain/decisions.ts'
import { matchesPattern } from '~/domain/endpoints.ts'
import type { EventFacts, EventFilter, EventRecord } from '~/domain/events.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import type { Events } from '../port.ts'
import type { Db } from './connection.ts'
import type { Engine, Reading } from './engine.ts'
import { fanOut } from './fan-out.ts'
import { cutPage, parsePosition } from './pages.ts'
import { equals, parameters } from './parameters.ts'
import { events, licenses } from './schema.ts'

export function prepareEvents(db: Db) {
  return {
    byId: db.select().from(events).where(equals(events.id, 'id')).prepare(),
    nextSequence: db
      .update(licenses)
      .set({ eventSequence: sql`event_sequence + 1` })
      .where(equals(licenses.id, 'licenseId'))
      .returning({ sequence: licenses.eventSequence })
      .prepare(),
    insert: db
      .insert(events)
      .values(parameters('id', 'type', 'timestampMs', 'licenseId', 'sequence', 'data'))
      .returning({ position: events.position })
      .prepare(),
  }
}

export function createEvents(engine: Engine): Events {
  return {
    list: async (filter, page) => readEvents(engine.committed, filter, page),
    find: async (id) => readEvent(engine.committed, id),
  }
}

export function readEvent({ statements }: Reading, id: string): EventRecord | null {
  const row = statements.events.byId.get({ id })
  return row === undefined ? null : toEvent(row)
}

function readEvents(
  { db, statements }: Reading,
  { licenseId, types, afterEventId }: EventFilter,
  { limit, after }: PageRequest,
): Page<EventRecord> {
  const { position } = events
  const isForward = afterEventId !== undefined
  const start = isForward ? (statements.events.byId.get({ id: afterEventId })?.position ?? 0) : null
  const place = after === null ? start : parsePosition(after)
  const beyond = isForward ? gt : lt
  const select = (...conditions: SQL[]) =>
    db
      .select()
      .from(events)
      .where(and(...conditions, place === null ? undefined : beyond(position, place)))
  const isOfTypes = types === undefined ? [] : [inArray(events.type, [...types])]
  // Across all licenses, each type is read by its own index: rare types would take a full scan.
  const [first, second, ...others] =
    licenseId === undefined
      ? (types ?? []).map((type) => select(eq(events.type, type)))
      : [select(eq(events.licenseId, licenseId), ...isOfTypes)]
  const query =
    first && second ? unionAll(first, second, ...others) : (first ?? select(...isOfTypes))
  const rows = query
    .orderBy(isForward ? asc(position) : desc(position))
    .limit(limit + 1)
    .all()
  return cutPage(rows, limit, (row) => String(row.position), toEvent)
}

export function toEvent({ position: _order, ...event }: typeof events.$inferSelect): EventRecord {
  return event
}

/**
 * Appends an event about a license before and after the change, and what is to be delivered to each endpoint that
 * receives it. Runs inside the transaction of the change, so there is never one without the other.
 */
export function appendEvent(
  engine: Engine,
  { type, licenseId, activation, endpointId, extra = {} }: EventDraft,
  nowMs: number,
  { before, after }: Pick<EventFacts, 'before' | 'after'> = { before: null, after: null },
): void {
  const { statements, createId, renderEvent } = engine
  const id = createId('evt')
  const sequence =
    licenseId === null
      ? null
      : (statements.events.nextSequence.get({ licenseId })?.sequence ?? null)
  const data = renderEvent({ before, after, sequence, activation, extra, nowMs })
  const row = { id, type, timestampMs: nowMs, licenseId, sequence, data }
  const { position } = statements.events.insert.get(row)
  const endpointIds = endpointId === undefined ? findReceivers(engine, type) : [endpointId]
  fanOut(engine, { position, id, timestampMs: nowMs }, endpointIds)
}

/** Reads the endpoints in the transaction of the event, so a new endpoint misses no later event. */
function findReceivers({ statements }: Engine, type: string): string[] {
  return statements.endpoints.receiving
    .all()
    .filter(({ events: patterns }) => matchesPattern(patterns, type))
    .map(({ id }) => id)
}
