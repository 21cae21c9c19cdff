import { createClockMap, type Used } from '~/clock-map.ts'
import type { Activation, ActivationQuery, ActivationState } from '~/domain/activations.ts'
import { noActivationState } from '~/domain/activations.ts'
import type { ApiKey } from '~/domain/api-keys.ts'
import { getActivationValue, type Hostname } from '~/domain/hostnames.ts'
import type { LicenseTerms, TermsSnapshot } from '~/domain/licenses.ts'
import type { Plan } from '~/domain/plans.ts'
import { isRunning } from '~/domain/times.ts'
import { type Eventual, whenReady } from '~/turns.ts'
import type { Commit, Store } from './port.ts'

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

interface CachedLicense extends TermsSnapshot, Used {
  readonly cachedAtMs: number
  /** The places that were found last, because an app usually sends the same request again. */
  domain: Activation | null
  device: Activation | null
  /** The host that `domain` was found for: it may cover others as well, but not before theirs. */
  host: string | null
  /** The last state that is more than two places, such as that of a refusal. */
  other: FoundState | null
}

/** An activation state, and what was asked for. */
interface FoundState {
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
    /** By slug. Changing one touches no cached license. */
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
  if (commit.touchesApiKeys) apiKeys.clear()
  if (commit.touchesPlans) plans.clear()
  if (!commit.isExternal) return
  licenses.clear()
  activations.clear()
}

function findLicense(cache: Cache, keyHash: string, nowMs: number): Eventual<TermsSnapshot | null> {
  const cached = cache.licenses.get(keyHash)
  if (cached !== undefined && isRunning(cached.cachedAtMs, cache.ttlMs, nowMs)) {
    const plan = cache.plans.get(cached.license.planSlug)
    if (plan !== undefined) {
      cache.figures.hits += 1
      // The places were found under the terms of the plan, so they are found again if it has changed.
      return plan === cached.plan
        ? cached
        : cacheLicense(cache, { license: cached.license, plan }, cached.cachedAtMs)
    }
  }
  return readLicense(cache, keyHash, nowMs)
}

function readLicense(cache: Cache, keyHash: string, nowMs: number): Eventual<TermsSnapshot | null> {
  cache.figures.misses += 1
  const { generation } = cache
  return whenReady(cache.inner.validations.findLicense(keyHash, nowMs), (snapshot) =>
    snapshot === null || generation !== cache.generation
      ? snapshot
      : cacheLicense(cache, snapshot, nowMs),
  )
}

function cacheLicense(
  { licenses, keyHashes, plans }: Cache,
  { license, plan }: TermsSnapshot,
  cachedAtMs: number,
): CachedLicense {
  const places = { domain: null, device: null, host: null, other: null }
  const entry = { license: shareValues(license, plan), plan, cachedAtMs, ...places, isUsed: false }
  plans.set(plan.slug, plan)
  licenses.set(license.keyHash, entry)
  keyHashes.set(license.id, license.keyHash)
  return entry
}

const noOverrides: LicenseTerms['overrides'] = {}
const noNotices: LicenseTerms['limitNotices'] = {}

/** Returns the same terms with values that most licenses share, which are then in memory only once. */
function shareValues(license: LicenseTerms, { slug, productSlug }: Plan): LicenseTerms {
  const { overrides, limitNotices } = license
  return {
    ...license,
    planSlug: slug,
    productSlug: license.productSlug === productSlug ? productSlug : license.productSlug,
    overrides: isEmpty(overrides) ? noOverrides : overrides,
    limitNotices: isEmpty(limitNotices) ? noNotices : limitNotices,
  }
}

const isEmpty = (object: object) => Object.keys(object).length === 0

