/** A value that both engines can store. Booleans are 0 and 1. */
export type Value = string | number | null
export type Row = readonly Value[]

export interface Column {
  readonly name: string
  readonly type: 'text' | 'integer' | 'boolean'
}

/** Where an engine has the rows of a table. */
export interface Place {
  /** A table, or a query in brackets, with all columns by their names. */
  readonly source: string
  readonly target: string
  /** The columns that are written, if they are not those of the table. */
  readonly columns?: readonly string[]
  readonly toStored?: (row: Row) => Row
  /** The column that numbers new rows by itself; null if there is none. */
  readonly counter: string | null
  /** The indexes of the columns of the primary key, in its order. */
  readonly key: readonly number[]
}

export type Engine = 'sqlite' | 'postgres'

/** A table whose rows are moved. Rows are read in the order of their key. */
export interface Table {
  readonly name: string
  readonly columns: readonly Column[]
  readonly sqlite: Place
  readonly postgres: Place
}

export const quote = (name: string) => `"${name}"`

export const keyColumns = (table: Table, engine: Engine): readonly Column[] =>
  table[engine].key.map((index) => table.columns[index]).filter((column) => column !== undefined)

/** Returns the values of the key of a row. */
export const keyOf = (table: Table, engine: Engine, row: Row): Row =>
  table[engine].key.map((index) => row[index] ?? null)
