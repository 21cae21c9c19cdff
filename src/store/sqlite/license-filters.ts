import type { SQL } from 'drizzle-orm'
import { and, eq, exists, gt, gte, inArray, isNotNull, isNull, lt, lte, or, sql } from 'drizzle-orm'
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core'
import { formatLowestId } from '~/domain/ids.ts'
import type { LicenseFilter, LicenseStatus } from '~/domain/licenses.ts'
import { foldText, removeInvisible } from '~/domain/text.ts'
import type { Db } from './connection.ts'
import { activations, licenses, plans } from './schema.ts'

const columns = {
  customerEmail: licenses.customerEmail,
  externalRef: licenses.externalRef,
  planSlug: licenses.planSlug,
  productSlug: licenses.productSlug,
} as const

/**
 * The indexes in the order of ids that lead to the licenses of a part of a filter. The wide ones also
 * contain the status, times, plan and product, as far as they do not lead.
 */
const indexes = {
  externalRef: { name: 'licenses_by_external_ref', isWide: false },
  customerEmail: { name: 'licenses_by_email', isWide: false },
  domain: { name: 'sqlite_autoindex_licenses_1', isWide: false },
  revoked: { name: 'licenses_revoked', isWide: true },
  suspended: { name: 'licenses_suspended', isWide: true },
  expired: { name: 'licenses_ended', isWide: true },
  planSlug: { name: 'licenses_by_plan', isWide: true },
  productSlug: { name: 'licenses_by_product', isWide: true },
  all: { name: 'licenses_by_age_and_end', isWide: true },
} as const

/** The part of a filter by which licenses are found; the others are tested. */
export type Lead = keyof typeof indexes

/** Ids from `start` up to but without `before`. */
export interface Range {
  readonly before: string | null
  readonly start: string | null
}

/** Rows of an index that is in the order of a key, not of ids. */
export interface Branch {
  readonly index: string
  readonly key: SQLiteColumn
  readonly where: SQL | undefined
}

/** A part of a filter whose matches are those of several branches. */
export interface Part {
  readonly names: readonly (keyof LicenseFilter)[]
  /** Parts of the filter that are tested without the rows, because the branches contain them. */
  readonly covers: readonly (keyof LicenseFilter)[]
  readonly branches: readonly Branch[]
}

const isLive = and(isNull(licenses.suspendedAtMs), isNull(licenses.revokedAtMs))
const isUnnotified = and(isNull(licenses.expiredNotifiedAtMs), isLive)
const isUnwarned = and(isNull(licenses.expiringNotifiedAtMs), isLive)
// As in the index, because SQLite compares conditions literally.
const isNotToWarn = sql`(expiring_notified_at_ms IS NOT NULL OR suspended_at_ms IS NOT NULL OR revoked_at_ms IS NOT NULL)`

/** Lists the leads that a filter has, those first that usually have fewer licenses. */
export function listLeads({ status, ...parts }: LicenseFilter): readonly Lead[] {
  const names = Object.keys(indexes) as Lead[]
  return [...names.filter((name) => name in parts || name === status?.is), 'all']
}

export const getIndex = (lead: Lead) => sql.identifier(indexes[lead].name)

/** Returns what is left to be tested. It includes the status, because `licenses_ended` does not decide it. */
export function omitLead(filter: LicenseFilter, lead: Lead): LicenseFilter {
  return omit(filter, [lead as keyof LicenseFilter])
}

export function omit(filter: LicenseFilter, names: readonly (keyof LicenseFilter)[]) {
  const parts = Object.entries(filter).filter(([name]) => !names.some((each) => each === name))
  return Object.fromEntries(parts) as LicenseFilter
}

export const isTested = (filter: LicenseFilter) =>
  Object.keys(filter).some((name) => name !== 'createdAfterMs')

/** Whether the branches of the part contain what the filter tests. */
export const isCoveredBy = ({ covers }: Part, filter: LicenseFilter) =>
  Object.keys(filter).every((name) => covers.some((each) => each === name))

/** Whether the index of the lead contains what the rest of the filter tests. */
export function isCovered(filter: LicenseFilter, lead: Lead): boolean {
  const { search, domain, externalRef, customerEmail, ...wide } = omitLead(filter, lead)
  const others = [search, domain, externalRef, customerEmail]
  return others.every((part) => part === undefined) && (indexes[lead].isWide || !isTested(wide))
}

/** The condition on the index of the lead. */
export function isLed(filter: LicenseFilter, lead: Lead): SQL | undefined {
  switch (lead) {
    case 'domain':
      return and(eq(activations.value, filter.domain ?? ''), sql`kind = 'domain'`)
    case 'expired':
      return and(isNotNull(licenses.expiredNotifiedAtMs), isLive)
    case 'revoked':
    case 'suspended':
      return buildStatusCondition(lead, 0)
    case 'all':
      return undefined
    default:
      return eq(columns[lead], filter[lead] ?? '')
  }
}

export function isInRange(id: SQLiteColumn, { before, start }: Range): SQL | undefined {
  return and(
    before === null ? undefined : lt(id, before),
    start === null ? undefined : gte(id, start),
  )
}

