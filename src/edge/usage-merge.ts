import { getBucket } from '~/domain/usage.ts'
import { type EdgeUsageBody, ENTRIES_MAX, SEEN_MAX, type UsageEntry } from '~/wire/edge-usage.ts'

type Content = Pick<EdgeUsageBody, 'entries' | 'seen'>

export type Counts = ReturnType<typeof createCounts>

/**
 * Reduces batches to a count for each license, hour and error, which takes little space. Domains,
 * fingerprints, addresses, countries and versions are lost.
 */
export function createCounts() {
  let entries = new Map<string, UsageEntry>()
  let seen = new Map<string, number>()

  return {
    /** Adds a batch. Returns false, and adds nothing, if the result would not fit into a batch. */
    add(content: Content): boolean {
      const [moreEntries, moreSeen] = [new Map(entries), new Map(seen)]
      for (const entry of content.entries) addEntry(moreEntries, entry)
      for (const [id, atMs] of content.seen) {
        moreSeen.set(id, Math.max(moreSeen.get(id) ?? 0, atMs))
      }
      if (moreEntries.size > ENTRIES_MAX || moreSeen.size > SEEN_MAX) return false
      entries = moreEntries
      seen = moreSeen
      return true
    },
    getContent: (): Content => ({ entries: [...entries.values()], seen: [...seen] }),
  }
}

function addEntry(entries: Map<string, UsageEntry>, entry: UsageEntry): void {
  const [licenseId, firstMs, lastMs, count, error] = entry
  const key = `${licenseId} ${getBucket(firstMs, 'hour')} ${error}`
  const [, knownFirstMs, knownLastMs, knownCount] = entries.get(key) ?? [key, firstMs, lastMs, 0]
  entries.set(key, [
    licenseId,
    Math.min(knownFirstMs, firstMs),
    Math.max(knownLastMs, lastMs),
    knownCount + count,
    error,
    ...([null, null, null, null, null, null] as const),
  ])
}
