import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { desc } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/bun-sqlite'
import { formatLowestId } from '~/domain/ids.ts'
import type { LicenseFilter } from '~/domain/licenses.ts'
import { DAY_MS } from '~/domain/times.ts'
import type { Store } from '~/store/port.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import { selectIds } from '~/store/sqlite/license-lists.ts'
import { createLicenseZones } from '~/store/sqlite/license-zones.ts'
import * as schema from '~/store/sqlite/schema.ts'
import { activations, licenses } from '~/store/sqlite/schema.ts'
import { runAtOnce } from '~/turns.ts'
import { startMs } from '../../support/samples.ts'
import { createScratchDirectory } from '../../support/scratch.ts'
import { countTurns } from '../../support/turns.ts'
import { contextAt, createCatalog, decision, issue } from '../contract/stores.ts'
import { copyLicense } from './copy-license.ts'
import { openSqlite } from './open-store.ts'

const COPIES = 10_000
/** Licenses that a list may search in one turn, with room for what else takes a step. */
const LICENSES_PER_TURN = 6000
const PAGE_MAX = 1000

const isExpired = { status: { is: 'expired', atMs: startMs } } as const
const isRevoked = { status: { is: 'revoked', atMs: startMs } } as const
const late = startMs + 9 * DAY_MS

/** One part of each has no license, which an index shows. */
const withoutMatch: readonly (readonly [name: string, filter: LicenseFilter])[] = [
  ['status', isExpired],
  ['expires_before', { expiresBeforeMs: startMs }],
  ['a plan and expires_before', { planSlug: 'professional', expiresBeforeMs: startMs }],
  ['an email address and status', { customerEmail: 'many@example.com', ...isRevoked }],
  ['a domain and status', { domain: 'example.com', ...isExpired }],
  ['a start that many addresses have, and status', { search: 'many', ...isExpired }],
  ['a plan of another product', { planSlug: 'professional', productSlug: 'other' }],
]
/** Many licenses have each part, and none has both. */
const apart: readonly (readonly [name: string, filter: LicenseFilter])[] = [
  ['an email address and a plan', { customerEmail: 'many@example.com', planSlug: 'starter' }],
  ['a domain and a plan', { domain: 'example.com', planSlug: 'starter' }],
  ['a start of addresses and a plan', { search: 'many', planSlug: 'starter' }],
  ['a start of addresses and a time', { search: 'many', expiresAfterMs: startMs }],
]
const single: readonly LicenseFilter[] = [
  isRevoked,
  isExpired,
  { status: { is: 'expired', atMs: late } },
  { status: { is: 'active', atMs: startMs } },
  { status: { is: 'suspended', atMs: startMs } },
  { planSlug: 'starter' },
  { productSlug: 'default' },
  { customerEmail: 'many@example.com' },
  { domain: 'example.com' },
  { externalRef: 'order' },
  { expiresBeforeMs: late },
  { expiresAfterMs: startMs },
  { createdAfterMs: startMs - DAY_MS },
  { search: 'many' },
  { search: 'ada' },
]

type Row = typeof licenses.$inferSelect & { readonly hasDomain: boolean }

/** The filters, each as a rule about one license. */
const rules: {
  readonly [Name in keyof LicenseFilter]-?: (
    row: Row,
    value: NonNullable<LicenseFilter[Name]>,
  ) => boolean
} = {
  status: (row, { is, atMs }) => findStatus(row, atMs) === is,
  planSlug: (row, slug) => row.planSlug === slug,
  productSlug: (row, slug) => row.productSlug === slug,
  customerEmail: (row, email) => row.customerEmail === email,
  domain: ({ hasDomain }) => hasDomain,
  externalRef: (row, reference) => row.externalRef === reference,
  expiresBeforeMs: ({ expiresAtMs }, atMs) => expiresAtMs !== null && expiresAtMs < atMs,
  expiresAfterMs: ({ expiresAtMs }, atMs) => expiresAtMs !== null && expiresAtMs > atMs,
  createdAfterMs: (row, atMs) => row.id >= formatLowestId('lic', atMs),
  search: ({ customerEmail, customerNameFolded }, start) =>
    [customerEmail, customerNameFolded].some((text) => text?.startsWith(start)),
}

function findStatus({ revokedAtMs, suspendedAtMs, endsAtMs }: Row, atMs: number) {
  if (revokedAtMs !== null) return 'revoked'
  if (suspendedAtMs !== null) return 'suspended'
  return endsAtMs !== null && endsAtMs <= atMs ? 'expired' : 'active'
}

