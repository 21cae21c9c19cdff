import { createClockMap, type Used } from '~/clock-map.ts'
import type { Activation } from '~/domain/activations.ts'
import { HOUR_MS, isRunning } from '~/domain/times.ts'
import { getBucket, type ValidationRecord } from '~/domain/usage.ts'
import { ENTRIES_MAX, SEEN_MAX, type UsageEntry } from '~/wire/edge-usage.ts'

/** Keeps the largest body below what the primary accepts. */
const CHARACTERS_MAX = 400_000
const ACTIVATIONS_KNOWN_MAX = 100_000

/** The use of an edge in a short time, within one hour. */
export interface Collected {
  readonly entries: readonly UsageEntry[]
  /** When activations were last in use. */
  readonly seen: readonly (readonly [activationId: string, atMs: number])[]
  /** The time of the first validation. */
  readonly sinceMs: number
  /** The number of validations. */
  readonly count: number
}

/** Counts equal validations. Takes no more than a look-up for each. */
export function createCollector() {
  const seenLately = createClockMap<string, Used & { readonly atMs: number }>(ACTIVATIONS_KNOWN_MAX)
  let current = startCollecting()
  let full: Collected[] = []

  function cut(): void {
    if (current.entries.size + current.seen.size > 0) full.push(finish(current))
    current = startCollecting()
  }

  return {
    add(record: ValidationRecord): void {
      const hour = getBucket(record.atMs, 'hour')
      const isFull = current.entries.size >= ENTRIES_MAX || current.characters >= CHARACTERS_MAX
      if (isFull || (current.entries.size > 0 && hour !== current.hour)) cut()
      current.hour = hour
      addTo(current, record)
    },
    addSeen({ id, lastSeenAtMs }: Activation, atMs: number): void {
      if (isRunning(lastSeenAtMs, HOUR_MS, atMs)) return
      if (isRunning(seenLately.get(id)?.atMs ?? 0, HOUR_MS, atMs)) return
      if (current.seen.size >= SEEN_MAX) cut()
      seenLately.set(id, { atMs, isUsed: false })
      current.seen.set(id, atMs)
    },
    /** Returns what was added since the last call, in parts that fit into a batch. */
    takeAll(): readonly Collected[] {
      cut()
      const taken = full
      full = []
      return taken
    },
    /** The parts that are not taken yet. */
    listWaiting: (): readonly Pick<Collected, 'sinceMs' | 'count'>[] =>
      current.entries.size === 0 ? full : [...full, current],
  }
}

function startCollecting() {
  return {
    entries: new Map<string, UsageEntry>(),
    seen: new Map<string, number>(),
    hour: 0,
    characters: 0,
    sinceMs: Number.POSITIVE_INFINITY,
    count: 0,
  }
}

type Collecting = ReturnType<typeof startCollecting>

function addTo(current: Collecting, record: ValidationRecord): void {
  const { licenseId, atMs, country, activatedDomain, domain } = record
  const { fingerprint, address, version } = record
  const facts = [country, activatedDomain, domain, fingerprint, address, version] as const
  const key = licenseId + JSON.stringify(facts)
  const entry = current.entries.get(key)
  current.count += 1
  current.sinceMs = Math.min(current.sinceMs, atMs)
  if (entry === undefined) {
    current.entries.set(key, [licenseId, atMs, atMs, 1, null, ...facts])
    current.characters += key.length
    return
  }
  entry[1] = Math.min(entry[1], atMs)
  entry[2] = Math.max(entry[2], atMs)
  entry[3] += 1
}

function finish({ entries, seen, sinceMs, count }: Collecting): Collected {
  const firstMs = Math.min(sinceMs, ...seen.values())
  return { entries: [...entries.values()], seen: [...seen], sinceMs: firstMs, count }
}
