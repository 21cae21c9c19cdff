import { Database } from 'bun:sqlite'
import { describe, expect, test } from 'bun:test'
import { is } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/bun-sqlite'
import { getTableConfig, SQLiteTable } from 'drizzle-orm/sqlite-core'
import type { LicenseFilter } from '~/domain/licenses.ts'
import { parseSearch } from '~/domain/searches.ts'
import { migrate } from '~/platform/sqlite-migrations.ts'
import * as checkoutSchema from '~/store/sqlite/checkout-schema.ts'
import * as edgeSchema from '~/store/sqlite/edge-schema.ts'
import type { Engine } from '~/store/sqlite/engine.ts'
import { migrations } from '~/store/sqlite/files/migrations.ts'
import { countLicenses, selectIds } from '~/store/sqlite/license-lists.ts'
import { searchIds } from '~/store/sqlite/license-search.ts'
import * as nodeSchema from '~/store/sqlite/node-schema.ts'
import * as portalSchema from '~/store/sqlite/portal-schema.ts'
import * as schema from '~/store/sqlite/schema.ts'
import * as sessionSchema from '~/store/sqlite/session-schema.ts'
import { prepareStatements } from '~/store/sqlite/statements.ts'
import { runAtOnce } from '~/turns.ts'
import { startMs } from '../../support/samples.ts'

const client = new Database(':memory:', { strict: true })
migrate(client, migrations)

interface TableRow {
  readonly name: string
  readonly strict: number
}

const tables = client
  .query<TableRow, []>("SELECT name, strict FROM pragma_table_list WHERE type = 'table'")
  .all()
  .filter(({ name }) => !name.startsWith('sqlite_'))

describe('schema', () => {
  test('schema: every table is strict', () => {
    expect(tables.length).toBeGreaterThan(5)
    expect(tables.filter(({ strict }) => strict !== 1)).toEqual([])
  })

  test('schema: the migrations create exactly the tables and columns of schema.ts', () => {
    const described = Object.values({
      ...schema,
      ...checkoutSchema,
      ...sessionSchema,
      ...portalSchema,
      ...nodeSchema,
      ...edgeSchema,
    })
      .filter((table) => is(table, SQLiteTable))
      .flatMap((table) => {
        const { name, columns } = getTableConfig(table)
        return columns.map(
          (column) => `${name}.${column.name} ${column.getSQLType()} ${column.notNull}`,
        )
      })
    const actual = tables
      .filter(({ name }) => name !== 'migrations')
      .flatMap(({ name }) =>
        client
          .query<{ name: string; type: string; notnull: number }, [string]>(
            'SELECT name, type, "notnull" FROM pragma_table_info(?)',
          )
          .all(name)
          .map(({ name: column, type, notnull }) => `${name}.${column} ${type} ${notnull === 1}`),
      )
    expect(actual.map((text) => text.toLowerCase()).sort()).toEqual(described.sort())
  })
})

test('schema: 0001_plain_names keeps the rows of renamed tables and columns', () => {
  using former = new Database(':memory:', { strict: true })
  migrate(former, migrations.slice(0, 1))
  former.run("INSERT INTO kept_answers VALUES ('key', 'body', 'sealed', 7)")
  former.run("INSERT INTO products (slug, name, key_prefix) VALUES ('p', 'P', 'P')")
  former.run("INSERT INTO plans (slug, product_slug, terms) VALUES ('p', 'p', '{}')")
  former.run(`INSERT INTO licenses (id, plan_slug, product_slug, key_hash, key_sealed, key_masked,
      key_last_four, overrides, metadata, created_at_ms, updated_at_ms, validation_count,
      domains_used, free_domains_used, devices_used, expired_told_at_ms, limit_notices, version,
      event_sequence)
    VALUES ('lic', 'p', 'p', 'hash', 's', 'm', '4', '{}', '{}', 1, 1, 0, 0, 0, 0, 8, '{}', 1, 0)`)
  migrate(former, migrations)
  expect(former.query('SELECT * FROM stored_responses').all()).toEqual([
    { key_hash: 'key', body_hash: 'body', sealed_response: 'sealed', expires_at_ms: 7 },
  ])
  expect(former.query('SELECT id, expired_notified_at_ms FROM licenses').all()).toEqual([
    { id: 'lic', expired_notified_at_ms: 8 },
  ])
})