function findActivationState(
  cache: Cache,
  snapshot: TermsSnapshot,
  query: ActivationQuery,
): Eventual<ActivationState> {
  const entry = cache.licenses.get(snapshot.license.keyHash)
  // A commit may have dropped the license since the caller found it.
  if (query.intent !== 'validate' || entry !== snapshot) {
    return cache.inner.validations.findActivationState(snapshot, query)
  }
  if (entry.other !== null && answers(entry.other, query)) return entry.other.state
  const domain = findDomain(cache, entry, query.hostname ?? null)
  const device = findDevice(cache, entry, query.fingerprint)
  return domain === undefined || device === undefined
    ? readActivationState(cache, entry, query)
    : { ...noActivationState, domain, device }
}

/** Whether a state that was found for one query is also that of another. */
const answers = (found: FoundState, { hostname, fingerprint }: ValidationQuery) =>
  found.host === hostname?.host && found.fingerprint === fingerprint

/** Returns the domain that covers a host; undefined if it is not in memory. */
function findDomain(
  cache: Cache,
  { license, plan, domain, host, cachedAtMs }: CachedLicense,
  hostname: Hostname | null,
): Activation | null | undefined {
  if (hostname === null) return null
  if (domain !== null && host === hostname.host) return domain
  const value = getActivationValue(hostname, plan.domainMatch)
  if (domain?.value === value) return domain
  return findActivation(cache, { licenseId: license.id, kind: 'domain', value }, cachedAtMs)
}

/** Returns the device with a fingerprint; null if there is none, undefined if it is not in memory. */
function findDevice(
  cache: Cache,
  { license, plan, device, cachedAtMs }: CachedLicense,
  fingerprint: string | undefined,
): Activation | null | undefined {
  if (fingerprint === undefined) return null
  if (device?.value === fingerprint) return device
  // Another device is refused, or takes a slot, which is decided again in a transaction.
  if (device !== null && license.devicesUsed === 1 && plan.evictIdleDays === null) return null
  const wanted = { licenseId: license.id, kind: 'device', value: fingerprint } as const
  return findActivation(cache, wanted, cachedAtMs)
}

function findActivation({ activations, ttlMs }: Cache, key: ActivationKey, cachedAtMs: number) {
  const cached = activations.get(activationKey(key))
  const isFresh = cached !== undefined && isRunning(cached.cachedAtMs, ttlMs, cachedAtMs)
  return isFresh ? cached.activation : undefined
}

function readActivationState(
  cache: Cache,
  entry: CachedLicense,
  query: ValidationQuery,
): Eventual<ActivationState> {
  const { generation } = cache
  return whenReady(cache.inner.validations.findActivationState(entry, query), (state) => {
    if (generation === cache.generation) cachePlaces(cache, entry, query, state)
    return state
  })
}

function cachePlaces(
  cache: Cache,
  entry: CachedLicense,
  { hostname, fingerprint }: ValidationQuery,
  state: ActivationState,
): void {
  const { domain, device } = state
  const isDomainMissing = hostname != null && domain === null
  const isDeviceMissing = fingerprint !== undefined && device === null
  if (isDomainMissing || isDeviceMissing) {
    entry.other = { host: hostname?.host, fingerprint, state }
  }
  // The entry has room for one domain and one device.
  for (const found of [domain, device]) {
    const former = found && entry[found.kind]
    if (former && former.id !== found.id) cacheActivations(cache, entry, [former, found])
  }
  if (domain !== null) {
    entry.domain = shareTexts(entry, domain)
    entry.host = domain.value === hostname?.host ? domain.value : (hostname?.host ?? null)
  }
  if (device !== null) entry.device = shareTexts(entry, device)
}

/** Returns the same activation with texts that are in memory already. */
function shareTexts({ license }: CachedLicense, activation: Activation): Activation {
  const { kind, value, root } = activation
  return {
    ...activation,
    licenseId: license.id,
    kind: kind === 'domain' ? 'domain' : 'device',
    root: root === value ? value : root,
  }
}

/** They count as cached when their license was, which has its own limit. */
function cacheActivations(
  { activations }: Cache,
  { cachedAtMs }: CachedLicense,
  found: readonly Activation[],
): void {
  for (const activation of found) {
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
