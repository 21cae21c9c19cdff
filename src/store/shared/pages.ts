import type { Page, PageRequest } from '~/domain/pages.ts'

/** A bound that sorts after every id. */
export const AFTER_ALL_IDS = '~'

/** The parameters of a prepared statement that reads rows before a position, newest first. */
export interface PositionRange extends Record<string, unknown> {
  readonly before: number
  readonly max: number
}

/** Reads a page of rows, newest first, with one row more to know whether there is a next page. */
export function readPageByPosition<Row extends { readonly position: number }, Item>(
  page: PageRequest,
  read: (range: PositionRange) => readonly Row[],
  toItem: (row: Row) => Item,
): Page<Item> {
  return cutPageByPosition(read(getPositionRange(page)), page, toItem)
}

/** Returns the range of a page, with one row more to know whether there is a next page. */
export function getPositionRange({ limit, after }: PageRequest): PositionRange {
  return { before: after === null ? Number.MAX_SAFE_INTEGER : parsePosition(after), max: limit + 1 }
}

/** Cuts a page of rows that are in the order of their positions. */
export function cutPageByPosition<Row extends { readonly position: number }, Item>(
  rows: readonly Row[],
  { limit }: PageRequest,
  toItem: (row: Row) => Item,
): Page<Item> {
  return cutPage(rows, limit, (row) => String(row.position), toItem)
}

/** Cuts off the row beyond the limit, and makes the last one shown the start of the next page. */
export function cutPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  getKey: (row: Row) => string,
  toItem: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : undefined
  return { data: shown.map(toItem), nextAfter: last === undefined ? null : getKey(last) }
}

/** Cuts a page of rows that are in the order of their ids. */
export function cutPageById<Row extends { readonly id: string }>(
  rows: readonly Row[],
  limit: number,
): Page<Row> {
  return cutPage(
    rows,
    limit,
    ({ id }) => id,
    (row) => row,
  )
}

/** Cursors are opaque to callers, but a forged one must not reach SQL as NaN. */
export function parsePosition(after: string): number {
  return /^\d{1,15}$/.test(after) ? Number(after) : 0
}
