import { createClockMap, type Used } from '~/clock-map.ts'
import type { ActivationQuery, ActivationState } from '~/domain/activations.ts'
import type { ApiKey } from '~/domain/api-keys.ts'
import type { Edge } from '~/domain/edges.ts'
import type { TermsSnapshot } from '~/domain/licenses.ts'
import { isRunning } from '~/domain/times.ts'
import { type Eventual, whenReady } from '~/turns.ts'
import {
  addActivationState,
  addLicense,
  type CacheOptions,
  createLicenseCache,
  dropChanges,
  getActivationState,
  getLicense,
} from './license-cache.ts'
import type { Commit, Store } from './port.ts'

const API_KEYS_MAX = 10_000
const EDGES_MAX = 1000

export interface CachedStore extends Store {
  /**
   * Runs work once `fresh` has resolved, at once if it needs no promise. The licenses that it finds before it
   * waits for anything are read from memory without asking again. If `fresh` fails, it runs
   * nevertheless, and finds out itself.
   */
  whenFresh(work: () => void): void
  /** Counts license reads from memory (hits) and from the database (misses) since the start. */
  readonly cacheFigures: { readonly hits: number; readonly misses: number }
}

type Cache = ReturnType<typeof createCache>

interface CachedCredential<Item> extends Used {
  readonly item: Item
  /** By the clock of the process, because a lookup is not given the time. */
  readonly cachedAtMs: number
}

/**
 * Wraps a store and keeps licenses, their activations, plans and API keys in memory. It caches facts
 * and times, never verdicts, and drops what a commit changed before the command ends. What it has in
 * memory, it returns without a promise.
 */
export function createCachedStore(inner: Store, options: CacheOptions): CachedStore {
  const cache = createCache(inner, options)
  const { apiKeys, edges } = cache
  inner.subscribe((commit) => invalidate(cache, commit))
  return {
    ...inner,
    apiKeys: {
      ...inner.apiKeys,
      find: (tokenHash) => findCredential(cache, apiKeys, tokenHash, inner.apiKeys.find),
    },
    edges: {
      ...inner.edges,
      findByToken: (tokenHash) => findCredential(cache, edges, tokenHash, inner.edges.findByToken),
    },
    validations: {
      findLicense: (keyHash, nowMs) => findLicense(cache, keyHash, nowMs),
      findActivationState: (snapshot, query) => findActivationState(cache, snapshot, query),
    },
    whenFresh: (work) => whenFresh(cache, work),
    cacheFigures: cache.figures,
  }
}

function whenFresh(cache: Cache, work: () => void): void {
  const waiting = cache.inner.fresh()
  if (waiting === undefined) {
    work()
    return
  }
  const runFresh = () => {
    cache.isFresh = true
    try {
      work()
    } finally {
      cache.isFresh = false
    }
  }
  waiting.then(runFresh, work)
}

function createCache(inner: Store, options: CacheOptions) {
  return {
    inner,
    ttlMs: options.ttlMs,
    memory: createLicenseCache(options),
    apiKeys: createClockMap<string, CachedCredential<ApiKey>>(API_KEYS_MAX),
    edges: createClockMap<string, CachedCredential<Edge>>(EDGES_MAX),
    figures: { hits: 0, misses: 0 },
    /** While work runs for which it has become up to date. */
    isFresh: false,
    /** Changes with every commit, so that a read which began before a commit is not cached. */
    generation: 0,
  }
}

function invalidate(cache: Cache, commit: Commit): void {
  cache.generation += 1
  dropChanges(cache.memory, commit)
  if (commit.touchesApiKeys) cache.apiKeys.clear()
  if (commit.touchesEdges) cache.edges.clear()
}

function findLicense(cache: Cache, keyHash: string, nowMs: number): Eventual<TermsSnapshot | null> {
  const waiting = cache.isFresh ? undefined : cache.inner.fresh()
  return waiting === undefined
    ? findFreshLicense(cache, keyHash, nowMs)
    : waiting.then(() => findFreshLicense(cache, keyHash, nowMs))
}

/** Finds a license when the memory is up to date. Its activations are then found in memory too. */
function findFreshLicense(
  cache: Cache,
  keyHash: string,
  nowMs: number,
): Eventual<TermsSnapshot | null> {
  const cached = getLicense(cache.memory, keyHash)
  if (cached === undefined || !isRunning(cached.cachedAtMs, cache.ttlMs, nowMs)) {
    return readLicense(cache, keyHash, nowMs)
  }
  cache.figures.hits += 1
  return cached
}

function readLicense(cache: Cache, keyHash: string, nowMs: number): Eventual<TermsSnapshot | null> {
  cache.figures.misses += 1
  const { generation } = cache
  return whenReady(cache.inner.validations.findLicense(keyHash, nowMs), (snapshot) =>
    snapshot === null || generation !== cache.generation
      ? snapshot
      : addLicense(cache.memory, snapshot, nowMs),
  )
}

function findActivationState(
  cache: Cache,
  snapshot: TermsSnapshot,
  query: ActivationQuery,
): Eventual<ActivationState> {
  const { inner, memory, generation } = cache
  const entry = memory.licenses.get(snapshot.license.keyHash)
  // A commit may have dropped the license since the caller found it.
  if (query.intent !== 'validate' || entry !== snapshot) {
    return inner.validations.findActivationState(snapshot, query)
  }
  const known = getActivationState(memory, entry, query)
  if (known !== undefined) return known
  return whenReady(inner.validations.findActivationState(entry, query), (state) => {
    if (generation === cache.generation) addActivationState(memory, entry, query, state)
    return state
  })
}

async function findCredential<Item>(
  cache: Cache,
  known: ReturnType<typeof createClockMap<string, CachedCredential<Item>>>,
  tokenHash: string,
  find: (tokenHash: string) => Promise<Item | null>,
): Promise<Item | null> {
  await cache.inner.fresh()
  const { generation, ttlMs } = cache
  const nowMs = performance.now()
  const cached = known.get(tokenHash)
  if (cached !== undefined && nowMs < cached.cachedAtMs + ttlMs) return cached.item
  const item = await find(tokenHash)
  if (item !== null && generation === cache.generation) {
    known.set(tokenHash, { item, cachedAtMs: nowMs, isUsed: false })
  }
  return item
}
