import { LRUCache } from 'lru-cache'

/** Creates a map that drops the entry that was used longest ago when there are more than `entriesMax`. */
export function createBoundedMap<Key extends string | number, Value extends object | string | true>(
  entriesMax: number,
  ttlMs = 0,
) {
  // With `max`, the library would allocate room for all entries at once, which delays the start.
  return new LRUCache<Key, Value>({ maxSize: entriesMax, sizeCalculation: () => 1, ttl: ttlMs })
}
