import type { EdgeCache } from '../options.ts'
import { createRecent } from '../recent.ts'

const ENTRIES_MAX = 10_000

/** A cache in the memory of one process: for a server of your own with Bun, Node.js or Deno, and for tests. */
export function memory({ entriesMax = ENTRIES_MAX, now = Date.now } = {}): EdgeCache {
  const entries = createRecent<string>(entriesMax)
  return {
    get: async (key) => entries.get(key, now()) ?? null,
    put: async (key, value, ttlSeconds) => entries.set(key, value, now() + ttlSeconds * 1000),
  }
}
