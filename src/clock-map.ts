/** An entry of a clock map. The map sets `isUsed`. */
export interface Used {
  isUsed: boolean
}

/**
 * Creates a map of at most `max` entries. When it is full, an entry that was not used lately makes room
 * (the CLOCK algorithm): a hit sets one flag, where an LRU list would move an entry.
 */
export function createClockMap<Key, Value extends Used>(
  max: number,
  onDrop: (value: Value) => void = () => undefined,
) {
  const entries = new Map<Key, Value>()
  /** Continues where it stopped, and meets entries that were added again later. */
  let hand = entries.entries()

  function makeRoom(): void {
    let next = hand.next()
    while (next.done || next.value[1].isUsed) {
      if (next.done) hand = entries.entries()
      else spare(...next.value)
      next = hand.next()
    }
    drop(...next.value)
  }

  /** The entry is met again after all others, unless it is used until then. */
  function spare(key: Key, entry: Value): void {
    entry.isUsed = false
    entries.delete(key)
    entries.set(key, entry)
  }

  function drop(key: Key, entry: Value): void {
    entries.delete(key)
    onDrop(entry)
  }

  return {
    get(key: Key): Value | undefined {
      const entry = entries.get(key)
      if (entry !== undefined) entry.isUsed = true
      return entry
    },
    set(key: Key, entry: Value): void {
      if (max === 0) return
      const former = entries.get(key)
      if (former !== undefined) drop(key, former)
      else if (entries.size >= max) makeRoom()
      entries.set(key, entry)
    },
    delete(key: Key): void {
      const entry = entries.get(key)
      if (entry !== undefined) drop(key, entry)
    },
    clear(): void {
      for (const entry of entries.values()) onDrop(entry)
      entries.clear()
      hand = entries.entries()
    },
    /** The number of entries. */
    count: () => entries.size,
  }
}
