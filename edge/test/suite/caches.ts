import {
  cacheApi,
  denoKv,
  type EdgeCache,
  memory,
  redisHttp,
  type WebCache,
} from '../../src/index.ts'
import { openEdge } from '../support/edge.ts'
import { createClock } from '../support/platform.ts'
import { createLicense } from '../support/primary.ts'
import { expectEqual, test } from '../support/tap.ts'
import { warm } from './confirmations.ts'

const domain = 'app.example.com'

/** Checks that a cache returns what it got, and that an edge confirms a license with it. */
async function checkCache(cache: EdgeCache): Promise<void> {
  const name = `test:${crypto.randomUUID()}`
  expectEqual(await cache.get(name), null)
  await cache.put(name, 'the first “value”', 60)
  await cache.put(name, 'the second “value”', 60)
  expectEqual(await cache.get(name), 'the second “value”')
  const edge = await openEdge({ cache })
  const { key } = await createLicense()
  await warm(edge, { key, domain })
  const answer = await edge.validate({ key, domain })
  expectEqual([answer.json.valid, answer.isLocal], [true, true])
}

test('the cache in memory keeps values until their time, and the newest ones beyond its limit', async () => {
  const clock = createClock()
  await checkCache(memory())
  const cache = memory({ entriesMax: 2, now: clock.now })
  for (const name of ['a', 'b', 'c']) await cache.put(name, name, 60)
  expectEqual([await cache.get('a'), await cache.get('b'), await cache.get('c')], [null, 'b', 'c'])
  clock.advance(60_000)
  expectEqual(await cache.get('c'), null)
})

test('Redis over HTTP gets and sets values with their time', async () => {
  const values = new Map<string, unknown>()
  const commands: unknown[] = []
  const cache = redisHttp({
    url: 'https://redis.example.com',
    token: 'a-fake-token',
    fetch: async (request) => {
      const [name, key, value, ...rest] = await request.json()
      commands.push([name, request.headers.get('authorization'), ...rest])
      if (name === 'SET') values.set(key, value)
      return Response.json({ result: name === 'SET' ? 'OK' : (values.get(key) ?? null) })
    },
  })
  await checkCache(cache)
  expectEqual(commands.slice(0, 2), [
    ['GET', 'Bearer a-fake-token'],
    ['SET', 'Bearer a-fake-token', 'EX', 60],
  ])
})

interface Platform {
  readonly caches?: { readonly default?: WebCache; open(name: string): Promise<WebCache> }
  readonly Deno?: {
    readonly openKv?: (path: string) => Promise<Parameters<typeof denoKv>[0] & { close(): void }>
  }
}
const platform = globalThis as unknown as Platform

/** The runtimes that have one: each runs the tests with its own. */
if (platform.caches !== undefined) {
  const { caches } = platform
  test('the Cache API of the platform keeps facts', async () =>
    checkCache(cacheApi(caches.default ?? (await caches.open('licet')))))
}

if (platform.Deno?.openKv !== undefined) {
  const { openKv } = platform.Deno
  test('Deno KV keeps facts', async () => {
    const kv = await openKv(':memory:')
    await checkCache(denoKv(kv)).finally(() => kv.close())
  })
}
