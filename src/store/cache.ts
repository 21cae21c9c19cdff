import { LRUCache } from 'lru-cache'
import type { Activation, ActivationQuery, ActivationState } from '~/domain/activations.ts'
import { noActivationState } from '~/domain/activations.ts'
import type { ApiKey } from '~/domain/api-keys.ts'
import { getActivationValue } from '~/domain/hostnames.ts'
import type { License, LicenseSnapshot } from '~/domain/licenses.ts'
import type { Plan } from '~/domain/plans.ts'
import { isRunning } from '~/domain/times.ts'
import type { Commit, Store } from './port.ts'

const API_KEYS_MAX = 10_000
/** A license in daily use has a domain or a device, rarely both. */
const ACTIVATIONS_PER_LICENSE = 2
/** Reading the clock for each lookup takes as long as the lookup. */
const TTL_RESOLUTION_MS = 1000

export interface CacheOptions {
  readonly licensesMax: number
  readonly ttlMs: number
}

export interface CachedStore extends Store {
  /** Counts license reads from memory (hits) and from the database (misses) since the start. */
  readonly cacheFigures: { readonly hits: number; readonly misses: number }
}

type Cache = ReturnType<typeof createCache>

interface CachedLicense {
  readonly license: License
  readonly cachedAtMs: number
  /** The state of the last validation, because an app usually sends the same request again. */
  activationState: ActivationState | null
}

/**
 * Wraps a store and keeps active licenses, their activations, plans and API keys in memory. It
 * caches facts and times, never verdicts, and drops what a commit changed before the command ends.
 */
export function createCachedStore(inner: Store, options: CacheOptions): CachedStore {
  const cache = createCache(inner, options)
  inner.subscribe((commit) => invalidate(cache, commit))
  return {
    ...inner,
    apiKeys: { ...inner.apiKeys, find: (tokenHash) => findApiKey(cache, tokenHash) },
    validations: {
      findLicense: (keyHash, nowMs) => findLicense(cache, keyHash, nowMs),
      findActivationState: (snapshot, query) => findActivationState(cache, snapshot, query),
    },
    cacheFigures: cache.figures,
  }
}

function createCache(inner: Store, { licensesMax, ttlMs }: CacheOptions) {
  const lifetime = { ttl: ttlMs, ttlResolution: TTL_RESOLUTION_MS }
  /** The key hashes of the cached licenses, by license id. */
  const keyHashes = new Map<string, string>()
  /** Active licenses by the hash of their key. */
  const licenses = new LRUCache<string, CachedLicense>({
    max: licensesMax,
    dispose: ({ license }) => keyHashes.delete(license.id),
  })
  const activationsMax = licensesMax * ACTIVATIONS_PER_LICENSE
  return {
    inner,
    ttlMs,
    licenses,
    keyHashes,
    activations: new LRUCache<string, Activation>({ max: activationsMax, ...lifetime }),
    apiKeys: new LRUCache<string, ApiKey>({ max: API_KEYS_MAX, ...lifetime }),
    plans: new Map<string, Plan>(),
    figures: { hits: 0, misses: 0 },
    /** Changes with every commit, so that a read which began before a commit is not cached. */
    generation: 0,
  }
}

function invalidate(cache: Cache, commit: Commit): void {
  const { licenses, keyHashes, activations, plans, apiKeys } = cache
  cache.generation += 1
  for (const id of commit.licenseIds) licenses.delete(keyHashes.get(id) ?? '')
  for (const activation of commit.activations) activations.delete(activationKey(activation))
  if (commit.touchesPlans) plans.clear()
  if (commit.touchesApiKeys) apiKeys.clear()
  if (!commit.isExternal) return
  licenses.clear()
  activations.clear()
}

