import {
  and,
  count,
  desc,
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
import type {
  LicenseFilter,
  LicenseRecord,
  LicenseSnapshot,
  LicenseStatus,
} from '~/domain/licenses.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import { noUsage, type UsageCounters } from '~/domain/usage.ts'
import type { ActivationReads } from './activations.ts'
import type { CatalogReads } from './catalog.ts'
import type { Db } from './connection.ts'
import { activations, formerKeys, licenses } from './schema.ts'

/** Up to this many matches of a search are sorted rather than met on a walk. */
const GATHERED_MAX = 10_000

/** Usage counters by license id. A license without an entry was not used. */
export type Counters = ReadonlyMap<string, UsageCounters>

export interface LicenseReads {
  readSnapshot(id: string): LicenseSnapshot | null
  readRecord(id: string, counters: Counters): LicenseRecord | null
  readByKey(keyHash: string, nowMs: number): LicenseSnapshot | null
  readPage(filter: LicenseFilter, page: PageRequest): Page<string>
  /** Ids, newest first; at most `max`. */
  readIds(filter: LicenseFilter, max: number): readonly string[]
  count(filter: LicenseFilter): number
}

interface Parts {
  readonly catalog: CatalogReads
  readonly activationReads: ActivationReads
}

export function createLicenseReads(db: Db, parts: Parts): LicenseReads {
  const byId = db
    .select()
    .from(licenses)
    .where(eq(licenses.id, sql.placeholder('id')))
    .prepare()
  const byKey = db
    .select()
    .from(licenses)
    .where(eq(licenses.keyHash, sql.placeholder('keyHash')))
    .prepare()
  const byFormerKey = db
    .select({ licenseId: formerKeys.licenseId })
    .from(formerKeys)
    .where(
      and(
        eq(formerKeys.keyHash, sql.placeholder('keyHash')),
        gt(formerKeys.validUntilMs, sql.placeholder('nowMs')),
      ),
    )
    .prepare()

  type Row = typeof licenses.$inferSelect

  function toSnapshot(row: Row | undefined): LicenseSnapshot | null {
    if (row === undefined) return null
    const { customerNameFolded: _search, eventSequence: _sequence, ...rest } = row
    // These columns hold the counters in a backup. A running server counts in the usage file.
    const { validationCount: _count, lastValidatedAtMs: _last, ...license } = rest
    return { license, plan: parts.catalog.readPlanOf(license) }
  }

  const readSnapshot = (id: string) => toSnapshot(byId.get({ id }))

  function readRecord(id: string, counters: Counters): LicenseRecord | null {
    const snapshot = readSnapshot(id)
    if (snapshot === null) return null
    const hasDomains = snapshot.license.domainsUsed > 0
    const domains = hasDomains ? parts.activationReads.readDomains(id) : []
    return { ...snapshot, domains, usage: counters.get(id) ?? noUsage }
  }

  function readByKey(keyHash: string, nowMs: number): LicenseSnapshot | null {
    const current = toSnapshot(byKey.get({ keyHash }))
    if (current !== null) return current
    const former = byFormerKey.get({ keyHash, nowMs })
    return former === undefined ? null : readSnapshot(former.licenseId)
  }

  function selectIds(filter: LicenseFilter, after: string | null, limit: number): string[] {
    const where = and(
      ...conditions(db, filter),
      after === null ? undefined : lt(licenses.id, after),
    )
    const rows = db
      .select({ id: licenses.id })
      .from(licenses)
      .where(where)
      .orderBy(desc(licenses.id))
      .limit(limit)
      .all()
    return rows.map(({ id }) => id)
  }

  function readPage(filter: LicenseFilter, { limit, after }: PageRequest): Page<string> {
    const ids = selectIds(filter, after, limit + 1)
    return {
      data: ids.slice(0, limit),
      nextAfter: ids.length > limit ? (ids[limit - 1] ?? null) : null,
    }
  }

  return {
    readSnapshot,
    readRecord,
    readByKey,
    readPage,
    readIds: (filter, max) => selectIds(filter, null, max),
    count: (filter) => {
      const where = and(...conditions(db, filter))
      return db.select({ total: count() }).from(licenses).where(where).get()?.total ?? 0
    },
  }
}

function conditions(db: Db, filter: LicenseFilter): (SQL | undefined)[] {
  const { status, planSlug, productSlug, customerEmail, externalRef, domain, search } = filter
  return [
    status && statusCondition(status.is, status.atMs),
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
    // Ids are ordered by time, so the newest are found without looking at a single row.
    filter.createdAfterMs === undefined
      ? undefined
      : gte(licenses.id, formatLowestId('lic', filter.createdAfterMs)),
    domain === undefined ? undefined : inArray(licenses.id, withDomain(db, domain)),
    search === undefined ? undefined : searchCondition(db, search),
  ]
}

function statusCondition(status: LicenseStatus, atMs: number): SQL | undefined {
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

function withDomain(db: Db, domain: string) {
  return db
    .select({ id: activations.licenseId })
    .from(activations)
    .where(and(eq(activations.value, domain), sql`kind = 'domain'`))
}

/**
 * Few are gathered from their four indexes. Where they are many, a walk newest first soon meets
 * some, and the unary plus keeps SQLite from gathering them all the same.
 */
function searchCondition(db: Db, search: string): SQL {
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
    .offset(GATHERED_MAX)
    .get()
  return oneTooMany === undefined
    ? inArray(licenses.id, union(ids(email), ids(name), ids(id), ids(lastFour)))
    : sql`+(${or(email, name, id, lastFour)})`
}
