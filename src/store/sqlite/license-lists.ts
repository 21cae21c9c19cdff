import { and, eq, gt, lte, type SQL, sql } from 'drizzle-orm'
import type { LicenseFilter } from '~/domain/licenses.ts'
import type { Steps } from '~/turns.ts'
import type { Db } from './connection.ts'
import type { Reading } from './engine.ts'
import { countRowsOf, readIds, sortNewest } from './id-queries.ts'
import {
  type Branch,
  buildCondition,
  buildDuePart,
  getIndex,
  isCovered,
  isCoveredBy,
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
/** Licenses of a range of which only an index is read, or two. */
const COVERED_LICENSES = 20_000
const MERGED_LICENSES = 5000
/** Rows that are gathered at once, and how many if other parts of the filter are tested on each. */
const CHUNK_ROWS = 10_000
const CHUNK_TESTED = 2500
/** Parts with fewer rows are gathered before anything else is tried. */
const FEW_ROWS = 20_000
const FEW_TESTED = 2000
/** Leads with more rows are merged with another index: to look each row up in it takes longer. */
const SOME_ROWS = 50_000
/** Parts with more rows are not gathered, because a walk takes less time; less if all are tested. */
const MANY_ROWS = 400_000
const MANY_TESTED = 150_000
/** Up to so many licenses, the leads of a long walk are compared. */
const LEAD_ROWS = 100_000
/** Ranges in which matches are counted. */
const COUNTED_RANGES = 5
const STEPS_PER_RANGE = 12

/** A connection to read from, with what is known of its licenses. */
type ListReading = Pick<Reading, 'db' | 'zones'>

/** The ids to select: up to `max`, newest first, all of them before `before`. */
interface Selection {
  readonly max: number
  readonly before: string | null
}

/** Selects up to `max` ids, newest first. */
export function* selectIds(
  reading: ListReading,
  given: LicenseFilter,
  max: number,
  after: string | null = null,
): Steps<string[]> {
  const { db } = reading
  const filter = dropProduct(db, given)
  if (filter === null) return []
  const page = { max, before: after }
  const few = listParts(db, filter).find((part) => hasFewRows(db, part, filter))
  if (few !== undefined) return yield* gather(db, few, filter, page)
  const due = findDue(db, filter)
  const leads = listUsableLeads(filter, due !== null)
  const ids = due === null ? [] : yield* gather(db, due, filter, page)
  return sortNewest([...ids, ...(yield* walk(reading, leads, filter, page))], max)
}

/** Counts matches. If it would take long, it counts some of them, and `isComplete` is false. */
export function* countLicenses({ db }: ListReading, given: LicenseFilter) {
  const filter = dropProduct(db, given)
  if (filter === null) return { total: 0, isComplete: true }
  const lead = chooseLead(db, filter, listUsableLeads(filter, false), SOME_ROWS)
  let total = 0
  let ranges = 0
  for (const range of splitLead(db, filter, lead, { before: null, start: null })) {
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

/** Reads a first range of ids. If a page is not found at once, matches may be rare or old. */
function* walk(
  reading: ListReading,
  leads: readonly Lead[],
  filter: LicenseFilter,
  { max, before }: Selection,
): Steps<string[]> {
  const { db, zones } = reading
  const lead = chooseLead(db, filter, leads, SOME_ROWS)
  const [first] = splitLead(db, filter, lead, { before, start: null })
  if (first === undefined) return []
  const ids = readIds(db, buildMatches(db, filter, lead, first), max)
  if (ids.length === max || first.start === null) return ids
  yield STEPS_PER_RANGE
  const rest = { max: max - ids.length, before: first.start }
  const ranges = zones === null ? null : yield* zones.list(filter, first.start)
  if (ranges?.length === 0) return ids
  const many = ranges === null || filter.search !== undefined ? findMany(db, filter, lead) : null
  if (many !== null) return [...ids, ...(yield* gather(db, many, filter, rest))]
  const all = [{ before: first.start, start: null }]
  return [...ids, ...(yield* walkRanges(db, leads, filter, ranges ?? all, rest.max))]
}

/** Reads ranges of ids, until there are enough matches. */
function* walkRanges(
  db: Db,
  leads: readonly Lead[],
  filter: LicenseFilter,
  ranges: readonly Range[],
  max: number,
): Steps<string[]> {
  const some = chooseLead(db, filter, leads, SOME_ROWS)
  const isMerged = canMerge(filter, some) && countLead(db, filter, some, SOME_ROWS) === SOME_ROWS
  const lead = isMerged ? some : chooseLead(db, filter, leads, LEAD_ROWS)
  const ids: string[] = []
  for (const whole of ranges) {
    // Zones are small enough.
    const isSmall = whole.start !== null && isCovered(filter, lead)
    for (const range of isSmall ? [whole] : splitLead(db, filter, lead, whole, isMerged)) {
      const query = buildMatches(db, filter, lead, range, isMerged)
      ids.push(...readIds(db, query, max - ids.length))
      if (ids.length === max) return ids
      yield STEPS_PER_RANGE
    }
  }
  return ids
}

/** All licenses only if there is no other lead. */
function listUsableLeads(filter: LicenseFilter, canBeExpired: boolean): readonly Lead[] {
  const leads = listLeads(filter).filter((lead) => lead !== 'expired' || canBeExpired)
  return leads.length > 1 ? leads.slice(0, -1) : leads
}

/** Chooses the lead with the fewest licenses, of which it counts up to `rowsMax`. */
function chooseLead(db: Db, filter: LicenseFilter, leads: readonly Lead[], rowsMax: number): Lead {
  const [first = 'all', ...others] = leads
  if (others.length === 0) return first
  const counted = leads.map((lead) => ({ lead, rows: countLead(db, filter, lead, rowsMax) }))
  return counted.toSorted((one, other) => one.rows - other.rows)[0]?.lead ?? first
}

function countLead(db: Db, filter: LicenseFilter, lead: Lead, max: number): number {
  if (lead === 'all') return max
  return countRowsOf(db, buildSource(filter, lead, { before: null, start: null }), max)
}

/** Yields ranges of ids that together contain all licenses of the lead in a range, newest first. */
function* splitLead(
  db: Db,
  filter: LicenseFilter,
  lead: Lead,
  { before, start: lowest }: Range,
  isMerged = false,
): Generator<Range, void> {
  const sizeOfRows = isMerged ? MERGED_LICENSES : RANGE_LICENSES
  const size = isCovered(filter, lead) ? COVERED_LICENSES : sizeOfRows
  let end = before
  do {
    const rest = buildSource(filter, lead, { before: end, start: lowest })
    const [row] = db.values<[start: string]>(
      sql`SELECT ${rest} ORDER BY id DESC LIMIT 1 OFFSET ${size - 1}`,
    )
    const start = row?.[0] ?? null
    yield { before: end, start: start ?? lowest }
    end = start
  } while (end !== null)
}

/** Returns what follows SELECT, to select the ids of a lead from its index alone. */
function buildSource(filter: LicenseFilter, lead: Lead, range: Range): SQL {
  const id = lead === 'domain' ? activations.licenseId : licenses.id
  const table = lead === 'domain' ? sql`activations` : sql`licenses INDEXED BY ${getIndex(lead)}`
  const isSelected = and(isLed(filter, lead), isInRange(id, range), isNewer(id, filter))
  return sql`${id} AS id FROM ${table} WHERE ${isSelected ?? sql`TRUE`}`
}

/** Returns what follows SELECT, to select the ids in a range that match the filter. */
function buildMatches(
  db: Db,
  filter: LicenseFilter,
  lead: Lead,
  range: Range,
  isMerged = false,
): SQL {
  const others = omitLead(filter, lead)
  const source = buildSource(filter, lead, range)
  if (!isTested(others)) return source
  const testers = listTesters(others, lead)
  if (lead !== 'domain' && (isCovered(filter, lead) || testers.length === 0)) {
    return sql`${source} AND ${buildCondition(db, others)}`
  }
  if (!isMerged) return buildTested(db, source, others, lead)
  const [tester = 'all'] = testers
  const tested = buildSource(others, tester, range)
  // SQLite reads both sides in the order of ids, and neither is looked up in the other.
  return sql`${source} INTERSECT SELECT ${tested} AND ${buildCondition(db, others)}`
}

/** Whether an index has what is tested, in the order of ids. */
function canMerge(filter: LicenseFilter, lead: Lead): boolean {
  const others = omitLead(filter, lead)
  const [tester] = listTesters(others, lead)
  return !isCovered(filter, lead) && tester !== undefined && isCovered(others, tester)
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

/** Finds the part with the fewest rows, unless a walk of the lead takes less time. */
function findMany(db: Db, filter: LicenseFilter, lead: Lead): Part | null {
  for (const part of listParts(db, filter)) {
    const rowsMax = isCoveredBy(part, omit(filter, part.names)) ? MANY_ROWS : MANY_TESTED
    const rows = countRows(db, part, rowsMax)
    if (rows < rowsMax && countLead(db, filter, lead, rows) === rows) return part
  }
  return null
}

/** Finds the licenses that have expired without notice. Null: they are too many, or not searched. */
function findDue(db: Db, filter: LicenseFilter): Part | null {
  const { status } = filter
  const part = status?.is === 'expired' ? buildDuePart(status.atMs) : null
  return part !== null && hasFewRows(db, part, filter) ? part : null
}

function hasFewRows(db: Db, part: Part, filter: LicenseFilter): boolean {
  const rowsMax = isCoveredBy(part, omit(filter, part.names)) ? FEW_ROWS : FEW_TESTED
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
  part: Part,
  filter: LicenseFilter,
  { max, before }: Selection,
): Steps<string[]> {
  const others = omit(filter, part.names)
  const isListed = isNewer(licenses.id, filter)
  const isInPlace = isCoveredBy(part, others)
  const size = isInPlace ? CHUNK_ROWS : CHUNK_TESTED
  let ids: string[] = []
  for (const branch of part.branches) {
    for (const isInChunk of splitBranch(db, branch, size)) {
      // Once there are enough, only newer ones are tested and sorted.
      const range = { before, start: ids[max - 1] ?? null }
      const rows = buildRows(branch, isInChunk, isListed, isInRange(licenses.id, range))
      const isMatch = isInPlace ? buildCondition(db, others) : undefined
      const matches = isInPlace
        ? sql`${rows} AND ${isMatch ?? sql`TRUE`}`
        : buildTested(db, rows, others, null)
      ids = sortNewest([...ids, ...readIds(db, matches, max)], max)
      yield STEPS_PER_RANGE
    }
  }
  return ids
}

/**
 * Yields conditions that each select the next rows of a branch, the highest keys first: these are
 * often those of the newest licenses. Keys are compared alone, unless very many rows have the same.
 */
function* splitBranch(
  db: Db,
  { index, key, where }: Branch,
  size: number,
): Generator<SQL | undefined, void> {
  const place = sql`(${key}, ${licenses.id})`
  let isNext: SQL | undefined
  let lastKey: string | number | undefined
  for (;;) {
    const [end] = db.values<[key: string | number, id: string]>(
      sql`SELECT ${key}, id FROM licenses INDEXED BY ${sql.identifier(index)}
        WHERE ${and(isNext, where)} ORDER BY ${key} DESC, id DESC LIMIT 1 OFFSET ${size}`,
    )
    if (end === undefined) return yield isNext
    const [endKey, endId] = end
    const isSame = endKey === lastKey
    const last = sql`(${endKey}, ${endId})`
    yield and(isNext, isSame ? sql`${place} > ${last}` : gt(key, endKey))
    isNext = isSame ? sql`${place} <= ${last}` : lte(key, endKey)
    lastKey = endKey
  }
}
