import { and, asc, desc, eq, gt, inArray, lt, type SQL, sql } from 'drizzle-orm'
import { unionAll } from 'drizzle-orm/sqlite-core'
import type { EventDraft } from '~/domain/decisions.ts'
import { matchesPattern } from '~/domain/endpoints.ts'
import type { EventFacts, EventFilter, EventRecord } from '~/domain/events.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import type { Steps } from '~/turns.ts'
import type { Events } from '../port.ts'
import { cutPage, parsePosition } from '../shared/pages.ts'
import { readOnce } from '../shared/read-once.ts'
import type { Db } from './connection.ts'
import type { Engine, Reading } from './engine.ts'
import { fanOut } from './fan-out.ts'
import { equals } from './parameters.ts'
import { prepareInsert } from './rows.ts'
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
    insert: prepareInsert(db, events, [
      'id',
      'type',
      'timestampMs',
      'licenseId',
      'sequence',
      'data',
    ]),
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

/** The license of an event. `sequence` is given if the license was just created. */
type EventState = Pick<EventFacts, 'before' | 'after'> & { readonly sequence?: number }

/**
 * Appends events with what is to be delivered to each endpoint that receives them, in a step for each.
 * Runs inside the transaction of the change, so there is never one without the other.
 */
export function* appendEvents(
  engine: Engine,
  drafts: readonly EventDraft[],
  nowMs: number,
  stateOf: (draft: EventDraft) => EventState = () => ({ before: null, after: null }),
): Steps<void> {
  const { statements, createId, renderEvent } = engine
  // In the transaction of the events, so a new endpoint misses no later event.
  const receiversOf = readOnce((type: string) => findReceivers(engine, type))
  for (const draft of drafts) {
    const { type, licenseId, activation, endpointId, isSilent, extra = {} } = draft
    const { before, after, sequence = nextSequence(engine, licenseId) } = stateOf(draft)
    const data = renderEvent({ before, after, sequence, activation, extra, nowMs })
    const event = { id: createId('evt'), timestampMs: nowMs }
    const position = statements.events.insert({ ...event, type, licenseId, sequence, data })
    const others = isSilent ? [] : receiversOf(type)
    fanOut(engine, { ...event, type, position }, endpointId ? [endpointId] : others)
    yield
  }
}

function nextSequence({ statements }: Engine, licenseId: string | null): number | null {
  if (licenseId === null) return null
  return statements.events.nextSequence.get({ licenseId })?.sequence ?? null
}

function findReceivers({ statements }: Engine, type: string): string[] {
  return statements.endpoints.receiving
    .all()
    .filter(({ events: patterns }) => matchesPattern(patterns, type))
    .map(({ id }) => id)
}
