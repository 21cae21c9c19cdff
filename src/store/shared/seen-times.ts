import { createClockMap, type Used } from '~/clock-map.ts'
import type { Activation } from '~/domain/activations.ts'
import { HOUR_MS, isRunning, MINUTE_MS } from '~/domain/times.ts'

const FLUSH_DELAY_MS = 900
/** Times in the database are exact to these intervals. */
export const ACTIVATION_INTERVAL_MS = HOUR_MS
const ACTIVATIONS_KNOWN_MAX = 100_000
const CREDENTIALS_KNOWN_MAX = 10_000
/** Activations that wait while the database cannot be written. Any more are not recorded. */
const PENDING_MAX = 100_000
/** Activations per transaction, so that commands wait only briefly. */
const GROUP_MAX = 500

/** Times by id. */
export interface SeenGroup {
  readonly activations: ReadonlyMap<string, number>
  readonly apiKeys: ReadonlyMap<string, number>
  readonly sessions: ReadonlyMap<string, number>
}

interface Parts {
  /** Writes a group of times, in one transaction. */
  readonly write: (group: SeenGroup) => Promise<void>
  readonly onError: (error: unknown) => void
}

/** Keeps in memory when activations, API keys and sessions were last used, and writes it later. */
export function createSeenTimes({ write, onError }: Parts) {
  /** Times that may not be on disk yet, by id. */
  const pending = new Map<string, number>()
  const seen = createClockMap<string, Used & { readonly atMs: number }>(ACTIVATIONS_KNOWN_MAX)
  const apiKeys = createUses(flushSoon)
  const sessions = createUses(flushSoon)
  let timer: ReturnType<typeof setTimeout> | null = null
  let isClosed = false

  function flushSoon(): void {
    if (!isClosed) timer ??= setTimeout(() => void flush().catch(onError), FLUSH_DELAY_MS).unref()
  }

  async function flush(): Promise<void> {
    if (timer !== null) clearTimeout(timer)
    timer = null
    try {
      while (pending.size + apiKeys.pending.size + sessions.pending.size > 0) await writeGroup()
    } catch (error) {
      flushSoon()
      throw error
    }
  }

  async function writeGroup(): Promise<void> {
    const group = new Map(pending.entries().take(GROUP_MAX))
    const keyUses = new Map(apiKeys.pending)
    const sessionUses = new Map(sessions.pending)
    await write({ activations: group, apiKeys: keyUses, sessions: sessionUses })
    dropWritten(pending, group)
    dropWritten(apiKeys.pending, keyUses)
    dropWritten(sessions.pending, sessionUses)
  }

  return {
    recordActivation({ id, lastSeenAtMs }: Activation, atMs: number): void {
      // Usually the activation itself says enough, unless it comes from the cache.
      if (isRunning(lastSeenAtMs, ACTIVATION_INTERVAL_MS, atMs)) return
      if (isRunning(seen.get(id)?.atMs ?? 0, ACTIVATION_INTERVAL_MS, atMs)) return
      if (pending.size >= PENDING_MAX) return
      seen.set(id, { atMs, isUsed: false })
      pending.set(id, atMs)
      flushSoon()
    },
    recordApiKey: apiKeys.record,
    findApiKeyUse: apiKeys.find,
    recordSession: sessions.record,
    findSessionUse: sessions.find,
    /** Returns a later time of an activation that may not be on disk yet; null if there is none. */
    findPending({ id, lastSeenAtMs }: Activation): number | null {
      const atMs = pending.get(id) ?? 0
      return atMs <= lastSeenAtMs ? null : atMs
    },
    flush,
    /** Flushes for the last time. */
    close() {
      isClosed = true
      return flush()
    },
  }
}

/** The times at which credentials were used, to the minute, and those that may not be on disk yet. */
function createUses(flushSoon: () => void) {
  const uses = createClockMap<string, Used & { readonly atMs: number }>(CREDENTIALS_KNOWN_MAX)
  const pending = new Map<string, number>()
  return {
    pending,
    record(id: string, atMs: number): void {
      if (isRunning(uses.get(id)?.atMs ?? 0, MINUTE_MS, atMs)) return
      uses.set(id, { atMs, isUsed: false })
      pending.set(id, atMs)
      flushSoon()
    },
    find: (id: string) => uses.get(id)?.atMs,
  }
}

/** Drops the entries that did not change while they were being written. */
function dropWritten(pending: Map<string, number>, written: ReadonlyMap<string, number>): void {
  for (const [id, atMs] of written) if (pending.get(id) === atMs) pending.delete(id)
}
