import { and, eq, type SQL, sql } from 'drizzle-orm'
import type { LicenseFilter } from '~/domain/licenses.ts'
import type { Steps } from '~/turns.ts'
import type { Db } from './connection.ts'
import type { Reading } from './engine.ts'
import {
  type Branch,
  buildCondition,
  buildDuePart,
  getIndex,
  isCovered,
  isInRange,
  isLed,
  isNewer,
  isTested,
  type Lead,
  listLeads,
  listParts,
  omit,
  omitLead,
  type Part,
  type Range,
} from './license-filters.ts'
import { activations, licenses, plans } from './schema.ts'

/** Licenses of a range, so that none takes longer than a few milliseconds. */
const RANGE_LICENSES = 1000
/** Licenses of a range of which only an index is read. */
const COVERED_LICENSES = 20_000
/** Rows that are gathered at once, and how many if other parts of the filter are tested on each. */
const CHUNK_ROWS = 10_000
const CHUNK_TESTED = 2500
/** Parts with fewer rows are gathered before anything else is tried. */
const FEW_ROWS = 20_000
const FEW_TESTED = 2000
/** Parts with more rows are not gathered: a walk takes less time, of an index or of rows. */
const SOME_ROWS = 50_000
const MANY_ROWS = 200_000
/** Ranges in which matches are counted. */
const COUNTED_RANGES = 5
const STEPS_PER_RANGE = 5

/** The ids to select: up to `max`, newest first, all of them before `before`. */
interface Selection {
  readonly max: number
  readonly before: string | null
}

/** Selects up to `max` ids, newest first. */
export function* selectIds(
  { db }: Reading,
  given: LicenseFilter,
  max: number,
  after: string | null = null,
): Steps<string[]> {
  const filter = dropProduct(db, given)
  if (filter === null) return []
  const page = { max, before: after }
  const few = listParts(filter).find((part) => hasFewRows(db, part, filter))
  if (few !== undefined) return yield* gather(db, few, filter, page)
  const due = findDue(db, filter)
  const lead = chooseLead(db, filter, due !== null)
  const ids = due === null ? [] : yield* gather(db, due, filter, page)
  return sortNewest([...ids, ...(yield* walk(db, lead, filter, page))], max)
}

/** Counts matches. If it would take long, it counts some of them, and `isComplete` is false. */
export function* countLicenses({ db }: Reading, given: LicenseFilter) {
  const filter = dropProduct(db, given)
  if (filter === null) return { total: 0, isComplete: true }
  const lead = chooseLead(db, filter, false)
  let total = 0
  let ranges = 0
  for (const range of splitLead(db, filter, lead, null)) {
    if (ranges === COUNTED_RANGES) return { total, isComplete: false }
    total += countRowsOf(db, buildMatches(db, filter, lead, range))
    ranges += 1
    yield STEPS_PER_RANGE
  }
  return { total, isComplete: true }
}

/** All licenses of a plan are of its product. Returns null if that is not the product of the filter. */
function dropProduct(db: Db, filter: LicenseFilter): LicenseFilter | null {
  const { productSlug, ...others } = filter
  if (productSlug === undefined || filter.planSlug === undefined) return filter
  const isPlan = eq(plans.slug, filter.planSlug)
  const plan = db.select({ of: plans.productSlug }).from(plans).where(isPlan).get()
  return plan?.of === productSlug ? others : null
}

/** Reads ranges of ids, until there are enough matches. */
function* walk(
  db: Db,
  lead: Lead,
  filter: LicenseFilter,
  { max, before }: Selection,
): Steps<string[]> {
  const ids: string[] = []
  for (const range of splitLead(db, filter, lead, before)) {
    ids.push(...readIds(db, buildMatches(db, filter, lead, range), max - ids.length))
    if (ids.length >= max) break
    yield STEPS_PER_RANGE
    // If a page is not found at once, matches may be rare among the newest licenses.
    const many = range.before === before ? findMany(db, filter, lead) : null
    if (many === null || range.start === null) continue
    const rest = { max: max - ids.length, before: range.start }
    return [...ids, ...(yield* gather(db, many, filter, rest))]
  }
  return ids
}

