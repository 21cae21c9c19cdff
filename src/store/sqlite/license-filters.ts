import type { SQL } from 'drizzle-orm'
import {
  and,
  desc,
  eq,
  exists,
  gt,
  gte,
  inArray,
  isNotNull,
  isNull,
  lt,
  lte,
  or,
  sql,
} from 'drizzle-orm'
import { type SQLiteColumn, union, unionAll } from 'drizzle-orm/sqlite-core'
import { formatLowestId } from '~/domain/ids.ts'
import type { LicenseFilter, LicenseStatus } from '~/domain/licenses.ts'
import { foldText, removeInvisible } from '~/domain/text.ts'
import type { Db } from './connection.ts'
import { activations, licenses } from './schema.ts'

/** A search with at most this many matches collects and sorts them. */
const COLLECTED_MAX = 2000
/** Licenses that one range covers, so that a range without a match is searched in a few milliseconds. */
const RANGE_LICENSES = 1000

const columns = {
  customerEmail: licenses.customerEmail,
  externalRef: licenses.externalRef,
  planSlug: licenses.planSlug,
  productSlug: licenses.productSlug,
} as const

/** The part of a filter whose index, in the order of ids, leads to the matches of all other parts. */
type Lead = 'search' | 'domain' | keyof typeof columns | null

/** Ids from `start` up to but without `before`. */
interface Range {
  readonly before: string | null
  readonly start: string | null
}

/**
 * Yields conditions that together select what a filter matches, newest first. Each covers a limited
 * number of licenses, so that no query takes long, however many licenses match or do not.
 */
export function* splitFilter(
  db: Db,
  filter: LicenseFilter,
  after: string | null = null,
): Generator<SQL | undefined, void> {
  const lead = chooseLead(db, filter)
  let before = after
  do {
    const start = lead === 'search' ? null : findStart(db, filter, lead, before)
    yield buildCondition(db, filter, lead, { before, start })
    before = start
  } while (before !== null)
}

function chooseLead(db: Db, filter: LicenseFilter): Lead {
  if (filter.search !== undefined && hasFewMatches(db, filter.search)) return 'search'
  if (filter.domain !== undefined) return 'domain'
  const names = Object.keys(columns) as (keyof typeof columns)[]
  return names.find((name) => filter[name] !== undefined) ?? null
}

/** Finds the start of a range that ends before this id; null if all the rest is one range. */
function findStart(db: Db, filter: LicenseFilter, lead: Lead, before: string | null) {
  const id = lead === 'domain' ? activations.licenseId : licenses.id
  const range = and(
    isInRange(id, { before, start: null }),
    isLed(filter, lead),
    isNewer(id, filter),
  )
  const rows = db
    .select({ id })
    .from(lead === 'domain' ? activations : licenses)
    .where(range)
    .orderBy(desc(id))
  return (
    rows
      .limit(1)
      .offset(RANGE_LICENSES - 1)
      .get()?.id ?? null
  )
}

function isInRange(id: SQLiteColumn, { before, start }: Range): SQL | undefined {
  return and(
    before === null ? undefined : lt(id, before),
    start === null ? undefined : gte(id, start),
  )
}

/** The condition on the index of the lead. */
function isLed(filter: LicenseFilter, lead: Lead): SQL | undefined {
  if (lead === 'domain')
    return and(eq(activations.value, filter.domain ?? ''), sql`kind = 'domain'`)
  return lead === null || lead === 'search' ? undefined : eq(columns[lead], filter[lead] ?? '')
}

/** Ids are ordered by time, so no row has to be read. */
function isNewer(id: SQLiteColumn, { createdAfterMs }: LicenseFilter): SQL | undefined {
  return when(createdAfterMs, (timeMs) => gte(id, formatLowestId('lic', timeMs)))
}

