import type { ValidationRecord } from './port.ts'

const FLUSH_INTERVAL_MS = 100
const API_KEY_USE_INTERVAL_MS = 60_000

/** What validations add to a license before it is written. */
export interface Tally {
  count: number
  lastAtMs: number
}

export interface UsageBatch {
  readonly tallies: Map<string, Tally>
  /** When activations were last seen, by their ids. */
  readonly sightings: Map<string, number>
  readonly apiKeyUses: Map<string, number>
}

export interface Recorder {
  recordValidation(validation: ValidationRecord): void
  recordApiKeyUse(id: string, atMs: number): void
  /** What is not yet written about a license, for reads to add. */
  pendingFor(licenseId: string): Tally | undefined
  seenAtMs(activationId: string): number | undefined
  lastUseOf(apiKeyId: string): number | undefined
  flush(): Promise<void>
}

/**
 * Counts in memory and writes in groups. `write` calls `take` inside its transaction, so that what
 * it writes leaves memory in the same instant, and returns it by rejecting.
 */
export function createRecorder(
  write: (take: () => UsageBatch) => Promise<void>,
  onError: (error: unknown) => void,
): Recorder {
  let batch = emptyBatch()
  const lastUses = new Map<string, number>()
  let timer: ReturnType<typeof setTimeout> | null = null
  let flushing: Promise<void> = Promise.resolve()

  function arm(): void {
    if (timer !== null) return
    timer = setTimeout(() => {
      flush().catch(onError)
    }, FLUSH_INTERVAL_MS)
    timer.unref()
  }

  function recordValidation({ licenseId, activationIds, atMs, valid }: ValidationRecord): void {
    if (!valid) return
    for (const id of activationIds) batch.sightings.set(id, atMs)
    const tally = batch.tallies.get(licenseId)
    if (tally === undefined) batch.tallies.set(licenseId, { count: 1, lastAtMs: atMs })
    else {
      tally.count += 1
      tally.lastAtMs = Math.max(tally.lastAtMs, atMs)
    }
    arm()
  }

  function recordApiKeyUse(id: string, atMs: number): void {
    const last = lastUses.get(id)
    if (last !== undefined && atMs - last < API_KEY_USE_INTERVAL_MS) return
    lastUses.set(id, atMs)
    batch.apiKeyUses.set(id, atMs)
    arm()
  }

  async function writeBatch(): Promise<void> {
    let taken: UsageBatch | null = null
    try {
      await write(() => {
        taken = batch
        batch = emptyBatch()
        return taken
      })
    } catch (error) {
      if (taken !== null) batch = merge(taken, batch)
      arm()
      throw error
    }
  }

  function flush(): Promise<void> {
    if (timer !== null) clearTimeout(timer)
    timer = null
    const isEmpty = batch.tallies.size === 0 && batch.apiKeyUses.size === 0
    if (isEmpty) return flushing
    flushing = flushing.catch(() => undefined).then(writeBatch)
    return flushing
  }

  return {
    recordValidation,
    recordApiKeyUse,
    pendingFor: (licenseId) => batch.tallies.get(licenseId),
    seenAtMs: (activationId) => batch.sightings.get(activationId),
    lastUseOf: (apiKeyId) => lastUses.get(apiKeyId),
    flush,
  }
}

function emptyBatch(): UsageBatch {
  return { tallies: new Map(), sightings: new Map(), apiKeyUses: new Map() }
}

function merge(older: UsageBatch, newer: UsageBatch): UsageBatch {
  for (const [licenseId, tally] of newer.tallies) {
    const before = older.tallies.get(licenseId)
    older.tallies.set(licenseId, {
      count: tally.count + (before?.count ?? 0),
      lastAtMs: Math.max(tally.lastAtMs, before?.lastAtMs ?? 0),
    })
  }
  for (const [id, atMs] of newer.sightings) older.sightings.set(id, atMs)
  for (const [id, atMs] of newer.apiKeyUses) older.apiKeyUses.set(id, atMs)
  return older
}
