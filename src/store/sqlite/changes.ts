import { type ChangePosition, parseChangePosition } from '~/domain/change-positions.ts'
import type { Changes } from '../changes-port.ts'
import { buildAll, CHANGE_ROWS_MAX, mergeChanges } from '../shared/change-sets.ts'
import type { ChangeLog } from './change-log.ts'
import type { Engine, Reading } from './engine.ts'

export function createChanges(engine: Engine, log: ChangeLog): Changes {
  const { committed, clock, transact } = engine
  return {
    readPosition: log.readPosition,
    findLatest: async () => log.readPosition(),
    // Commits of this process are listed in their order, and others write none.
    settle: async () => true,
    list: async (after, max) => {
      const from = parseChangePosition(after)
      if (from === null || !isKnown(committed, log, from)) return null
      const position = log.readPosition()
      const count = log.readLast() - from.number
      if (count > CHANGE_ROWS_MAX) return buildAll(position)
      const rows = count === 0 ? [] : readRows(committed, log, from)
      // The oldest rows were deleted.
      if (rows.length < count) return null
      // Positions of a session are from after its beginning, even if its row was written later.
      const later = rows.filter(({ session }) => session !== from.session)
      return mergeChanges(
        position,
        later.map(({ body }) => body),
        max,
      )
    },
    trim: (beforeMs, max) =>
      transact(() => {
        const { oldest, deleteUntil } = engine.statements.changeRows
        const rows = oldest.all(max)
        // A time in the future is from before the clock was set back.
        const kept = rows.find(({ atMs }) => atMs >= beforeMs && atMs <= clock.nowMs())
        // Only the first rows, so that none is missing between others.
        const old = rows.filter(({ number }) => kept === undefined || number < kept.number)
        deleteUntil.run(old.at(-1)?.number ?? 0)
        return old.length
      }),
  }
}

const readRows = ({ statements }: Reading, log: ChangeLog, { number }: ChangePosition) =>
  statements.changeRows.between.all(number, log.readLast())

/** A position is known from the first row of its session to the last before the next session. */
function isKnown(
  { statements }: Reading,
  log: ChangeLog,
  { session, number }: ChangePosition,
): boolean {
  const current = log.readSession()
  if (session === current.id) return number >= current.first && number <= log.readLast()
  const former = statements.changeRows.session.get(session)
  if (former === null || former.nextFirst === null) return false
  return number >= former.first && number < former.nextFirst
}