async function findLicense(cache: Cache, keyHash: string, nowMs: number) {
  const cached = getLicense(cache, keyHash, nowMs)
  if (cached !== null) {
    cache.figures.hits += 1
    return cached
  }
  cache.figures.misses += 1
  const { generation } = cache
  const snapshot = await cache.inner.validations.findLicense(keyHash, nowMs)
  if (snapshot !== null && generation === cache.generation) cacheLicense(cache, snapshot, nowMs)
  return snapshot
}

function getLicense({ licenses, plans, ttlMs }: Cache, keyHash: string, nowMs: number) {
  const cached = licenses.get(keyHash)
  if (cached === undefined || !isRunning(cached.cachedAtMs, ttlMs, nowMs)) return null
  const plan = plans.get(cached.license.planSlug)
  return plan === undefined ? null : { license: cached.license, plan }
}

function cacheLicense(cache: Cache, { license, plan }: LicenseSnapshot, nowMs: number): void {
  const { licenses, keyHashes, plans } = cache
  plans.set(plan.slug, plan)
  if (license.revokedAtMs !== null || license.suspendedAtMs !== null) return
  licenses.set(license.keyHash, { license, cachedAtMs: nowMs, activationState: null })
  keyHashes.set(license.id, license.keyHash)
}

async function findActivationState(
  cache: Cache,
  snapshot: LicenseSnapshot,
  query: ActivationQuery,
): Promise<ActivationState> {
  const { inner, licenses, generation } = cache
  const entry = licenses.peek(snapshot.license.keyHash)
  const last = entry?.license === snapshot.license ? entry.activationState : null
  if (last !== null && isCompleteFor(query, last, snapshot)) return last
  const cached = buildActivationState(cache, snapshot, query)
  const state = cached ?? (await inner.validations.findActivationState(snapshot, query))
  if (generation !== cache.generation) return state
  if (cached === null) cacheActivations(cache, state)
  if (entry?.license === snapshot.license && isCompleteFor(query, state, snapshot)) {
    entry.activationState = state
  }
  return state
}

/** Whether everything that a validation sends is activated. Anything else may be activated any time. */
function isCompleteFor(
  query: ActivationQuery,
  { domain, device }: ActivationState,
  { plan }: LicenseSnapshot,
): boolean {
  if (query.intent !== 'validate') return false
  const { hostname, fingerprint } = query
  const value = hostname ? getActivationValue(hostname, plan.domainMatch) : undefined
  return domain?.value === value && device?.value === fingerprint
}

/** Builds the state of a validation from cached activations; null if one is not cached. */
function buildActivationState(
  { activations }: Cache,
  { license, plan }: LicenseSnapshot,
  query: ActivationQuery,
): ActivationState | null {
  if (query.intent !== 'validate') return null
  const { hostname, fingerprint } = query
  const find = (kind: Activation['kind'], value: string) =>
    activations.get(activationKey({ licenseId: license.id, kind, value })) ?? null
  const domain = hostname ? find('domain', getActivationValue(hostname, plan.domainMatch)) : null
  if (hostname && domain === null) return null
  const device = fingerprint === undefined ? null : find('device', fingerprint)
  if (fingerprint !== undefined && device === null) return null
  return { ...noActivationState, domain, device }
}

function cacheActivations({ activations }: Cache, { domain, device }: ActivationState): void {
  if (domain !== null) activations.set(activationKey(domain), domain)
  if (device !== null) activations.set(activationKey(device), device)
}

type ActivationKey = Pick<Activation, 'licenseId' | 'kind' | 'value'>

const activationKey = ({ licenseId, kind, value }: ActivationKey) => `${licenseId}/${kind}/${value}`

async function findApiKey(cache: Cache, tokenHash: string): Promise<ApiKey | null> {
  const { inner, apiKeys, generation } = cache
  const cached = apiKeys.get(tokenHash)
  if (cached !== undefined) return cached
  const apiKey = await inner.apiKeys.find(tokenHash)
  if (apiKey !== null && generation === cache.generation) apiKeys.set(tokenHash, apiKey)
  return apiKey
}
