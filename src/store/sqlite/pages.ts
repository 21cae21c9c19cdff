import type { Page } from '~/domain/pages.ts'

/** Cursors are opaque to callers, but a forged one must not reach SQL as NaN. */
export function positionOf(after: string): number {
  return /^\d{1,15}$/.test(after) ? Number(after) : 0
}

/** A page from rows in order, read one beyond the limit to know whether there is more. */
export function pageByPosition<Row extends { readonly position: number }, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : undefined
  return { data: shown.map(toItem), nextAfter: last === undefined ? null : String(last.position) }
}
