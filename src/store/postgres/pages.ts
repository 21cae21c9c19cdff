import type { Column } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import type { Page, PageRequest } from '~/domain/pages.ts'
import { cutPageByPosition, getPositionRange } from '../shared/pages.ts'
import type { Reading } from './engine.ts'
import { selectRows } from './rows.ts'

type PositionedTable = PgTable & { readonly position: Column }

/** Reads a page of the rows that meet a condition with `$1` and so on, newest first. */
export async function readNewest<Table extends PositionedTable, Item>(
  reading: Reading,
  table: Table,
  page: PageRequest,
  toItem: (row: Table['$inferSelect'] & { readonly position: number }) => Item,
  condition = 'true',
  values: readonly unknown[] = [],
): Promise<Page<Item>> {
  const { before, max } = getPositionRange(page)
  const [first, second] = [values.length + 1, values.length + 2]
  const rows = await selectRows(
    reading,
    table,
    undefined,
    `WHERE ${condition} AND position < $${first} ORDER BY position DESC LIMIT $${second}`,
    [...values, before, max],
  )
  return cutPageByPosition(rows as (Table['$inferSelect'] & { position: number })[], page, toItem)
}
