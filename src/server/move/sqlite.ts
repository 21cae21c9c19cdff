import type { Database } from 'bun:sqlite'
import { keyColumns, type Place, quote, type Row, type Table } from './table.ts'

/** Returns how to read and write the rows of tables in an open SQLite database. */
export function createSqliteRows(db: Database) {
  return {
    engine: 'sqlite' as const,
    count: async ({ sqlite }: Table): Promise<number> => {
      const query = db.query<{ count: number }, []>(
        `SELECT count(*) AS count FROM ${sqlite.source}`,
      )
      return query.get()?.count ?? 0
    },
    read: async (table: Table, after: Row | null, max: number): Promise<readonly Row[]> => {
      const rows = db.query<Row, (string | number | null)[]>(selectRows(table, after !== null))
      return rows.values(...(after ?? []), max).map((row) => (row as Row).map(withoutNul))
    },
    /** In a transaction of the caller. */
    insert: ({ name, columns, sqlite }: Table, rows: readonly Row[]): void => {
      const names = sqlite.columns ?? columns.map((column) => column.name)
      const marks = names.map(() => '?').join()
      // Rows of the usage file may be there already, because the progress is in the other file.
      const insert = db.query(
        `INSERT ${name.startsWith('usage') ? 'OR REPLACE ' : ''}INTO ${sqlite.target}
           (${names.map(quote).join()}) VALUES (${marks})`,
      )
      for (const row of rows) insert.run(...(sqlite.toStored?.(row) ?? row))
    },
    readCounter: (place: Place): number => {
      const [schema, name] = splitName(place.target)
      const query = db.query<{ seq: number }, [string]>(
        `SELECT seq FROM ${schema}.sqlite_sequence WHERE name = ?`,
      )
      return query.get(name)?.seq ?? 0
    },
    /** In a transaction of the caller. */
    setCounter: (place: Place, number: number): void => {
      const [schema, name] = splitName(place.target)
      db.run(`DELETE FROM ${schema}.sqlite_sequence WHERE name = ?`, [name])
      db.run(`INSERT INTO ${schema}.sqlite_sequence (name, seq) VALUES (?, ?)`, [name, number])
    },
  }
}

function selectRows(table: Table, isContinued: boolean): string {
  const key = keyColumns(table, 'sqlite').map(({ name }) => quote(name))
  const marks = key.map(() => '?').join()
  return `SELECT ${table.columns.map(({ name }) => quote(name)).join()} FROM ${table.sqlite.source}
    ${isContinued ? `WHERE (${key.join()}) > (${marks})` : ''} ORDER BY ${key.join()} LIMIT ?`
}

function splitName(target: string): readonly [schema: string, name: string] {
  const [first = '', second] = target.split('.')
  return second === undefined ? ['main', first] : [first, second]
}

/** PostgreSQL cannot store this character, which no field accepts. */
const withoutNul = (value: Row[number]) =>
  typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '') : value
