import { and, eq, inArray, type SQL, sql } from 'drizzle-orm'
import { assert } from '~/assert.ts'
import type { DeliveryFilter, DeliveryRecord } from '~/domain/deliveries.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import { runInTurns, type Steps } from '~/turns.ts'
import { toDelivery } from '../shared/delivery-rows.ts'
import { cutPage } from '../shared/pages.ts'
import type { Db } from './connection.ts'
import type { Engine } from './engine.ts'
import { finishFanOut } from './fan-out.ts'
import { countRowsOf } from './id-queries.ts'
import { deliveries } from './schema.ts'

/** Rows of an index that are read in one turn. */
const RANGE_ROWS = 10_000
const STEPS_PER_RANGE = 12
/** Leads with more rows count as equally long. */
const COUNTED_MAX = 20_000

/** The place of a delivery in a list: a position alone is in another order if the clock jumps. */
interface Place {
  readonly atMs: number
  readonly position: number
}

/** All places from `start` on that are before `before`. */
interface Range {
  readonly before: Place | null
  readonly start: Place | null
}

/** An index with the condition by which it is read. */
interface Lead {
  readonly index: string
  readonly condition: SQL | undefined
}

/** Implements `Deliveries.search`: reads one index, a range of it per turn, until the page is full. */
export async function searchDeliveries(
  engine: Engine,
  filter: DeliveryFilter,
  { limit, after }: PageRequest,
): Promise<Page<DeliveryRecord>> {
  if (filter.endpointId !== undefined) await finishFanOut(engine, filter.endpointId)
  const { db } = engine.committed
  const start = after === null ? startOf(filter.beforeMs) : parsePlace(after)
  const range = { before: start, start: startOf(filter.fromMs) }
  const places = await runInTurns(selectPlaces(db, filter, range, limit + 1))
  const records = readRecords(db, places.slice(0, limit))
  return cutPage(places, limit, formatPlace, ({ position }) => {
    const record = records.get(position)
    assert(record !== undefined, 'a delivery that is listed exists')
    return record
  })
}

const startOf = (atMs: number | undefined): Place | null =>
  atMs === undefined ? null : { atMs, position: 0 }

const formatPlace = ({ atMs, position }: Place) => `${atMs}.${position}`

/** Cursors are opaque to callers, but a forged one must not reach SQL as NaN. */
function parsePlace(text: string): Place {
  const [, atMs, position] = /^(-?\d{1,15})\.(\d{1,15})$/.exec(text) ?? []
  return { atMs: Number(atMs ?? 0), position: Number(position ?? 0) }
}

function* selectPlaces(
  db: Db,
  filter: DeliveryFilter,
  range: Range,
  max: number,
): Steps<readonly Place[]> {
  const places: Place[] = []
  for (const lead of chooseLeads(db, filter, range)) {
    places.push(...(yield* walk(db, lead, filter, range, max)))
  }
  const isNewer = (one: Place, other: Place) =>
    other.atMs - one.atMs || other.position - one.position
  return places.sort(isNewer).slice(0, max)
}

/** Chooses the leads that together have the fewest rows, among those that contain all matches. */
function chooseLeads(db: Db, filter: DeliveryFilter, range: Range): readonly Lead[] {
  const { status, endpointId, types } = filter
  const choices: (readonly Lead[])[] = []
  if (types !== undefined) choices.push(types.map((type) => leadBy('eventType', type)))
  if (endpointId !== undefined) choices.push([leadBy('endpointId', endpointId)])
  if (status !== undefined && status !== 'delivered') choices.push([leadBy('status', status)])
  const [only = [{ index: 'deliveries_by_age', condition: undefined }], ...others] = choices
  if (others.length === 0) return only
  const count = (leads: readonly Lead[]) =>
    leads.reduce((sum, lead) => sum + countRowsOf(db, readFrom(lead, range), COUNTED_MAX), 0)
  const counted = choices.map((leads) => ({ leads, rows: count(leads) }))
  return counted.toSorted((one, other) => one.rows - other.rows)[0]?.leads ?? only
}

const indexes = {
  eventType: 'deliveries_by_type',
  endpointId: 'deliveries_by_endpoint_and_age',
  status: 'deliveries_unsettled',
} as const

function leadBy(name: keyof typeof indexes, value: string): Lead {
  const isValue = eq(deliveries[name], value)
  // SQLite uses a partial index only if the query repeats its condition.
  const condition = name === 'status' ? and(isValue, sql`status <> 'delivered'`) : isValue
  return { index: indexes[name], condition }
}

/** Returns what follows SELECT, to read the places of a lead from its index. */
function readFrom({ index, condition }: Lead, { before, start }: Range): SQL {
  const place = sql`(created_at_ms, position)`
  const isSelected = and(
    condition,
    before === null ? undefined : sql`${place} < (${before.atMs}, ${before.position})`,
    start === null ? undefined : sql`${place} >= (${start.atMs}, ${start.position})`,
  )
  return sql`created_at_ms, position FROM deliveries INDEXED BY ${sql.raw(index)} WHERE ${isSelected ?? sql`TRUE`}`
}

function* walk(
  db: Db,
  lead: Lead,
  filter: DeliveryFilter,
  range: Range,
  max: number,
): Steps<readonly Place[]> {
  const read = (query: SQL, limit: SQL) =>
    db
      .values<[number, number]>(
        sql`SELECT ${query} ORDER BY created_at_ms DESC, position DESC LIMIT ${limit}`,
      )
      .map(([atMs, position]): Place => ({ atMs, position }))
  const isMatch = buildCondition(filter)
  const places: Place[] = []
  let { before } = range
  for (;;) {
    const rest = { ...range, before }
    const [last] = read(readFrom(lead, rest), sql`1 OFFSET ${RANGE_ROWS - 1}`)
    const part = { before, start: last ?? range.start }
    places.push(...read(sql`${readFrom(lead, part)} AND ${isMatch}`, sql`${max - places.length}`))
    if (places.length === max || last === undefined) return places
    before = last
    yield STEPS_PER_RANGE
  }
}

/** A deleted endpoint has deliveries until the clean-up has deleted them. */
function buildCondition({ status, endpointId, types }: DeliveryFilter): SQL | undefined {
  return and(
    sql`endpoint_id NOT IN (SELECT id FROM endpoints WHERE state = 'deleted')`,
    status && eq(deliveries.status, status),
    endpointId === undefined ? undefined : eq(deliveries.endpointId, endpointId),
    types && inArray(deliveries.eventType, [...types]),
  )
}

function readRecords(db: Db, places: readonly Place[]): ReadonlyMap<number, DeliveryRecord> {
  if (places.length === 0) return new Map()
  const positions = places.map(({ position }) => position)
  const rows = db.select().from(deliveries).where(inArray(deliveries.position, positions)).all()
  return new Map(
    rows.map((row) => [row.position, { delivery: toDelivery(row), eventType: row.eventType }]),
  )
}
