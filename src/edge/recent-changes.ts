import { type ChangePosition, parseChangePosition } from '~/domain/change-positions.ts'
import type { ChangeSet } from '~/store/changes-port.ts'

/** Facts are read within seconds, so no older change can concern them. */
const KEPT_MS = 60_000
const LICENSES_MAX = 100_000

/**
 * Remembers which licenses have changed lately, and at which position. Facts that were read before a
 * change, but arrive after it, are out of date.
 */
export function createRecentChanges(readElapsedMs: () => number = () => performance.now()) {
  let session: string | null = null
  /** Nothing that was read before this change is current. */
  let floor = 0
  /** The last change of each license, the oldest first. */
  const changed = new Map<string, { readonly number: number; readonly atMs: number }>()

  function reset(position: ChangePosition | null): void {
    session = position?.session ?? null
    floor = position?.number ?? 0
    changed.clear()
  }

  function note({ number }: ChangePosition, { licenseIds, activations, touchesPlans }: ChangeSet) {
    if (touchesPlans) floor = number
    const atMs = readElapsedMs()
    for (const id of [...licenseIds, ...activations.map(({ licenseId }) => licenseId)]) {
      changed.delete(id)
      changed.set(id, { number, atMs })
    }
    forget(atMs - KEPT_MS)
  }

  /** Forgets old changes. What was read before them is then no longer accepted. */
  function forget(beforeMs: number): void {
    for (const [id, { number, atMs }] of changed) {
      if (atMs >= beforeMs && changed.size <= LICENSES_MAX) return
      changed.delete(id)
      floor = Math.max(floor, number)
    }
  }

  return {
    /** Starts at a position. Without one, no facts are accepted. */
    restart: (text: string | null) => reset(text === null ? null : parseChangePosition(text)),
    /** Returns whether a position is of the same run of the primary. */
    continues: (text: string) => parseChangePosition(text)?.session === session,
    /** Notes changes that were applied just now. */
    add(set: ChangeSet): void {
      const position = parseChangePosition(set.position)
      if (position !== null) note(position, set)
    },
    /** Returns whether facts about a license are current if they were read at this position. */
    accepts(text: string, licenseId: string): boolean {
      const position = parseChangePosition(text)
      if (position === null || position.session !== session || position.number < floor) return false
      return position.number >= (changed.get(licenseId)?.number ?? 0)
    },
  }
}
