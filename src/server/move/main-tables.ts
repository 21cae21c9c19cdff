import { getTableConfig as getPostgresConfig, PgTable } from 'drizzle-orm/pg-core'
import { getTableConfig as getSqliteConfig, SQLiteTable } from 'drizzle-orm/sqlite-core'
import * as postgresCheckout from '~/store/postgres/checkout-schema.ts'
import * as postgresEdge from '~/store/postgres/edge-schema.ts'
import * as postgresNode from '~/store/postgres/node-schema.ts'
import * as postgresPortal from '~/store/postgres/portal-schema.ts'
import * as postgresMain from '~/store/postgres/schema.ts'
import * as postgresSession from '~/store/postgres/session-schema.ts'
import { WRITE_PROBE } from '~/store/shared/meta-names.ts'
import { UNFINISHED_MOVE } from '~/store/shared/unfinished-move.ts'
import * as sqliteCheckout from '~/store/sqlite/checkout-schema.ts'
import * as sqliteEdge from '~/store/sqlite/edge-schema.ts'
import * as sqliteNode from '~/store/sqlite/node-schema.ts'
import * as sqlitePortal from '~/store/sqlite/portal-schema.ts'
import * as sqliteMain from '~/store/sqlite/schema.ts'
import * as sqliteSession from '~/store/sqlite/session-schema.ts'
import type { Column, Table } from './table.ts'

/** Tables about running servers, which both engines have, and that are empty after a move. */
export const tablesLeftBehind = ['changes', 'nodes', 'leases']
/** Rows of `meta` about the database that contains them. */
const ownNames = [UNFINISHED_MOVE, 'changes_floor', WRITE_PROBE]

export const sqliteTables = listTables(
  SQLiteTable,
  [sqliteMain, sqliteSession, sqlitePortal, sqliteCheckout, sqliteEdge, sqliteNode],
  getSqliteConfig,
)
export const postgresTables = listTables(
  PgTable,
  [postgresMain, postgresSession, postgresPortal, postgresCheckout, postgresEdge, postgresNode],
  getPostgresConfig,
)

/** The tables that are moved, each after those that it refers to. */
export const mainTables: readonly Table[] = sortByReferences(
  sqliteTables.filter(({ name }) => !tablesLeftBehind.includes(name)),
).map(buildTable)

function listTables<Kind, Config>(
  kind: abstract new (...args: never[]) => Kind,
  schemas: readonly object[],
  getConfig: (table: Kind) => Config,
): readonly Config[] {
  const values = schemas.flatMap((schema) => Object.values(schema))
  return values.filter((value) => value instanceof kind).map(getConfig)
}

type SqliteConfig = (typeof sqliteTables)[number]
type PostgresConfig = (typeof postgresTables)[number]

function sortByReferences(tables: readonly SqliteConfig[]): readonly SqliteConfig[] {
  const sorted = new Set<SqliteConfig>()
  const add = (table: SqliteConfig) => {
    for (const reference of table.foreignKeys) {
      const { name } = getSqliteConfig(reference.reference().foreignTable)
      const parent = tables.find((one) => one.name === name)
      if (parent !== undefined && parent !== table) add(parent)
    }
    sorted.add(table)
  }
  // It says that the move is unfinished, and which master secret it needs.
  for (const table of tables) if (table.name === 'meta') add(table)
  for (const table of tables) add(table)
  return [...sorted]
}

function buildTable(table: SqliteConfig): Table {
  const postgres = postgresTables.find(({ name }) => name === table.name)
  if (postgres === undefined) throw new Error(`PostgreSQL has no table ${table.name}`)
  const { name } = table
  const isOwn = `name IN (${ownNames.map((own) => `'${own}'`)})`
  const source = name === 'meta' ? `(SELECT * FROM meta WHERE NOT ${isOwn}) AS moved` : name
  const counted = table.columns.find((column) => 'autoIncrement' in column && column.autoIncrement)
  const identity = postgres.columns.find((column) => column.generatedIdentity !== undefined)
  const key = findKey(table)
  return {
    name,
    columns: table.columns.map((column) => describeColumn(column.name, postgres)),
    sqlite: { source, target: name, counter: counted?.name ?? null, key },
    postgres: { source, target: name, counter: identity?.name ?? null, key },
  }
}

function describeColumn(name: string, { columns, name: table }: PostgresConfig): Column {
  const type = columns.find((column) => column.name === name)?.getSQLType()
  if (type === 'boolean') return { name, type }
  if (type === 'bigint') return { name, type: 'integer' }
  if (type?.startsWith('text')) return { name, type: 'text' }
  throw new Error(`PostgreSQL has no column ${table}.${name} that can be moved`)
}

function findKey({ columns, primaryKeys }: SqliteConfig): readonly number[] {
  const [several] = primaryKeys
  const single = columns.filter(({ primary }) => primary)
  return (several?.columns ?? single).map(({ name }) =>
    columns.findIndex((column) => column.name === name),
  )
}
