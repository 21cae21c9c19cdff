import { Fault } from '~/domain/faults.ts'
import { RECORDED_TIME } from '~/store/shared/meta-names.ts'
import { ROTATION, SECRET_CHECK } from '~/store/shared/secret-check.ts'
import type { Source, Target } from './end.ts'
import {
  addRows,
  findPart,
  nothing,
  type Part,
  type Progress,
  readBatches,
  setPart,
} from './progress.ts'
import type { Table } from './table.ts'

/** Told how many rows of a table were moved or compared so far. */
export type Report = (step: 'move' | 'compare', table: Table, done: number, total: number) => void

export interface MoveResult {
  readonly rows: number
  readonly isResumed: boolean
}

/** Throws a Fault if the source was created with another master secret than this one, or it is being replaced. */
export async function requireSecret(source: Source, secretCheck: string): Promise<void> {
  if ((await source.readMeta(ROTATION)) !== null) {
    const detail =
      'The master secret is being replaced. Finish it with licet secret rotate, then move.'
    throw new Fault('unavailable', detail)
  }
  if ((await source.readMeta(SECRET_CHECK)) === secretCheck) return
  const detail =
    'The database to move was created with a different master secret. Set LICET_MASTER_SECRET or LICET_MASTER_SECRET_FILE to that one.'
  throw new Fault('unavailable', detail)
}

/**
 * Moves all rows, or those that a move which was stopped has left, and compares them. Throws a Fault
 * if the target is not empty, or differs from the source at the end.
 */
export async function move(source: Source, target: Target, report: Report): Promise<MoveResult> {
  const identity = await identify(source)
  const stored = await target.readProgress()
  let progress = stored === null ? await begin(source, target, identity) : resume(stored, identity)
  for (const table of source.tables) {
    progress = await moveTable(source, target, table, progress, report)
  }
  await source.requireUnused()
  let rows = 0
  for (const table of source.tables) {
    const part = findPart(progress, table)
    await compare(target, table, part, report)
    rows += part.rows
  }
  await target.finish(await source.readCounters())
  return { rows, isResumed: stored !== null }
}

/** Returns a hash of how many rows each table has, and ever had, and of the time at which a server last used it. */
async function identify(source: Source): Promise<string> {
  const hasher = new Bun.CryptoHasher('sha256')
  for (const table of source.tables) hasher.update(`${table.name} ${await source.count(table)}\n`)
  hasher.update(JSON.stringify([...(await source.readCounters())]))
  hasher.update(String(await source.readMeta(RECORDED_TIME)))
  return hasher.digest('hex')
}

async function begin(source: Source, target: Target, identity: string): Promise<Progress> {
  for (const table of source.tables) await requireEmpty(target, table)
  const progress: Progress = { source: identity, parts: {} }
  const [first] = source.tables
  if (first !== undefined) await target.write(first, [], JSON.stringify(progress))
  return progress
}

async function requireEmpty(target: Target, table: Table): Promise<void> {
  const count = await target.count(table)
  if (count === 0) return
  const rows = count === 1 ? '1 row' : `${count} rows`
  const detail = `The target is not empty: its table ${table.postgres.target} has ${rows}. Choose an empty one.`
  throw new Fault('already_exists', detail)
}

function resume(stored: string, identity: string): Progress {
  const progress: Progress = JSON.parse(stored)
  if (progress.source === identity) return progress
  const detail =
    'The target contains a part of another database, or the source has changed since that move was stopped. Empty the target, then begin again.'
  throw new Fault('already_exists', detail)
}

async function moveTable(
  source: Source,
  target: Target,
  table: Table,
  former: Progress,
  report: Report,
): Promise<Progress> {
  let progress = former
  let part = findPart(progress, table)
  const total = await source.count(table)
  if (part.rows === total) return progress
  for await (const rows of readBatches(source, table, part.last)) {
    part = addRows(table, source.engine, part, rows)
    progress = setPart(progress, table, part)
    await target.write(table, rows, JSON.stringify(progress))
    report('move', table, part.rows, total)
  }
  if (part.rows !== total) throw differing(table, `${total} rows, of which ${part.rows} were read`)
  return progress
}

async function compare(target: Target, table: Table, moved: Part, report: Report): Promise<void> {
  let found = nothing
  for await (const rows of readBatches(target, table, null)) {
    found = addRows(table, target.engine, found, rows)
    report('compare', table, found.rows, moved.rows)
  }
  if (found.rows !== moved.rows) {
    throw differing(table, `${moved.rows} rows, and in the target ${found.rows}`)
  }
  if (found.sum !== moved.sum) throw differing(table, 'rows that are not the same in the target')
}

function differing(table: Table, what: string): Fault {
  const detail = `Table ${table.name} has ${what}. Empty the target, then begin again.`
  return new Fault('unavailable', detail)
}
