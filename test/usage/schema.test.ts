import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { is } from 'drizzle-orm'
import { getTableConfig, SQLiteTable } from 'drizzle-orm/sqlite-core'
import { migrate } from '~/platform/sqlite-migrations.ts'
import { migrations } from '~/usage/migrations.ts'
import * as schema from '~/usage/schema.ts'

interface ColumnRow {
  readonly table: string
  readonly name: string
  readonly type: string
  readonly isNotNull: number
  readonly isStrict: number
}

const db = new Database(':memory:', { strict: true })
migrate(db, migrations)
const columns = db
  .query<ColumnRow, []>(
    `SELECT list.name AS "table", info.name, info.type, info."notnull" AS isNotNull,
       list.strict AS isStrict
     FROM pragma_table_list AS list JOIN pragma_table_info(list.name) AS info
     WHERE list.name NOT LIKE 'sqlite_%' AND list.name <> 'migrations'`,
  )
  .all()

test('usage schema: the migrations create exactly the tables and columns of schema.ts', () => {
  const expected = Object.values(schema)
    .filter((table) => is(table, SQLiteTable))
    .flatMap((table) => {
      const { name, columns: described } = getTableConfig(table)
      return described.map((one) => `${name}.${one.name} ${one.getSQLType()} ${one.notNull}`)
    })
  const actual = columns.map(
    ({ table, name, type, isNotNull }) =>
      `${table}.${name} ${type.toLowerCase()} ${isNotNull === 1}`,
  )
  expect(actual.sort()).toEqual(expected.sort())
})

test('usage schema: every table is strict', () => {
  expect(columns.filter(({ isStrict }) => isStrict !== 1)).toEqual([])
})