/** Ids are ordered by time, so no row has to be read. */
export function isNewer(id: SQLiteColumn, { createdAfterMs }: LicenseFilter): SQL | undefined {
  return when(createdAfterMs, (timeMs) => gte(id, formatLowestId('lic', timeMs)))
}

/** The condition that a license matches the filter, apart from when it was created. */
export function buildCondition(db: Db, filter: LicenseFilter): SQL | undefined {
  const { status, domain } = filter
  const isDomain = isLed(filter, 'domain')
  const { licenseId: id } = activations
  return and(
    status && buildStatusCondition(status.is, status.atMs),
    ...Object.entries(columns).map(([name, column]) =>
      when(filter[name as keyof typeof columns], (value) => eq(column, value)),
    ),
    when(filter.expiresBeforeMs, (timeMs) => lt(licenses.expiresAtMs, timeMs)),
    when(filter.expiresAfterMs, (timeMs) => gt(licenses.expiresAtMs, timeMs)),
    domain === undefined
      ? undefined
      : exists(
          db
            .select({ id })
            .from(activations)
            .where(and(isDomain, eq(id, licenses.id))),
        ),
    when(filter.search, (text) => or(...buildSearchPart(text).branches.map(({ where }) => where))),
  )
}

function when<Value>(value: Value | undefined, build: (value: Value) => SQL | undefined) {
  return value === undefined ? undefined : build(value)
}

function buildStatusCondition(status: LicenseStatus, atMs: number): SQL | undefined {
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

export function listParts(db: Db, filter: LicenseFilter): readonly Part[] {
  const { search, expiresBeforeMs, expiresAfterMs } = filter
  const hasTimes = expiresBeforeMs !== undefined || expiresAfterMs !== undefined
  return [
    ...(search === undefined ? [] : [buildSearchPart(search)]),
    ...(hasTimes ? [buildTimePart(db, filter)] : []),
  ]
}

function buildTimePart(db: Db, filter: LicenseFilter): Part {
  const { expiresBeforeMs, expiresAfterMs, planSlug, productSlug } = filter
  const key = licenses.expiresAtMs
  const isInTime = and(
    isNotNull(key),
    when(expiresBeforeMs, (timeMs) => lt(key, timeMs)),
    when(expiresAfterMs, (timeMs) => gt(key, timeMs)),
  )
  const times = ['expiresBeforeMs', 'expiresAfterMs'] as const
  const covers = ['status', 'createdAfterMs'] as const
  if (planSlug === undefined && productSlug === undefined) {
    const branches = [
      { index: 'licenses_to_warn', key, where: and(isUnwarned, isInTime) },
      { index: 'licenses_not_to_warn', key, where: and(isNotToWarn, isInTime) },
    ]
    return { names: times, covers, branches }
  }
  const branches = listPlanSlugs(db, filter).map((slug) => ({
    index: 'licenses_by_plan_and_expiry',
    key,
    where: and(eq(licenses.planSlug, slug), isInTime),
  }))
  return { names: [...times, 'planSlug', 'productSlug'], covers, branches }
}

/** All licenses of a plan are of its product. */
function listPlanSlugs(db: Db, { planSlug, productSlug }: LicenseFilter): readonly string[] {
  const isPlan = and(
    when(planSlug, (slug) => eq(plans.slug, slug)),
    when(productSlug, (slug) => eq(plans.productSlug, slug)),
  )
  const rows = db.select({ slug: plans.slug }).from(plans).where(isPlan).all()
  return rows.map(({ slug }) => slug)
}

/** The licenses that have expired, but whose notice is still due. */
export function buildDuePart(atMs: number): Part {
  const key = licenses.endsAtMs
  const where = and(isUnnotified, lte(key, atMs))
  const branches = [{ index: 'licenses_to_expire', key, where }]
  return { names: ['status'], covers: ['createdAfterMs'], branches }
}

function buildSearchPart(search: string): Part {
  const folded = foldText(search)
  const text = removeInvisible(search.normalize('NFC')).trim()
  const { id, customerEmail, customerEmailFolded, customerNameFolded, keyLastFour } = licenses
  const branches: Branch[] = [
    {
      index: 'licenses_by_email',
      key: customerEmail,
      where: startsWith(customerEmail, text.toLowerCase()),
    },
    {
      index: 'licenses_by_folded_email',
      key: customerEmailFolded,
      where: startsWith(customerEmailFolded, folded),
    },
    {
      index: 'licenses_by_name',
      key: customerNameFolded,
      where: startsWith(customerNameFolded, folded),
    },
    { index: 'sqlite_autoindex_licenses_1', key: id, where: eq(id, folded) },
    {
      index: 'licenses_by_last_four',
      key: keyLastFour,
      where: inArray(keyLastFour, [text, text.toUpperCase()]),
    },
  ]
  return { names: ['search'], covers: ['createdAfterMs'], branches }
}

/** Nothing starts with an empty text, which is what a lone accent is folded to. */
export function startsWith(column: SQLiteColumn, text: string): SQL | undefined {
  return text === ''
    ? and(isNotNull(column), sql`FALSE`)
    : and(gte(column, text), lt(column, `${text}\u{10ffff}`))
}
