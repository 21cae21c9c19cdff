interface Entry<Value> {
  readonly value: Value
  readonly untilMs: number
}

/** Values in the memory of this machine, each until a time. */
export interface Recent<Value> {
  get(key: string, nowMs: number): Value | undefined
  set(key: string, value: Value, untilMs: number): void
}

/** Returns a map of at most `max` values. Beyond that, the one that was set first makes room. */
export function createRecent<Value>(max: number): Recent<Value> {
  const entries = new Map<string, Entry<Value>>()
  return {
    get(key, nowMs) {
      const entry = entries.get(key)
      if (entry !== undefined && nowMs < entry.untilMs) return entry.value
      entries.delete(key)
      return undefined
    },
    set(key, value, untilMs) {
      entries.delete(key)
      const [oldest] = entries.size >= max ? entries.keys() : []
      if (oldest !== undefined) entries.delete(oldest)
      entries.set(key, { value, untilMs })
    },
  }
}
