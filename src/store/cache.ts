import { LRUCache } from 'lru-cache'
import type { Activation, ActivationQuery, ActivationState } from '~/domain/activations.ts'
import { noActivationState } from '~/domain/activations.ts'
import type { ApiKey } from '~/domain/api-keys.ts'
import { getActivationValue } from '~/domain/hostnames.ts'
import type { License, LicenseSnapshot } from '~/domain/licenses.ts'
import type { Plan } from '~/domain/plans.ts'
import type { Commit, Store } from './port.ts'

const API_KEYS_MAX = 10_000
/** A license in daily use has a domain or a device, rarely both. */
const ACTIVATIONS_PER_LICENSE = 2
/** Asking for the time at every read takes as long as the read. */
const TTL_RESOLUTION_MS = 1000

export interface CacheOptions {
  readonly licensesMax: number
  readonly ttlMs: number
}

export interface CachedStore extends Store {
  /** Reads answered from memory, and those that were not, since the start. */
  readonly cacheFigures: { hits: number; misses: number }
}

/** A license in memory, and how it stood when last asked about: mostly what it is asked again. */
interface Remembered {
  readonly license: License
  readonly staleAtMs: number
  activationState: ActivationState | null
}

/**
 * A Store in front of a Store: active licenses, their activations, plans and API keys in memory.
 * It holds facts and deadlines, never verdicts, and drops what a commit touched before anybody
 * hears of that commit.
 */
export function createCachedStore(inner: Store, { licensesMax, ttlMs }: CacheOptions): CachedStore {
  /** By the hash of their key, under which each validation looks. */
  const licenses = new LRUCache<string, Remembered>({
    max: licensesMax,
    dispose: ({ license }) => keyHashes.delete(license.id),
  })
  const keyHashes = new Map<string, string>()
  const lifetime = { ttl: ttlMs, ttlResolution: TTL_RESOLUTION_MS }
  const activations = new LRUCache<string, Activation>({
    max: licensesMax * ACTIVATIONS_PER_LICENSE,
    ...lifetime,
  })
  const apiKeys = new LRUCache<string, ApiKey>({ max: API_KEYS_MAX, ...lifetime })
  const plans = new Map<string, Plan>()
  const cacheFigures = { hits: 0, misses: 0 }
  /** Moves with every commit, so that a read begun before one is not kept after it. */
  let generation = 0

  inner.subscribe((commit: Commit) => {
    generation += 1
    for (const id of commit.licenseIds) licenses.delete(keyHashes.get(id) ?? '')
    for (const activation of commit.activations) activations.delete(slotOf(activation))
    if (commit.touchesPlans) plans.clear()
    if (commit.touchesApiKeys) apiKeys.clear()
    if (!commit.isExternal) return
    licenses.clear()
    activations.clear()
  })

  function remembered(keyHash: string, nowMs: number): LicenseSnapshot | null {
    const known = licenses.get(keyHash)
    if (known === undefined || nowMs >= known.staleAtMs) return null
    const plan = plans.get(known.license.planSlug)
    return plan === undefined ? null : { license: known.license, plan }
  }

  function remember({ license, plan }: LicenseSnapshot, nowMs: number): void {
    plans.set(plan.slug, plan)
    if (license.revokedAtMs !== null || license.suspendedAtMs !== null) return
    licenses.set(license.keyHash, { license, staleAtMs: nowMs + ttlMs, activationState: null })
    keyHashes.set(license.id, license.keyHash)
  }

  async function findLicenseByKey(keyHash: string, nowMs: number) {
    const known = remembered(keyHash, nowMs)
    if (known !== null) {
      cacheFigures.hits += 1
      return known
    }
    cacheFigures.misses += 1
    const begun = generation
    const snapshot = await inner.validations.findLicense(keyHash, nowMs)
    if (snapshot !== null && begun === generation) remember(snapshot, nowMs)
    return snapshot
  }

  async function findActivationState(
    snapshot: LicenseSnapshot,
    query: ActivationQuery,
  ): Promise<ActivationState> {
    const entry = licenses.peek(snapshot.license.keyHash)
    const last = entry?.license === snapshot.license ? entry.activationState : null
    if (last !== null && answers(last, snapshot, query)) return last
    const begun = generation
    const known = rememberedStandings(snapshot, query)
    const activationState = known ?? (await inner.validations.findActivationState(snapshot, query))
    if (begun !== generation) return activationState
    if (known === null) rememberActivations(activationState)
    if (entry?.license === snapshot.license && answers(activationState, snapshot, query)) {
      entry.activationState = activationState
    }
    return activationState
  }

  function rememberActivations({ domain, device }: ActivationState): void {
    for (const activation of [domain, device]) {
      if (activation !== null) activations.set(slotOf(activation), activation)
    }
  }

  /** Only when all that was asked about is activated: what is missing may be on its way. */
  function rememberedStandings(
    { license, plan }: LicenseSnapshot,
    query: ActivationQuery,
  ): ActivationState | null {
    if (query.intent !== 'validate') return null
    const { hostname, fingerprint } = query
    let domain: Activation | null = null
    if (hostname) {
      const value = getActivationValue(hostname, plan.domainMatch)
      domain = activations.get(slotOf({ licenseId: license.id, kind: 'domain', value })) ?? null
      if (domain === null) return null
    }
    let device: Activation | null = null
    if (fingerprint !== undefined) {
      const slot = slotOf({ licenseId: license.id, kind: 'device', value: fingerprint })
      device = activations.get(slot) ?? null
      if (device === null) return null
    }
    return { ...noActivationState, domain, isRootActivated: domain !== null, device }
  }

  async function findApiKey(tokenHash: string): Promise<ApiKey | null> {
    const known = apiKeys.get(tokenHash)
    if (known !== undefined) return known
    const begun = generation
    const apiKey = await inner.apiKeys.find(tokenHash)
    if (apiKey !== null && begun === generation) apiKeys.set(tokenHash, apiKey)
    return apiKey
  }

  return {
    ...inner,
    apiKeys: { ...inner.apiKeys, find: findApiKey },
    validations: { findLicense: findLicenseByKey, findActivationState },
    cacheFigures,
  }
}

function slotOf({ licenseId, kind, value }: Pick<Activation, 'licenseId' | 'kind' | 'value'>) {
  return `${licenseId}/${kind}/${value}`
}

function answers(
  { domain, device }: ActivationState,
  { plan }: LicenseSnapshot,
  query: ActivationQuery,
): boolean {
  if (query.intent !== 'validate') return false
  const { hostname, fingerprint } = query
  const value = hostname ? getActivationValue(hostname, plan.domainMatch) : undefined
  return domain?.value === value && device?.value === fingerprint
}
