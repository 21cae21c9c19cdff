import { mainTables } from './main-tables.ts'
import type { Table } from './table.ts'
import { usageTables } from './usage-tables.ts'

/** All tables that are moved, each after those that it refers to. */
export const tables: readonly Table[] = [...mainTables, ...usageTables]