/** Chooses the lead with the fewest licenses. */
function chooseLead(db: Db, filter: LicenseFilter, canBeExpired: boolean): Lead {
  const leads = listLeads(filter).filter((lead) => lead !== 'expired' || canBeExpired)
  const [first = 'all', ...others] = leads.slice(0, -1)
  if (others.length === 0) return first
  const counted = [first, ...others].map((lead) => ({
    lead,
    rows: countLead(db, filter, lead, SOME_ROWS),
  }))
  return counted.toSorted((one, other) => one.rows - other.rows)[0]?.lead ?? first
}

function countLead(db: Db, filter: LicenseFilter, lead: Lead, max: number): number {
  if (lead === 'all') return max
  return countRowsOf(db, buildSource(filter, lead, { before: null, start: null }), max)
}

/** Yields ranges of ids that together contain all licenses of the lead, newest first. */
function* splitLead(
  db: Db,
  filter: LicenseFilter,
  lead: Lead,
  after: string | null,
): Generator<Range, void> {
  const size = isCovered(filter, lead) ? COVERED_LICENSES : RANGE_LICENSES
  let before = after
  do {
    const rest = buildSource(filter, lead, { before, start: null })
    const [row] = db.values<[start: string]>(
      sql`SELECT ${rest} ORDER BY id DESC LIMIT 1 OFFSET ${size - 1}`,
    )
    const start = row?.[0] ?? null
    yield { before, start }
    before = start
  } while (before !== null)
}

/** Returns what follows SELECT, to select the ids of a lead from its index alone. */
function buildSource(filter: LicenseFilter, lead: Lead, range: Range): SQL {
  const id = lead === 'domain' ? activations.licenseId : licenses.id
  const table = lead === 'domain' ? sql`activations` : sql`licenses INDEXED BY ${getIndex(lead)}`
  const isSelected = and(isLed(filter, lead), isInRange(id, range), isNewer(id, filter))
  return sql`${id} AS id FROM ${table} WHERE ${isSelected ?? sql`TRUE`}`
}

/** Returns what follows SELECT, to select the ids in a range that match the filter. */
function buildMatches(db: Db, filter: LicenseFilter, lead: Lead, range: Range): SQL {
  const others = omitLead(filter, lead)
  if (!isTested(others)) return buildSource(filter, lead, range)
  if (lead !== 'domain' && (isCovered(filter, lead) || listTesters(others, lead).length === 0)) {
    return sql`${buildSource(filter, lead, range)} AND ${buildCondition(db, others)}`
  }
  return buildTested(db, buildSource(filter, lead, range), others, lead)
}

/** Selects those of the ids that match a filter, if possible without reading their rows. */
function buildTested(db: Db, ids: SQL, filter: LicenseFilter, lead: Lead | null): SQL {
  const [tester = 'domain'] = listTesters(filter, lead)
  const isFound = tester === 'domain' ? undefined : isLed(filter, tester)
  const isMatch = and(isFound, buildCondition(db, filter))
  return sql`id FROM licenses INDEXED BY ${getIndex(tester)} WHERE id IN (SELECT ${ids}) AND ${isMatch}`
}

/** Lists the indexes that contain something that the filter tests. */
function listTesters(filter: LicenseFilter, lead: Lead | null): readonly Lead[] {
  const isTester = (each: Lead) =>
    each !== lead &&
    each !== 'expired' &&
    each !== 'domain' &&
    (each !== 'all' || isCovered(filter, each))
  return listLeads(filter).filter(isTester)
}

