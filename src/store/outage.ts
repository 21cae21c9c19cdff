import { limitWait } from './limit-wait.ts'
import type { Store } from './port.ts'
import { tooBusy } from './shared/faults.ts'

const OUTDATED_WAIT_MAX_MS = 100

interface OutageOptions {
  /** For how long what is in memory is used while the database is away; 0 for not at all. */
  readonly forMs: number
  readonly readElapsedMs: () => number
}

/**
 * Wraps a store that several servers share. While the commits of the others cannot be read, `fresh`
 * still resolves for some time after the last success, and `isOutdated` is true.
 */
export function tolerateOutage(inner: Store, { forMs, readElapsedMs }: OutageOptions): Store {
  if (forMs === 0) return inner
  let freshAtMs: number | null = null
  let isOutdated = false

  async function fresh(): Promise<void> {
    const startedAtMs = readElapsedMs()
    try {
      const asked = Promise.resolve(inner.fresh())
      // Once the database is known to be away, validations do not wait for it.
      await (isOutdated ? limitWait(asked, OUTDATED_WAIT_MAX_MS, tooBusy) : asked)
      freshAtMs = Math.max(freshAtMs ?? startedAtMs, startedAtMs)
      isOutdated = false
    } catch (error) {
      isOutdated = freshAtMs !== null && readElapsedMs() < freshAtMs + forMs
      if (!isOutdated) throw error
    }
  }

  return { ...inner, fresh, isOutdated: () => isOutdated }
}
