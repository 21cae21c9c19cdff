import type { EdgeCache } from '../options.ts'

/** The part of a KV namespace of Cloudflare Workers that is used. */
export interface KvNamespace {
  get(key: string): Promise<string | null>
  put(key: string, value: string, options: { expirationTtl: number }): Promise<void>
}

/** Workers KV: shared by all locations, each of which sees a change within about 60 seconds. */
export function workersKv(namespace: KvNamespace): EdgeCache {
  return {
    get: (key) => namespace.get(key),
    put: (key, value, ttlSeconds) => namespace.put(key, value, { expirationTtl: ttlSeconds }),
  }
}
