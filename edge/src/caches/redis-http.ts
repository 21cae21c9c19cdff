import type { EdgeCache } from '../options.ts'

const TIMEOUT_MS = 1000

export interface RedisHttpOptions {
  /** Such as `UPSTASH_REDIS_REST_URL` or `KV_REST_API_URL`. */
  readonly url: string
  readonly token: string
  readonly fetch?: (request: Request) => Promise<Response>
}

/** Redis over HTTP, as Upstash and Vercel offer it: a command is a JSON array, its reply is `result`. */
export function redisHttp({ url, token, fetch = globalThis.fetch }: RedisHttpOptions): EdgeCache {
  async function run(...command: readonly (string | number)[]): Promise<unknown> {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const body = JSON.stringify(command)
    const response = await fetch(new Request(url, { method: 'POST', headers, body, signal }))
    if (!response.ok) throw new Error(`Redis answered ${command[0]} with ${response.status}.`)
    const { result } = (await response.json()) as { readonly result?: unknown }
    return result
  }

  return {
    async get(key) {
      const value = await run('GET', `licet:${key}`)
      return typeof value === 'string' ? value : null
    },
    async put(key, value, ttlSeconds) {
      await run('SET', `licet:${key}`, value, 'EX', ttlSeconds)
    },
  }
}