function buildCondition(db: Db, filter: LicenseFilter, lead: Lead, range: Range): SQL | undefined {
  const { status } = filter
  return and(
    isInRange(licenses.id, range),
    isNewer(licenses.id, filter),
    status && buildStatusCondition(status.is, status.atMs),
    ...Object.entries(columns).map(([name, column]) =>
      when(filter[name as keyof typeof columns], (value) =>
        // The unary plus keeps SQLite from using another index than that of the lead.
        name === lead ? eq(column, value) : sql`+${column} = ${value}`,
      ),
    ),
    when(filter.expiresBeforeMs, (timeMs) => lt(licenses.expiresAtMs, timeMs)),
    when(filter.expiresAfterMs, (timeMs) => gt(licenses.expiresAtMs, timeMs)),
    when(filter.domain, (name) => buildDomainCondition(db, name, lead, range)),
    when(filter.search, (text) => buildSearchCondition(db, text, lead)),
  )
}

function when<Value>(value: Value | undefined, build: (value: Value) => SQL): SQL | undefined {
  return value === undefined ? undefined : build(value)
}

function buildStatusCondition(status: LicenseStatus, atMs: number): SQL | undefined {
  const isLive = and(isNull(licenses.revokedAtMs), isNull(licenses.suspendedAtMs))
  switch (status) {
    case 'revoked':
      return isNotNull(licenses.revokedAtMs)
    case 'suspended':
      return and(isNotNull(licenses.suspendedAtMs), isNull(licenses.revokedAtMs))
    case 'expired':
      return and(isLive, lte(licenses.endsAtMs, atMs))
    case 'active':
      return and(isLive, or(isNull(licenses.endsAtMs), gt(licenses.endsAtMs, atMs)))
    default:
      return status satisfies never
  }
}

function buildDomainCondition(db: Db, domain: string, lead: Lead, range: Range): SQL {
  const isDomain = isLed({ domain }, 'domain')
  const id = activations.licenseId
  const select = db.select({ id }).from(activations)
  return lead === 'domain'
    ? inArray(licenses.id, select.where(and(isDomain, isInRange(id, range))))
    : exists(select.where(and(isDomain, eq(id, licenses.id))))
}

/** Collects a few matches from five indexes. Among many, each license of a range is tested. */
function buildSearchCondition(db: Db, search: string, lead: Lead): SQL {
  const branches = buildSearchBranches(search)
  if (lead !== 'search') return sql`+(${or(...branches)})`
  return inArray(licenses.id, union(...selectBranches(db, branches)))
}

function hasFewMatches(db: Db, search: string): boolean {
  const matches = unionAll(...selectBranches(db, buildSearchBranches(search)))
  return matches.limit(1).offset(COLLECTED_MAX).get() === undefined
}

type Branches<Branch> = readonly [
  email: Branch,
  emailFolded: Branch,
  name: Branch,
  id: Branch,
  lastFour: Branch,
]

function buildSearchBranches(search: string): Branches<SQL | undefined> {
  const folded = foldText(search)
  const text = removeInvisible(search.normalize('NFC')).trim()
  return [
    startsWith(licenses.customerEmail, text.toLowerCase()),
    startsWith(licenses.customerEmailFolded, folded),
    startsWith(licenses.customerNameFolded, folded),
    eq(licenses.id, folded),
    inArray(licenses.keyLastFour, [text, text.toUpperCase()]),
  ]
}

/** Nothing starts with an empty text, which is what a lone accent is folded to. */
export function startsWith(column: SQLiteColumn, text: string): SQL | undefined {
  return text === '' ? sql`FALSE` : and(gte(column, text), lt(column, `${text}\u{10ffff}`))
}

function selectBranches(db: Db, branches: Branches<SQL | undefined>) {
  const select = (branch: SQL | undefined) =>
    db.select({ id: licenses.id }).from(licenses).where(branch)
  const [email, emailFolded, name, id, lastFour] = branches
  return [select(email), select(emailFolded), select(name), select(id), select(lastFour)] as const
}