/** Finds the part with the fewest rows, if these can be gathered in less time than a walk takes. */
function findMany(db: Db, filter: LicenseFilter, lead: Lead): Part | null {
  const parts = listParts(filter)
  if (parts.length === 0) return null
  const rowsMax = isCovered(filter, lead) ? SOME_ROWS : countLead(db, filter, lead, MANY_ROWS)
  const counted = parts.map((part) => ({ part, rows: countRows(db, part, rowsMax) }))
  const [best] = counted.toSorted((one, other) => one.rows - other.rows)
  return best !== undefined && best.rows < rowsMax ? best.part : null
}

/** Finds the licenses that have expired without notice. Null: they are too many, or not searched. */
function findDue(db: Db, filter: LicenseFilter): Part | null {
  const { status } = filter
  const part = status?.is === 'expired' ? buildDuePart(status.atMs) : null
  return part !== null && hasFewRows(db, part, filter) ? part : null
}

function hasFewRows(db: Db, part: Part, filter: LicenseFilter): boolean {
  const rowsMax = isTested(omit(filter, part.names)) ? FEW_TESTED : FEW_ROWS
  return countRows(db, part, rowsMax) < rowsMax
}

/** Counts the rows of a part, up to `max`. */
function countRows(db: Db, { branches }: Part, max: number): number {
  let rows = 0
  for (const branch of branches) {
    if (rows < max) rows += countRowsOf(db, buildRows(branch), max - rows)
  }
  return rows
}

const buildRows = ({ index, where }: Branch, ...isListed: (SQL | undefined)[]) =>
  // SQLite enters the index by the first condition, so a chunk begins where the last one ended.
  sql`id FROM licenses INDEXED BY ${sql.identifier(index)} WHERE ${and(...isListed, where)}`

/** Reads all rows of a part, in the order of their indexes, and returns the newest matches. */
function* gather(
  db: Db,
  { branches, names }: Part,
  filter: LicenseFilter,
  { max, before }: Selection,
): Steps<string[]> {
  const others = omit(filter, names)
  const isListed = and(
    isInRange(licenses.id, { before, start: null }),
    isNewer(licenses.id, filter),
  )
  const size = isTested(others) ? CHUNK_TESTED : CHUNK_ROWS
  let ids: string[] = []
  for (const branch of branches) {
    for (const isInChunk of splitBranch(db, branch, size)) {
      const rows = buildRows(branch, isInChunk, isListed)
      const matches = isTested(others) ? buildTested(db, rows, others, null) : rows
      ids = sortNewest([...ids, ...readIds(db, matches, max)], max)
      yield STEPS_PER_RANGE
    }
  }
  return ids
}

/** Yields conditions that each select the next rows of a branch. */
function* splitBranch(
  db: Db,
  { index, key, where }: Branch,
  size: number,
): Generator<SQL | undefined, void> {
  const place = sql`(${key}, ${licenses.id})`
  let after: SQL | undefined
  do {
    const isNext: SQL | undefined = after && sql`${place} > ${after}`
    const [end] = db.values<[key: string | number, id: string]>(
      sql`SELECT ${key}, id FROM licenses INDEXED BY ${sql.identifier(index)}
        WHERE ${and(isNext, where)} ORDER BY ${key}, id LIMIT 1 OFFSET ${size - 1}`,
    )
    const last: SQL | undefined = end && sql`(${end[0]}, ${end[1]})`
    yield and(isNext, last && sql`${place} <= ${last}`)
    after = last
  } while (after !== undefined)
}

/** The query is what follows SELECT, here and below. */
function readIds(db: Db, query: SQL, max: number): string[] {
  const rows = db.values<[id: string]>(sql`SELECT ${query} ORDER BY id DESC LIMIT ${max}`)
  return rows.map(([id]) => id)
}

function countRowsOf(db: Db, query: SQL, max = -1): number {
  const rows = sql`SELECT ${query} LIMIT ${max}`
  const [row] = db.values<[total: number]>(sql`SELECT count(*) FROM (${rows})`)
  return row?.[0] ?? 0
}

/** Ids are ordered by time. The same license can be in several branches. */
function sortNewest(ids: readonly string[], max: number): string[] {
  return [...new Set(ids)].sort().reverse().slice(0, max)
}