const filters: readonly (readonly [name: string, filter: LicenseFilter])[] = [
  ['none', {}],
  ...(['active', 'expired', 'suspended', 'revoked'] as const).map(
    (is) => [`status ${is}`, { status: { is, atMs: startMs } }] as const,
  ),
  ['plan', { planSlug: 'professional' }],
  ['product', { productSlug: 'default' }],
  ['customer_email', { customerEmail: 'dev@example.com' }],
  ['domain', { domain: 'example.com' }],
  ['external_ref', { externalRef: 'order-1' }],
  ['expires_before', { expiresBeforeMs: startMs }],
  ['expires_after', { expiresAfterMs: startMs }],
  ['created_after', { createdAfterMs: startMs }],
  ['q', { search: 'dev' }],
]

describe('license lists', () => {
  const queries: { sql: string; params: unknown[] }[] = []
  const logger = {
    logQuery: (sql: string, params: unknown[]) => void queries.push({ sql, params }),
  }
  const db = drizzle(client, { schema, logger })
  const engine = { db, statements: prepareStatements(db) } as Engine

  test.each(filters)(
    'license lists: every query for the filter %s uses an index',
    (_name, filter) => {
      queries.length = 0
      runAtOnce(selectIds(engine, filter, 20))
      runAtOnce(selectIds(engine, filter, 20, 'lic_zzz'))
      runAtOnce(countLicenses(engine, filter))
      expect(queries.length).toBeGreaterThanOrEqual(3)
      const steps = queries.flatMap(({ sql, params }) => planOf(sql, params))
      const scans = steps.filter((step) => /^SCAN (?!\(subquery)/.test(step) && !isRange(step))
      expect(scans).toEqual([])
      // Only what an index does not have in the order of ids is sorted, a few rows at a time.
      const sorts = steps.filter((step) => step.includes('TEMP B-TREE FOR ORDER BY'))
      const { search, expiresBeforeMs, expiresAfterMs, status } = filter
      const isSorted = search ?? expiresBeforeMs ?? expiresAfterMs ?? status?.is === 'expired'
      if (!isSorted) expect(sorts).toEqual([])
    },
  )

  test.each([
    'dev@example.com',
    'example.com',
    'ada lovelace',
    'Ada',
    '2F17',
    'act_01jg3m8v5mf1x8yq1r5c2w7h3k',
  ])('license search: every query for %s uses an index and reads a limited range', (text) => {
    queries.length = 0
    const keys = { keyHashes: ['one'], listNearKeyHashes: () => ['two'], nowMs: startMs }
    runAtOnce(searchIds(engine, { ...parseSearch(text), ...keys }, 50))
    expect(queries.length).toBeGreaterThanOrEqual(6)
    const plans = queries.map(({ sql, params }) => ({ sql, steps: planOf(sql, params) }))
    const costly = plans.filter(({ steps }) =>
      steps.some((step) => /^SCAN (?!json_each)|TEMP B-TREE FOR ORDER/.test(step)),
    )
    expect(costly).toEqual([])
    const unlimited = queries.filter(({ sql }) => !/LIMIT|WHERE (id|key_hash) (=|IN)/.test(sql))
    expect(unlimited).toEqual([])
  })

  /** Every range of all licenses has a limit or is the last one. Other indexes are read alone. */
  function isRange(step: string): boolean {
    return /COVERING INDEX|INDEX licenses_by_age_and_end/.test(step)
  }

  function planOf(sql: string, params: readonly unknown[]): string[] {
    const statement = client.query<{ detail: string }, never[]>(`EXPLAIN QUERY PLAN ${sql}`)
    return statement.all(...(params as never[])).map(({ detail }) => detail)
  }
})
