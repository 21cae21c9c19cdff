import {
  and,
  eq,
  gt,
  gte,
  inArray,
  isNotNull,
  isNull,
  lt,
  lte,
  or,
  type SQL,
  sql,
} from 'drizzle-orm'
import { union, unionAll } from 'drizzle-orm/sqlite-core'
import { formatLowestId } from '~/domain/ids.ts'
import type { LicenseFilter, LicenseStatus } from '~/domain/licenses.ts'
import type { Db } from './connection.ts'
import { activations, licenses } from './schema.ts'

/** A search with at most this many matches collects and sorts them. */
const COLLECTED_MAX = 10_000

/** Builds the condition of a filter. Every part of it uses an index. */
export function buildCondition(db: Db, filter: LicenseFilter): SQL | undefined {
  const { status, planSlug, productSlug, customerEmail, externalRef, domain, search } = filter
  return and(
    status && buildStatusCondition(status.is, status.atMs),
    planSlug === undefined ? undefined : eq(licenses.planSlug, planSlug),
    productSlug === undefined ? undefined : eq(licenses.productSlug, productSlug),
    customerEmail === undefined ? undefined : eq(licenses.customerEmail, customerEmail),
    externalRef === undefined ? undefined : eq(licenses.externalRef, externalRef),
    filter.expiresBeforeMs === undefined
      ? undefined
      : lt(licenses.expiresAtMs, filter.expiresBeforeMs),
    filter.expiresAfterMs === undefined
      ? undefined
      : gt(licenses.expiresAtMs, filter.expiresAfterMs),
    // Ids are ordered by time, so no row has to be read.
    filter.createdAfterMs === undefined
      ? undefined
      : gte(licenses.id, formatLowestId('lic', filter.createdAfterMs)),
    domain === undefined ? undefined : inArray(licenses.id, selectIdsByDomain(db, domain)),
    search === undefined ? undefined : buildSearchCondition(db, search),
  )
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

function selectIdsByDomain(db: Db, domain: string) {
  return db
    .select({ id: activations.licenseId })
    .from(activations)
    .where(and(eq(activations.value, domain), sql`kind = 'domain'`))
}

/**
 * Collects a few matches from four indexes. With many matches, a scan from the newest license finds
 * a page sooner; the unary plus keeps SQLite from using the indexes.
 */
function buildSearchCondition(db: Db, search: string): SQL {
  const folded = search.toLowerCase()
  const beyond = `${folded}\u{10ffff}`
  const email = and(gte(licenses.customerEmail, folded), lt(licenses.customerEmail, beyond))
  const name = and(
    gte(licenses.customerNameFolded, folded),
    lt(licenses.customerNameFolded, beyond),
  )
  const id = eq(licenses.id, folded)
  const lastFour = inArray(licenses.keyLastFour, [search, search.toUpperCase()])
  const ids = (where: SQL | undefined) => db.select({ id: licenses.id }).from(licenses).where(where)
  const oneTooMany = unionAll(ids(email), ids(name), ids(id), ids(lastFour))
    .limit(1)
    .offset(COLLECTED_MAX)
    .get()
  return oneTooMany === undefined
    ? inArray(licenses.id, union(ids(email), ids(name), ids(id), ids(lastFour)))
    : sql`+(${or(email, name, id, lastFour)})`
}
