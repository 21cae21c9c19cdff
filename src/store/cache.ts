import { createClockMap, type Used } from '~/clock-map.ts'
import type { Activation, ActivationQuery, ActivationState } from '~/domain/activations.ts'
import { noActivationState } from '~/domain/activations.ts'
import type { ApiKey } from '~/domain/api-keys.ts'
import { getActivationValue } from '~/domain/hostnames.ts'
import type { License, LicenseSnapshot } from '~/domain/licenses.ts'
import type { Plan } from '~/domain/plans.ts'
import { isRunning } from '~/domain/times.ts'
import type { Commit, Eventual, Store } from './port.ts'

const API_KEYS_MAX = 10_000
/** For licenses that are used in several places. The place of any other is kept with its license. */
const ACTIVATIONS_PER_LICENSE = 2

export interface CacheOptions {
  readonly licensesMax: number
  readonly ttlMs: number
}

export interface CachedStore extends Store {
  /** Counts license reads from memory (hits) and from the database (misses) since the start. */
  readonly cacheFigures: { readonly hits: number; readonly misses: number }
}

type Cache = ReturnType<typeof createCache>

interface CachedLicense extends Used {
  readonly license: License
  readonly cachedAtMs: number
  /** The state that the last validation found, because an app usually sends the same request again. */
  last: FoundState | null
}

/** An activation state, and what was asked for. */
interface FoundState {
  readonly plan: Plan
  readonly host: string | undefined
  readonly fingerprint: string | undefined
  readonly state: ActivationState
}

type ValidationQuery = Extract<ActivationQuery, { intent: 'validate' }>

interface CachedActivation extends Used {
  readonly activation: Activation
  readonly cachedAtMs: number
}

