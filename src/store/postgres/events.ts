import type { EventDraft } from '~/domain/decisions.ts'
import { matchesPattern } from '~/domain/endpoints.ts'
import type { EventFacts, EventFilter, EventRecord } from '~/domain/events.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import { createPace } from '~/turns.ts'
import type { Events } from '../port.ts'
import { cutPage } from '../shared/pages.ts'
import { readOnce } from '../shared/read-once.ts'
import type { Engine, Reading, Tx } from './engine.ts'
import { fanOut } from './fan-out.ts'
import { insertRows, selectRow, selectRows } from './rows.ts'
import { endpoints, events } from './schema.ts'

/** How long a list waits for transactions that began before its last event and have not ended. */
const WAIT_MS = 500
const RETRY_MS = 5

export function createEvents(engine: Engine): Events {
  return {
    list: (filter, page) => readEvents(engine, filter, page),
    find: (id) => readEvent(engine, id),
  }
}

export async function readEvent(reading: Reading, id: string): Promise<EventRecord | null> {
  const row = await selectRow(reading, events, undefined, 'WHERE id = $1', [id])
  return row === null ? null : toEvent(row)
}

type Row = typeof events.$inferSelect

export function toEvent({ position: _order, xid: _transaction, ...event }: Row): EventRecord {
  return event
}

/** A place in the order of events: the transaction, and the position in it. */
interface Place {
  readonly xid: string
  readonly position: number
}

async function readEvents(
  reading: Reading,
  filter: EventFilter,
  { limit, after }: PageRequest,
): Promise<Page<EventRecord>> {
  const isForward = filter.afterEventId !== undefined
  const place = after === null ? await findStart(reading, filter) : parsePlace(after)
  const range = { filter, place, isForward, max: limit + 1 }
  const rows = await (isForward ? readForward(reading, range) : selectEvents(reading, range))
  return cutPage(rows, limit, ({ xid, position }) => `${xid}.${position}`, toEvent)
}

const beginning: Place = { xid: '0', position: 0 }

async function findStart(reading: Reading, { afterEventId }: EventFilter): Promise<Place | null> {
  if (afterEventId === undefined) return null
  const names = ['xid', 'position'] as const
  return (await selectRow(reading, events, names, 'WHERE id = $1', [afterEventId])) ?? beginning
}

/** A forged cursor is a place before all events. */
export function parsePlace(after: string): Place {
  const [, xid, position] = /^(\d{1,18})\.(\d{1,15})$/.exec(after) ?? []
  return xid === undefined ? beginning : { xid, position: Number(position) }
}

interface Range {
  readonly filter: EventFilter
  readonly place: Place | null
  readonly isForward: boolean
  readonly max: number
}

/**
 * Reads only events before which no more can appear. It waits a little for transactions that are still
 * running, so that a reader gets its own events at once.
 */
async function readForward(reading: Reading, range: Range): Promise<readonly Row[]> {
  const deadlineMs = performance.now() + WAIT_MS
  for (;;) {
    const [horizon] = await reading.client.unsafe<{ xid: string }[]>(
      'SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xid',
    )
    const all = await selectEvents(reading, range)
    const isSafe = ({ xid }: Row) => BigInt(xid) < BigInt(horizon?.xid ?? 0)
    if (all.every(isSafe) || performance.now() >= deadlineMs) return all.filter(isSafe)
    await Bun.sleep(RETRY_MS)
  }
}

