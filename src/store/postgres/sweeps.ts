import type { Engine, Tx } from './engine.ts'

/**
 * A place in the order in which rows are searched: the transaction that wrote a row, and its key. Rows
 * appear in another order than that of their keys, because transactions do not end as they begin.
 */
export interface Place {
  readonly xid: string
  readonly key: string
}

/** The rows after a place. Those of settled transactions are all there: none can appear among them. */
export interface Next {
  readonly after: Place
  readonly isSettledOnly: boolean
}

/** How many rows a step has erased, and the last one that it searched; null if there was none. */
interface Swept {
  readonly erased: number
  readonly last: Place | null
}

/** Erases what it finds in the next rows. */
export type Step = (tx: Tx, next: Next) => Promise<Swept>

/** A table in the order of its sweep. */
interface SweptTable {
  readonly name: string
  readonly key: string
  readonly keyType: 'bigint' | 'text'
}

const beginning: Place = { xid: '0', key: '0' }

/**
 * Searches a table twice: first what is settled, with one transaction per step, so that no other
 * command waits for long, and then the few rows since, in the transaction of the erasure.
 */
export function createSweep(engine: Engine, step: Step) {
  let start = beginning
  let erased = 0
  return {
    async sweepSettled(): Promise<void> {
      for (;;) {
        const after = start
        const swept = await engine.transact((tx) => step(tx, { after, isSettledOnly: true }))
        if (swept.last === null) return
        erased += swept.erased
        start = swept.last
      }
    },
    /** Returns how many rows both searches have erased. */
    async sweepRest(tx: Tx): Promise<number> {
      let [after, total] = [start, erased]
      for (;;) {
        const swept = await step(tx, { after, isSettledOnly: false })
        if (swept.last === null) return total
        total += swept.erased
        after = swept.last
      }
    },
  }
}

type Row<Columns> = Columns & { readonly xid: string; readonly key: string }

/** Reads columns of the next rows of a table. Their values begin at `$4`. */
export async function selectNext<Columns>(
  { client }: Pick<Tx, 'client'>,
  { name, key, keyType }: SweptTable,
  columns: string,
  { after, isSettledOnly }: Next,
  max: number,
  values: readonly string[] = [],
): Promise<readonly Row<Columns>[]> {
  const settled = isSettledOnly ? 'AND xid < pg_snapshot_xmin(pg_current_snapshot())' : ''
  return client.unsafe<Row<Columns>[]>(
    `SELECT xid::text AS xid, ${key}::text AS key, ${columns} FROM ${name}
     WHERE (xid, ${key}) > ($1::text::xid8, $2::text::${keyType}) ${settled}
     ORDER BY ${name}.xid, ${name}.${key} LIMIT $3`,
    [after.xid, after.key, max, ...values],
  )
}

/** Returns the place of the last row; null if there is none. */
export function findLast(rows: readonly Place[]): Place | null {
  const last = rows.at(-1)
  return last === undefined ? null : { xid: last.xid, key: last.key }
}
