const UNWRITTEN_MAX = 1000

/**
 * Where records are kept between runs of the app. Implement it to use a database or the settings of
 * your app. Names consist of letters, digits and dashes.
 */
export interface Store {
  /** Returns the text that was put last, or null. */
  get(name: string): string | null | Promise<string | null>
  put(name: string, text: string): void | Promise<void>
  /** Deletes the text, if there is one. */
  delete(name: string): void | Promise<void>
}

/** Returns a store that lasts as long as the process. */
export function createMemoryStore(): Store {
  const texts = new Map<string, string>()
  return {
    get: (name) => texts.get(name) ?? null,
    put: (name, text) => void texts.set(name, text),
    delete: (name) => void texts.delete(name),
  }
}

/**
 * Returns a store that keeps working when `store` does not: what cannot be written stays in memory,
 * up to a limit, and is read from there. Each failure is reported.
 */
export function createFallbackStore(store: Store, onFailure: (error: unknown) => void): Store {
  /** Null for what could not be deleted. */
  const unwritten = new Map<string, string | null>()
  return {
    async get(name) {
      const kept = unwritten.get(name)
      if (kept !== undefined) return kept
      try {
        return await store.get(name)
      } catch (error) {
        onFailure(error)
        return null
      }
    },
    put: (name, text) => write(name, text, () => store.put(name, text)),
    delete: (name) => write(name, null, () => store.delete(name)),
  }

  async function write(name: string, text: string | null, change: () => void | Promise<void>) {
    try {
      await change()
      unwritten.delete(name)
    } catch (error) {
      if (unwritten.size >= UNWRITTEN_MAX) unwritten.clear()
      unwritten.set(name, text)
      onFailure(error)
    }
  }
}
