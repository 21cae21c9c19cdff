import { Fault } from '~/domain/faults.ts'

/** The name in table `meta` of how far `licet move` has come. The row is deleted when it is finished. */
export const UNFINISHED_MOVE = 'unfinished_move'

/** Throws a Fault if a database has this row, because not all of its rows are there yet. */
export function requireFinishedMove(row: unknown): void {
  if (row === null || row === undefined) return
  const detail =
    'This database is incomplete, because licet move has not finished. Run the same licet move again: it continues.'
  throw new Fault('unavailable', detail)
}
