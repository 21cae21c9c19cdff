import type { Engine, Row, Table } from './table.ts'

/** The highest number that each table with a counter has ever assigned, by the name of the table. */
export type Counters = ReadonlyMap<string, number>

export interface Reading {
  readonly engine: Engine
  count(table: Table): Promise<number>
  /** Returns rows in the order of the key, from the one after this key. */
  read(table: Table, after: Row | null, max: number): Promise<readonly Row[]>
}

/** The rows that are moved. Nobody changes them until it is disposed of. */
export interface Source extends Reading, AsyncDisposable {
  readonly tables: readonly Table[]
  /** Returns a value of table `meta`; null if there is none. */
  readMeta(name: string): Promise<string | null>
  readCounters(): Promise<Counters>
  /** Throws a Fault if a server has come to use the source after all. */
  requireUnused(): Promise<void>
}

/** Where the rows are moved to. No server can use it until the move is finished. */
export interface Target extends Reading, AsyncDisposable {
  /** Returns the progress of a move that was stopped; null if there is none. */
  readProgress(): Promise<string | null>
  /** Writes rows and the progress in one transaction. */
  write(table: Table, rows: readonly Row[], progress: string): Promise<void>
  /** Sets what follows from the rows, and forgets the progress. */
  finish(counters: Counters): Promise<void>
}

/** A place to try out how long writing takes. Nothing remains of it. */
export interface Sample extends Pick<Reading, 'engine' | 'read'>, AsyncDisposable {
  write(table: Table, rows: readonly Row[]): Promise<void>
}
