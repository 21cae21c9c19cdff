import { type ChangePosition, parseChangePosition } from '~/domain/change-positions.ts'
import type { ChangeSet, Changes } from '../changes-port.ts'
import { parseBody } from '../shared/change-bodies.ts'
import type { ChangeLog } from './change-log.ts'
import type { ChangeRow } from './change-rows.ts'
import type { Engine, Reading } from './engine.ts'

/** Rows that are merged. After more of them, anything may have changed. */
const ROWS_MAX = 5000

type Keys = Omit<ChangeSet, 'position' | 'isAll'>

const noKeys: Keys = { licenseIds: [], activations: [], touchesPlans: false }

export function createChanges(engine: Engine, log: ChangeLog): Changes {
  const { committed, clock, transact } = engine
  return {
    readPosition: log.readPosition,
    list: async (after, max) => {
      const from = parseChangePosition(after)
      if (from === null || !isKnown(committed, log, from)) return null
      const position = log.readPosition()
      const count = log.readLast() - from.number
      const all = { ...noKeys, position, isAll: true }
      if (count > ROWS_MAX) return all
      const rows = count === 0 ? [] : readRows(committed, log, from)
      // The oldest rows were deleted.
      if (rows.length < count) return null
      const keys = mergeRows(rows, from, max)
      return keys === null ? all : { ...keys, position, isAll: false }
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

/** Returns null if anything may have changed, or more than `max`. */
function mergeRows(rows: readonly ChangeRow[], from: ChangePosition, max: number): Keys | null {
  const licenseIds = new Set<string>()
  const activations = new Map<string, Keys['activations'][number]>()
  let touchesPlans = false
  for (const { session, body } of rows) {
    // Positions of a session are from after its beginning, even if its row was written later.
    if (session === from.session) continue
    const commit = parseBody(body)
    if (commit.isExternal) return null
    for (const id of commit.licenseIds) licenseIds.add(id)
    for (const key of commit.activations) activations.set(JSON.stringify(key), key)
    touchesPlans ||= commit.touchesPlans
    if (licenseIds.size + activations.size > max) return null
  }
  return { licenseIds: [...licenseIds], activations: [...activations.values()], touchesPlans }
}
