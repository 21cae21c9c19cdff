import type { EdgeCache } from '../options.ts'

/** The part of a `Cache` that is used, such as `caches.default` of Cloudflare Workers. */
export interface WebCache {
  match(url: string): Promise<Response | undefined>
  put(url: string, response: Response): Promise<void>
}

/** The name is reserved, so no request to it can ever leave the cache. */
const ORIGIN = 'https://licet-edge.invalid'

/**
 * The Cache API. Each location of Cloudflare has one of its own, which a webhook does not reach: use it
 * without `webhookSecret`.
 */
export function cacheApi(cache: WebCache): EdgeCache {
  const toUrl = (key: string) => `${ORIGIN}/${encodeURIComponent(key)}`
  return {
    get: async (key) => (await cache.match(toUrl(key)))?.text() ?? null,
    put: (key, value, ttlSeconds) =>
      cache.put(
        toUrl(key),
        new Response(value, { headers: { 'cache-control': `max-age=${ttlSeconds}` } }),
      ),
  }
}
