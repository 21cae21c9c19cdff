import type { EdgeCache } from '../options.ts'

/** The part of `Deno.Kv` that is used. */
export interface DenoKv {
  get(
    key: readonly string[],
    options: { consistency: 'strong' | 'eventual' },
  ): Promise<{ readonly value: unknown }>
  set(key: readonly string[], value: string, options: { expireIn: number }): Promise<unknown>
}

/**
 * Deno KV. Eventual consistency reads from the nearest region, which sees a change within seconds; strong
 * consistency reads from the primary region.
 */
export function denoKv(
  kv: DenoKv,
  { consistency = 'eventual' }: { readonly consistency?: 'strong' | 'eventual' } = {},
): EdgeCache {
  return {
    async get(key) {
      const { value } = await kv.get(['licet', key], { consistency })
      return typeof value === 'string' ? value : null
    },
    async put(key, value, ttlSeconds) {
      await kv.set(['licet', key], value, { expireIn: ttlSeconds * 1000 })
    },
  }
}
