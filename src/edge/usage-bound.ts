import type { EdgeUsageBody } from '~/wire/edge-usage.ts'
import type { Journal, Place } from './usage-journal.ts'
import { createCounts } from './usage-merge.ts'
import type { Queue, Queued } from './usage-queue.ts'
import type { Refused } from './usage-refused.ts'

/** Once the journal is full, this part of it is freed, so that it is seldom full. */
const FREED_PART = 0.25
/** Batches that become one, so that little work is lost if it is interrupted. */
const MERGED_MAX = 200

interface Parts {
  readonly queue: Queue
  readonly refused: Pick<Refused, 'countBytes' | 'reduce'>
  readonly journal: Journal
  readonly bytesMax: number
  readonly onError: (error: unknown) => void
  readonly onDropped: (count: number) => void
}

/**
 * Keeps the journal below its bound. What cannot be delivered is deleted first, then the oldest batches
 * that were never sent become counts. If even those find no room, the oldest are dropped.
 */
export function createBound({ queue, refused, journal, bytesMax, onError, onDropped }: Parts) {
  const countBytes = () => queue.batches.reduce((sum, { bytes }) => sum + bytes, 0)

  async function mergeUntil(target: number): Promise<void> {
    for (let index = 1; index < queue.batches.length && countBytes() > target; index += 1) {
      await mergeFrom(index)
    }
  }

  async function mergeFrom(start: number): Promise<void> {
    const counts = createCounts()
    const group: Queued[] = []
    for (const batch of queue.batches.slice(start, start + MERGED_MAX)) {
      const isSameRun = batch.run === (group[0] ?? batch).run
      if (batch.isSent || !batch.isComplete || !batch.isStored || !isSameRun) break
      const body = await readOrNull(batch)
      if (body === null || !counts.add(body)) break
      group.push(batch)
    }
    const [first, last] = [group[0], group.at(-1)]
    if (first !== undefined && last !== undefined) await replace(first, last, group, counts)
  }

  /** A damaged batch is set aside when it is the next to be sent. */
  async function readOrNull(batch: Queued): Promise<EdgeUsageBody | null> {
    const text = await journal.read(batch).catch(() => null)
    return text === null ? null : JSON.parse(text)
  }

  async function replace(
    first: Queued,
    last: Queued,
    group: readonly Queued[],
    counts: ReturnType<typeof createCounts>,
  ): Promise<void> {
    const { entries, seen } = counts.getContent()
    const place = mergePlaces(first, last, group)
    const { run, number } = place
    const body = JSON.stringify({ run, batch: number, entries, seen })
    const merged: Queued = {
      ...{ ...place, id: null, entries: entries.length, bytes: Buffer.byteLength(body) },
      ...{ body: null, stored: place, isStored: true, isComplete: true, isSent: false },
    }
    // From here on, it replaces the others, also if the process ends before they are deleted.
    await journal.write(place, body, null)
    queue.batches.splice(queue.batches.indexOf(first), group.length, merged)
    const isRenamed = (batch: Queued) =>
      batch.first !== merged.first || batch.number !== number || batch.sinceMs !== merged.sinceMs
    for (const batch of group.filter(isRenamed)) await journal.delete(batch)
  }

  return {
    isExceeded: () => countBytes() + refused.countBytes() > bytesMax,
    /** Frees a part of the journal. Nothing may be sent meanwhile. */
    async reduce(): Promise<void> {
      const target = bytesMax * (1 - FREED_PART)
      await refused.reduce(target - countBytes())
      await mergeUntil(target).catch(onError)
      while (countBytes() > bytesMax) {
        const oldest = queue.batches.find(({ isSent, isComplete }) => isComplete && !isSent)
        if (oldest === undefined) return
        onDropped(oldest.count)
        await queue.remove(oldest)
      }
    },
  }
}

const mergePlaces = (first: Place, last: Place, group: readonly Place[]): Place => ({
  ...{ run: last.run, first: first.first, number: last.number },
  sinceMs: Math.min(...group.map(({ sinceMs }) => sinceMs)),
  count: group.reduce((sum, { count }) => sum + count, 0),
})
