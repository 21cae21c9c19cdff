import { listNameWords } from '~/domain/search-words.ts'
import type { Reason } from '~/domain/searches.ts'

/** Rows that are read of a range of an index, so that no range takes long. */
export const ROWS_MAX = 1000
/** Of the words of a name, the longest are read: they are usually the rarest. */
const WORDS_READ_MAX = 3

/** Why each license matches, by its id, the best matches first. */
export interface Hits {
  readonly reasons: ReadonlyMap<string, Reason>
  readonly hasMore: boolean
}

/** Ids that match for one reason. `isCut` says that not all of a range was read. */
export interface Ids {
  readonly ids: readonly string[]
  readonly isCut: boolean
}

/** Reasons whose match is the only one. */
export type Exact = 'id' | 'activation_id' | 'seat_id' | 'event_id' | 'key'

export const noIds: Ids = { ids: [], isCut: false }

/** Collects up to `max` hits. */
export function createHits(max: number) {
  const reasons = new Map<string, Reason>()
  let hasMore = false
  return {
    /** Adds what matches for the next best reason. Returns whether there is no need to read on. */
    add(why: Reason, { ids, isCut }: Ids): boolean {
      for (const id of ids) {
        if (reasons.size < max) reasons.set(id, reasons.get(id) ?? why)
        else if (!reasons.has(id)) hasMore = true
      }
      hasMore ||= isCut
      return reasons.size === max && (hasMore || max === 1)
    },
    list: (): Hits => ({ reasons, hasMore }),
  }
}

export const toIds = (ids: readonly string[]): Ids => ({ ids, isCut: ids.length === ROWS_MAX })

export function mergeIds(parts: readonly Ids[]): Ids {
  const ids = new Set(parts.flatMap((part) => part.ids))
  return { ids: [...ids], isCut: parts.some(({ isCut }) => isCut) }
}

/** Ids are ordered by time. */
export function sortNewest({ ids, isCut }: Ids): Ids {
  return { ids: ids.toSorted().reverse(), isCut }
}

/** Returns the words by which a name with all of these words is found. */
export function pickRareWords(words: readonly string[]): readonly string[] {
  return words.toSorted((one, other) => other.length - one.length).slice(0, WORDS_READ_MAX)
}

/** Returns those whose names have words that start with all of these. */
export function keepNamed(
  { ids, isCut }: Ids,
  rows: readonly { readonly id: string; readonly name: string | null }[],
  words: readonly string[],
): Ids {
  const names = new Map(rows.map(({ id, name }) => [id, listNameWords(name ?? '')]))
  const hasAll = (id: string) =>
    words.every((word) => names.get(id)?.some((each) => each.startsWith(word)))
  return { ids: ids.filter(hasAll), isCut }
}
