/** Returns a function that reads each value once. */
export function readOnce<Key, Value>(read: (key: Key) => Value): (key: Key) => Value {
  const known = new Map<Key, Value>()
  return (key) => known.getOrInsertComputed(key, read)
}
