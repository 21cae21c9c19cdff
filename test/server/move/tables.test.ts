import { expect, test } from 'bun:test'
import {
  mainTables,
  postgresTables,
  sqliteTables,
  tablesLeftBehind,
} from '~/server/move/main-tables.ts'

/** Tables and columns that only PostgreSQL has. They follow from the rows that are moved. */
const postgresTablesOnly = ['heads', 'edge_leases']
const postgresColumnsOnly = ['events.xid', 'stored_responses.xid', 'checkout_bodies.xid']

interface Config {
  readonly name: string
  readonly columns: readonly { readonly name: string; readonly notNull: boolean }[]
  readonly primaryKeys: readonly { readonly columns: readonly { readonly name: string }[] }[]
}

const describeTable = ({ name, columns, primaryKeys }: Config) => ({
  name,
  columns: columns
    .filter((column) => !postgresColumnsOnly.includes(`${name}.${column.name}`))
    .map((column) => `${column.name}${column.notNull ? '' : '?'}`)
    .sort(),
  key: primaryKeys.map((key) => key.columns.map((column) => column.name)),
})

const describeMoved = (tables: readonly Config[]) =>
  tables
    .filter(({ name }) => ![...tablesLeftBehind, ...postgresTablesOnly].includes(name))
    .map(describeTable)
    .sort((one, other) => one.name.localeCompare(other.name))

test('move: both engines have the same tables, columns and keys, except for those that are listed', () => {
  expect(describeMoved(postgresTables)).toEqual(describeMoved(sqliteTables))
})

test('move: every table is moved that does not describe running servers, after the tables it refers to', () => {
  const names = mainTables.map(({ name }) => name)
  const all = sqliteTables.map(({ name }) => name)
  expect([...names, ...tablesLeftBehind].sort()).toEqual(all.sort())
  expect(names.indexOf('licenses')).toBeLessThan(names.indexOf('activations'))
  expect(names.indexOf('checkout_events')).toBeLessThan(names.indexOf('checkout_bodies'))
})