interface CachedApiKey extends Used {
  readonly apiKey: ApiKey
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
  /** The key hashes of the cached licenses, by license id. */
  const keyHashes = new Map<string, string>()
  return {
    inner,
    ttlMs,
    keyHashes,
    /** By the hash of their key. */
    licenses: createClockMap<string, CachedLicense>(licensesMax, ({ license }) =>
      keyHashes.delete(license.id),
    ),
    activations: createClockMap<string, CachedActivation>(licensesMax * ACTIVATIONS_PER_LICENSE),
    apiKeys: createClockMap<string, CachedApiKey>(API_KEYS_MAX),
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
  for (const activation of commit.activations) {
    licenses.delete(keyHashes.get(activation.licenseId) ?? '')
    activations.delete(activationKey(activation))
  }
  if (commit.touchesPlans) plans.clear()
  if (commit.touchesApiKeys) apiKeys.clear()
  if (!commit.isExternal) return
  licenses.clear()
  activations.clear()
}

function findLicense(
  cache: Cache,
  keyHash: string,
  nowMs: number,
): Eventual<LicenseSnapshot | null> {
  const cached = cache.licenses.get(keyHash)
  if (cached !== undefined && isRunning(cached.cachedAtMs, cache.ttlMs, nowMs)) {
    const plan = cache.plans.get(cached.license.planSlug)
    if (plan !== undefined) {
      cache.figures.hits += 1
      return { license: cached.license, plan }
    }
  }
  return readLicense(cache, keyHash, nowMs)
}

async function readLicense(cache: Cache, keyHash: string, nowMs: number) {
  cache.figures.misses += 1
  const { generation } = cache
  const snapshot = await cache.inner.validations.findLicense(keyHash, nowMs)
  if (snapshot !== null && generation === cache.generation) cacheLicense(cache, snapshot, nowMs)
  return snapshot
}

function cacheLicense(
  { licenses, keyHashes, plans }: Cache,
  { license, plan }: LicenseSnapshot,
  nowMs: number,
): void {
  plans.set(plan.slug, plan)
  const entry = { license, cachedAtMs: nowMs, last: null, isUsed: false }
  licenses.set(license.keyHash, entry)
  keyHashes.set(license.id, license.keyHash)
}

function findActivationState(
  cache: Cache,
  snapshot: LicenseSnapshot,
  query: ActivationQuery,
): Eventual<ActivationState> {
  const { licenses, inner } = cache
  const entry = licenses.get(snapshot.license.keyHash)
  // A commit may have dropped the license since the caller found it.
  if (query.intent !== 'validate' || entry?.license !== snapshot.license) {
    return inner.validations.findActivationState(snapshot, query)
  }
  const { last } = entry
  if (last !== null && answers(last, snapshot.plan, query)) return last.state
  const state = buildActivationState(cache, entry, snapshot.plan, query)
  if (state === null) return readActivationState(cache, entry, snapshot, query)
  entry.last = buildFound(snapshot.plan, query, state)
  return state
}

function buildFound(plan: Plan, query: ValidationQuery, state: ActivationState): FoundState {
  return { plan, host: query.hostname?.host, fingerprint: query.fingerprint, state }
}

/** Whether a state that was found for one query is also that of another. */
function answers({ plan, host, fingerprint, state }: FoundState, of: Plan, query: ValidationQuery) {
  if (plan !== of || fingerprint !== query.fingerprint) return false
  const { hostname } = query
  if (host === hostname?.host) return true
  return hostname != null && state.domain?.value === getActivationValue(hostname, plan.domainMatch)
}

async function readActivationState(
  cache: Cache,
  entry: CachedLicense,
  snapshot: LicenseSnapshot,
  query: ValidationQuery,
): Promise<ActivationState> {
  const { generation } = cache
  const state = await cache.inner.validations.findActivationState(snapshot, query)
  if (generation !== cache.generation) return state
  // This license is used in several places, so keep those that it does not have itself.
  if (entry.last !== null) {
    cacheActivations(cache, entry, entry.last.state)
    cacheActivations(cache, entry, state)
  }
  entry.last = buildFound(snapshot.plan, query, state)
  return state
}

/** Builds the state of a validation from cached activations; null if one is not cached. */
function buildActivationState(
  { activations, ttlMs }: Cache,
  { license, last, cachedAtMs }: CachedLicense,
  { domainMatch }: Plan,
  { hostname, fingerprint }: ValidationQuery,
): ActivationState | null {
  // The license has been validated in one place at most, or in none.
  if (last === null) return null
  const find = (kind: Activation['kind'], value: string) => {
    const known = last.state[kind]
    if (known?.value === value) return known
    const cached = activations.get(activationKey({ licenseId: license.id, kind, value }))
    const isFresh = cached !== undefined && isRunning(cached.cachedAtMs, ttlMs, cachedAtMs)
    return isFresh ? cached.activation : null
  }
  const domain = hostname ? find('domain', getActivationValue(hostname, domainMatch)) : null
  if (hostname && domain === null) return null
  const device = fingerprint === undefined ? null : find('device', fingerprint)
  if (fingerprint !== undefined && device === null) return null
  return { ...noActivationState, domain, device }
}

/** They count as cached when their license was, which has its own limit. */
function cacheActivations(
  { activations }: Cache,
  { cachedAtMs }: CachedLicense,
  { domain, device }: ActivationState,
): void {
  for (const activation of [domain, device]) {
    if (activation === null) continue
    activations.set(activationKey(activation), { activation, cachedAtMs, isUsed: false })
  }
}

type ActivationKey = Pick<Activation, 'licenseId' | 'kind' | 'value'>

const activationKey = ({ licenseId, kind, value }: ActivationKey) => `${licenseId}/${kind}/${value}`

async function findApiKey(cache: Cache, tokenHash: string): Promise<ApiKey | null> {
  const { inner, apiKeys, generation, ttlMs } = cache
  const nowMs = performance.now()
  const cached = apiKeys.get(tokenHash)
  if (cached !== undefined && nowMs < cached.cachedAtMs + ttlMs) return cached.apiKey
  const apiKey = await inner.apiKeys.find(tokenHash)
  if (apiKey !== null && generation === cache.generation) {
    apiKeys.set(tokenHash, { apiKey, cachedAtMs: nowMs, isUsed: false })
  }
  return apiKey
}