function selectEvents(reading: Reading, { filter, place, isForward, max }: Range): Promise<Row[]> {
  const values: unknown[] = [max]
  const conditions: string[] = []
  const add = (condition: (parameter: string) => string, value: unknown) => {
    values.push(value)
    conditions.push(condition(`$${values.length}`))
  }
  const { licenseId, types } = filter
  if (licenseId !== undefined) add((given) => `license_id = ${given}`, licenseId)
  if (place !== null) {
    values.push(place.xid, place.position)
    const [xid, position] = [`$${values.length - 1}::text::xid8`, `$${values.length}::bigint`]
    conditions.push(`(xid, position) ${isForward ? '>' : '<'} (${xid}, ${position})`)
  }
  const order = isForward ? 'xid, position' : 'xid DESC, position DESC'
  const where = (more: readonly string[]) =>
    more.length === 0 ? '' : `WHERE ${more.join(' AND ')}`
  if (types === undefined || licenseId !== undefined) {
    if (types !== undefined)
      add((given) => `type = ANY(${given}::text::text[])`, formatTypes(types))
    return selectRows(
      reading,
      events,
      undefined,
      `${where(conditions)} ORDER BY ${order} LIMIT $1`,
      values,
    )
  }
  // Each type is read by its own index: rare types would take a full scan.
  add((given) => `type = one.type AND ${given}::text IS NOT NULL`, formatTypes(types))
  const list = `$${values.length}::text::text[]`
  const condition = `WHERE position IN (
      SELECT found.position FROM unnest(${list}) AS one (type), LATERAL (
        SELECT position FROM events ${where(conditions)} ORDER BY ${order} LIMIT $1
      ) AS found
    ) ORDER BY ${order} LIMIT $1`
  return selectRows(reading, events, undefined, condition, values)
}

const formatTypes = (types: readonly string[]) => `{${types.map((type) => `"${type}"`)}}`

/** The license of an event, and the time. */
type EventState = Pick<EventFacts, 'before' | 'after' | 'sequence' | 'nowMs'>

/** An endpoint with the patterns of the events that it receives. */
interface Receiver {
  readonly id: string
  readonly events: readonly string[]
}

/** Reads them in the transaction of the events, so a new endpoint misses no later event. */
function readReceivers(tx: Tx): Promise<readonly Receiver[]> {
  const condition = "WHERE state IN ('enabled', 'paused') ORDER BY position"
  return selectRows(tx, endpoints, ['id', 'events'], condition)
}

/** Appends events that are about no license. */
export async function appendEvents(
  tx: Tx,
  drafts: readonly EventDraft[],
  nowMs: number,
): Promise<void> {
  const state = { before: null, after: null, sequence: null, nowMs }
  await insertEvents(tx, await renderEvents(tx, drafts, () => state))
}

/** An event before it has a place in the order. */
export interface RenderedEvent {
  readonly row: typeof events.$inferInsert
  readonly draft: EventDraft
}

/** Builds the events of a change, in their order. */
export async function renderEvents(
  tx: Tx,
  drafts: readonly EventDraft[],
  stateOf: (draft: EventDraft) => EventState,
): Promise<readonly RenderedEvent[]> {
  const pace = createPace()
  const rendered: RenderedEvent[] = []
  for (const draft of drafts) {
    const { type, licenseId, activation, extra = {} } = draft
    const { before, after, sequence, nowMs } = stateOf(draft)
    const data = tx.renderEvent({ before, after, sequence, activation, extra, nowMs })
    const row = { id: tx.createId('evt'), timestampMs: nowMs, type, licenseId, sequence, data }
    rendered.push({ row, draft })
    const turn = pace(1)
    if (turn !== undefined) await turn
  }
  return rendered
}

/**
 * Writes events with what is to be delivered to each endpoint that receives them. Runs inside the
 * transaction of the change, so there is never one without the other.
 */
export async function insertEvents(tx: Tx, rendered: readonly RenderedEvent[]): Promise<void> {
  if (rendered.length === 0) return
  const rows = rendered.map(({ row }) => row)
  const [receivers] = await Promise.all([readReceivers(tx), insertRows(tx, events, rows)])
  const receiversOf = readOnce((type: string) =>
    receivers.filter(({ events: patterns }) => matchesPattern(patterns, type)).map(({ id }) => id),
  )
  await fanOut(
    tx,
    rendered.map(({ row: { id, type, timestampMs }, draft: { endpointId, isSilent } }) => {
      const others = isSilent ? [] : receiversOf(type)
      return { id, type, timestampMs, endpointIds: endpointId ? [endpointId] : others }
    }),
  )
}