function isMatch(row: Row, filter: LicenseFilter): boolean {
  return Object.entries(filter).every(([name, value]) => {
    const rule = rules[name as keyof LicenseFilter] as (row: Row, value: unknown) => boolean
    return rule(row, value)
  })
}

describe('license lists of many licenses', () => {
  let store: Store
  let directory: string
  beforeAll(async () => {
    directory = createScratchDirectory()
    store = openSqlite(directory)
    await createCatalog(store, {}, { slug: 'starter' })
    await issue(store, { customerEmail: 'many@example.com', domains: ['example.com'] })
    await issue(store, { customerEmail: 'other@example.com', customerName: 'Ada' })
    using db = new Database(databasePath(directory), { strict: true })
    db.run(
      `UPDATE licenses SET plan_slug = 'starter', expires_at_ms = ?, ends_at_ms = ?
      WHERE customer_name IS NOT NULL`,
      [late, late],
    )
    copyLicense(directory, COPIES)
  })
  afterAll(async () => {
    await store.close()
    rmSync(directory, { recursive: true })
  })

  test.each(withoutMatch)(
    'license lists: an index shows at once that no license has %s',
    async (_name, filter) => {
      const { turns } = await countTurns(async () => {
        const { data } = await store.licenses.list(filter, { limit: 100, after: null })
        expect(data).toEqual([])
      })
      expect(turns).toBeLessThanOrEqual(1)
    },
  )

  test.each(apart)(
    'license lists: %s that no license has together take several turns',
    async (_name, filter) => {
      const { turns } = await countTurns(async () => {
        const { data } = await store.licenses.list(filter, { limit: 100, after: null })
        expect(data).toEqual([])
      })
      expect(turns).toBeGreaterThan(COPIES / LICENSES_PER_TURN)
    },
  )

  test('license lists: the number of too many matches is exact', async () => {
    const changed = store.licenses.changeMany(
      { filter: { planSlug: 'professional' } },
      1000,
      contextAt(),
      () => decision(null),
    )
    await expect(changed).rejects.toThrow(`The filter matches ${COPIES + 1} licenses`)
  })

  test('license lists: two parts find, page by page, the licenses that each of them fits', () => {
    using client = new Database(databasePath(directory), { strict: true })
    client.run(
      `UPDATE licenses SET
      suspended_at_ms = iif(rowid % 7 = 0, 1, NULL), revoked_at_ms = iif(rowid % 11 = 0, 1, NULL),
      expires_at_ms = iif(rowid % 3 = 0, $startMs + (rowid % 20 - 10) * $day, NULL),
      ends_at_ms = iif(rowid % 3 = 0, $startMs + (rowid % 20 - 9) * $day, NULL),
      expired_notified_at_ms = iif(rowid % 5 = 0, 1, NULL),
      expiring_notified_at_ms = iif(rowid % 2 = 0, 1, NULL),
      external_ref = iif(rowid % 13 < 6, 'order', NULL)`
        .replaceAll('$startMs', String(startMs))
        .replaceAll('$day', String(DAY_MS)),
    )
    const db = drizzle(client, { schema })
    const withDomain = new Set(
      db
        .select()
        .from(activations)
        .all()
        .map(({ licenseId }) => licenseId),
    )
    const rows = db
      .select()
      .from(licenses)
      .orderBy(desc(licenses.id))
      .all()
      .map((row) => ({ ...row, hasDomain: withDomain.has(row.id) }))
    const found = single.map((filter) => ({
      filter,
      ids: rows.filter((row) => isMatch(row, filter)).map(({ id }) => id),
    }))
    for (const [index, one] of found.entries()) {
      const wanted = new Set(one.ids)
      for (const other of found.slice(index)) {
        const filter = { ...other.filter, ...one.filter }
        const isSame = Object.keys(one.filter).some((name) => name in other.filter)
        if (isSame && other !== one) continue
        const ids = other.ids.filter((id) => wanted.has(id))
        const nth = ids[99] ?? null
        const page = nth === null ? ids.slice(0, 100) : ids.slice(100, 200)
        for (const zones of [null, createLicenseZones(db, client)]) {
          const select = (max: number, after: string | null) =>
            runAtOnce(selectIds({ db, zones }, filter, max, after))
          const selected = [select(PAGE_MAX, null), select(100, nth)]
          expect({ filter, selected }).toEqual({ filter, selected: [ids.slice(0, PAGE_MAX), page] })
        }
      }
    }
  }, 120_000)
})
