import type { SQL } from 'drizzle-orm'
import { and, eq, gt, gte, inArray, isNotNull, isNull, lt, lte, or, sql } from 'drizzle-orm'
import { union, unionAll } from 'drizzle-orm/sqlite-core'
import { formatLowestId } from '~/domain/ids.ts'
import type { LicenseFilter, LicenseStatus } from '~/domain/licenses.ts'
import type { Db } from './connection.ts'
import { activations, licenses } from './schema.ts'

/** A search with at most this many matches collects and sorts them. */
const COLLECTED_MAX = 10_000

/** Builds the condition of a filter. Every part of it uses an index. */
export function buildCondition(db: Db, filter: LicenseFilter): SQL | undefined {
  const { status } = filter
  return and(
    status && buildStatusCondition(status.is, status.atMs),
    when(filter.planSlug, (slug) => eq(licenses.planSlug, slug)),
    when(filter.productSlug, (slug) => eq(licenses.productSlug, slug)),
    when(filter.customerEmail, (email) => eq(licenses.customerEmail, email)),
    when(filter.externalRef, (ref) => eq(licenses.externalRef, ref)),
    when(filter.expiresBeforeMs, (timeMs) => lt(licenses.expiresAtMs, timeMs)),
    when(filter.expiresAfterMs, (timeMs) => gt(licenses.expiresAtMs, timeMs)),
    // Ids are ordered by time, so no row has to be read.
    when(filter.createdAfterMs, (timeMs) => gte(licenses.id, formatLowestId('lic', timeMs))),
    when(filter.domain, (name) => inArray(licenses.id, selectIdsByDomain(db, name))),
    when(filter.search, (text) => buildSearchCondition(db, text)),
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
