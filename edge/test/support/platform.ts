import type { EdgeCache } from '../../src/index.ts'

/** A clock that only tests move. */
export interface TestClock {
  now(): number
  advance(ms: number): void
}

export function createClock(): TestClock {
  let nowMs = Date.now()
  return {
    now: () => nowMs,
    advance: (ms) => {
      nowMs += ms
    },
  }
}

/** A promise that resolves when a test opens it. */
export function createGate(): { readonly opened: Promise<void>; open(): void } {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open: () => open() }
}

interface Write {
  readonly value: string
  readonly visibleAtMs: number
  readonly endsAtMs: number
}

/**
 * A cache like that of a platform with many locations: each write becomes visible after a delay, and
 * writes may become visible in another order than they were made.
 */
export function createSlowCache({ now }: TestClock, chooseDelayMs: () => number): EdgeCache {
  const writes = new Map<string, Write[]>()
  return {
    async get(key) {
      const visible = (writes.get(key) ?? []).filter(({ visibleAtMs }) => visibleAtMs <= now())
      const latest = visible.reduce<Write | null>(
        (last, write) => (last === null || write.visibleAtMs >= last.visibleAtMs ? write : last),
        null,
      )
      return latest !== null && now() < latest.endsAtMs ? latest.value : null
    },
    async put(key, value, ttlSeconds) {
      const write = {
        value,
        visibleAtMs: now() + chooseDelayMs(),
        endsAtMs: now() + ttlSeconds * 1000,
      }
      writes.set(key, [...(writes.get(key) ?? []), write])
    },
  }
}
