import { createClockMap, type Used } from '~/clock-map.ts'
import type { Activation } from '~/domain/activations.ts'
import { HOUR_MS, isRunning } from '~/domain/times.ts'
import { getBucket, type ValidationRecord } from '~/domain/usage.ts'
import { ENTRIES_MAX, SEEN_MAX, type UsageEntry } from '~/wire/edge-usage.ts'

/** Keeps the largest body below what the primary accepts. */
const CHARACTERS_MAX = 400_000
const ACTIVATIONS_KNOWN_MAX = 100_000
/** With more validations than fit into a batch, equal ones are counted together for this long. */
const HELD_MS = 5000
const HELD_MAX = 10

/** The use of an edge in a short time, within one hour: the content of a batch. */
export interface Collected {
  /** Identifies the batch. */
  readonly id: symbol
  readonly entries: readonly UsageEntry[]
  /** When activations were last in use. */
  readonly seen: readonly (readonly [activationId: string, atMs: number])[]
  /** The time of the first validation. */
  readonly sinceMs: number
  /** The number of validations. */
  readonly count: number
  /** Until it is complete, it comes again with what was added. */
  readonly isComplete: boolean
}

/** Counts equal validations. Takes no more than a look-up for each. */
export function createCollector(readElapsedMs: () => number = () => performance.now()) {
  const seenLately = createClockMap<string, Used & { readonly atMs: number }>(ACTIVATIONS_KNOWN_MAX)
  const known = new Map<string, Counted>()
  let hour = 0
  let heldSinceMs = 0
  /** All but the last are full: they only count what they have. */
  let held: Part[] = []
  let complete: Part[] = []

  function completeAll(): void {
    complete.push(...held)
    held = []
    known.clear()
  }

  function begin(): Part {
    if (held.length === HELD_MAX) completeAll()
    if (held.length === 0) heldSinceMs = readElapsedMs()
    const part = createPart()
    held.push(part)
    return part
  }

  function findRoom(): Part {
    const last = held.at(-1)
    return last === undefined || isFull(last) ? begin() : last
  }

  const isDue = () => !held.some(isFull) || readElapsedMs() - heldSinceMs >= HELD_MS

  return {
    add(record: ValidationRecord): void {
      const recordHour = getBucket(record.atMs, 'hour')
      if (recordHour !== hour) completeAll()
      hour = recordHour
      const facts = listFacts(record)
      const key = record.licenseId + JSON.stringify(facts)
      const counted = known.get(key)
      if (counted !== undefined) addAgain(counted, record.atMs)
      else known.set(key, addFirst(findRoom(), record, facts, key.length))
    },
    addSeen({ id, lastSeenAtMs }: Activation, atMs: number): void {
      if (isRunning(lastSeenAtMs, HOUR_MS, atMs)) return
      if (isRunning(seenLately.get(id)?.atMs ?? 0, HOUR_MS, atMs)) return
      seenLately.set(id, { atMs, isUsed: false })
      const part = findRoom()
      part.seen.set(id, atMs)
      part.isTaken = false
    },
    /**
     * Returns what was added since the last call. While there is much, batches stay incomplete for a few
     * seconds if they may, so that equal validations become one entry.
     */
    takeAll(mayHold: boolean): readonly Collected[] {
      if (!mayHold || isDue()) completeAll()
      const taken = [...complete, ...held.filter(({ isTaken }) => !isTaken)]
      const contents = taken.map((part) => getContent(part, complete.includes(part)))
      for (const part of taken) {
        part.isTaken = true
        part.countTaken = part.count
      }
      complete = []
      return contents
    },
    /** Lists the batches with what is not taken yet. */
    listWaiting: (): readonly Pick<Collected, 'sinceMs' | 'count'>[] =>
      [...complete, ...held]
        .map(({ sinceMs, count, countTaken }) => ({ sinceMs, count: count - countTaken }))
        .filter(({ count }) => count > 0),
  }
}

type Part = ReturnType<typeof createPart>

interface Counted {
  readonly part: Part
  readonly entry: UsageEntry
}

function createPart() {
  return {
    id: Symbol('batch'),
    entries: [] as UsageEntry[],
    seen: new Map<string, number>(),
    characters: 0,
    sinceMs: Number.POSITIVE_INFINITY,
    count: 0,
    /** True while there is nothing new. */
    isTaken: true,
    countTaken: 0,
  }
}

const isFull = ({ entries, seen, characters }: Part) =>
  entries.length >= ENTRIES_MAX || seen.size >= SEEN_MAX || characters >= CHARACTERS_MAX

const listFacts = (record: ValidationRecord) => {
  const { country, activatedDomain, domain, fingerprint, address, version } = record
  return [country, activatedDomain, domain, fingerprint, address, version] as const
}

function addFirst(
  part: Part,
  { licenseId, atMs }: ValidationRecord,
  facts: ReturnType<typeof listFacts>,
  characters: number,
): Counted {
  const entry: UsageEntry = [licenseId, atMs, atMs, 1, null, ...facts]
  part.entries.push(entry)
  part.characters += characters
  countIn(part, atMs)
  return { part, entry }
}

function addAgain({ part, entry }: Counted, atMs: number): void {
  entry[1] = Math.min(entry[1], atMs)
  entry[2] = Math.max(entry[2], atMs)
  entry[3] += 1
  countIn(part, atMs)
}

function countIn(part: Part, atMs: number): void {
  part.count += 1
  part.sinceMs = Math.min(part.sinceMs, atMs)
  part.isTaken = false
}

function getContent({ id, entries, seen, sinceMs, count }: Part, isComplete: boolean): Collected {
  const firstMs = Math.min(sinceMs, ...seen.values())
  return { id, entries, seen: [...seen], sinceMs: firstMs, count, isComplete }
}
