import { type ActivationState, noActivationState } from '~/domain/activations.ts'
import { getChangeNumber } from '~/domain/change-positions.ts'
import { isEqual } from '~/domain/equality.ts'
import { isRunning } from '~/domain/times.ts'
import { createBoundedMap } from '~/platform/bounded-map.ts'
import type { ChangeSet } from '~/store/changes-port.ts'
import {
  addActivationState,
  addLicense,
  type CachedLicense,
  type CacheOptions,
  createLicenseCache,
  dropActivation,
  dropChanges,
  getActivationState,
  getLicense,
  type LicenseCache,
  type ValidationQuery,
} from '~/store/license-cache.ts'
import type { EdgeFacts } from '~/wire/edge-facts.ts'
import { createRecentChanges } from './recent-changes.ts'

const READS_MAX = 100
const UNCACHEABLE_MAX = 10_000
const UNCACHEABLE_MS = 60_000

/** A place in which a license is used, and the text of its key, to be read about. */
export interface FactsRequest {
  readonly keyHash: string
  readonly key: string
  readonly domain: string | null | undefined
  readonly query: ValidationQuery
}

export type Facts = ReturnType<typeof createFacts>

interface FactsParts extends CacheOptions {
  /** Reads facts from the primary; null if those of this key must not be kept. */
  readonly read: (request: FactsRequest) => Promise<EdgeFacts | null>
  readonly nowMs: () => number
  readonly onError: (error: unknown) => void
}

/**
 * Creates the facts of an edge: what it has read from the primary, and what the feed has not voided
 * since. They are found by a hash of the key.
 */
export function createFacts({ read, nowMs, onError, ...options }: FactsParts) {
  const { licensesMax, ttlMs } = options
  let cache = createLicenseCache(options)
  const changes = createRecentChanges()
  /** Changes when everything is forgotten: what was asked for before that must not be kept. */
  let generation = 0
  const readAt: ReadAt = new WeakMap()
  const reading = new Set<string>()
  const uncacheable = createBoundedMap<string, true>(UNCACHEABLE_MAX, UNCACHEABLE_MS)

  function keep({ keyHash, query }: FactsRequest, found: EdgeFacts | null): void {
    if (found === null) uncacheable.set(keyHash, true)
    if (found === null || !changes.accepts(found.position, found.license.id)) return
    const { license, domain, device } = found
    const known = cache.plans.get(found.plan.slug)
    // A new object would void the places of all other licenses of this plan.
    const plan = isEqual(known, found.plan) ? (known ?? found.plan) : found.plan
    const entry = findFresh(keyHash) ?? addLicense(cache, { license, plan }, nowMs())
    const number = getChangeNumber(found.position)
    readAt.set(entry, Math.min(number, readAt.get(entry) ?? number))
    addActivationState(cache, entry, query, { ...noActivationState, domain, device })
  }

  function findFresh(keyHash: string): CachedLicense | null {
    const entry = getLicense(cache, keyHash)
    return entry !== undefined && isRunning(entry.cachedAtMs, ttlMs, nowMs()) ? entry : null
  }

  function clear(position: string | null): void {
    generation += 1
    cache = createLicenseCache(options)
    changes.restart(position)
    uncacheable.clear()
  }

  return {
    find: (keyHash: string): CachedLicense | undefined => getLicense(cache, keyHash),
    findState: (entry: CachedLicense, query: ValidationQuery): ActivationState | undefined =>
      getActivationState(cache, entry, query),
    /** Whether facts are so old that they are read again, although the feed has voided none of them. */
    areOld: ({ cachedAtMs }: CachedLicense) => !isRunning(cachedAtMs, ttlMs, nowMs()),
    /** Reads facts in the background, unless that is under way. */
    learn(request: FactsRequest): void {
      const { keyHash, query } = request
      const place = JSON.stringify([keyHash, query.hostname?.host, query.fingerprint])
      if (reading.has(place) || reading.size >= READS_MAX || uncacheable.has(keyHash)) return
      reading.add(place)
      const asked = generation
      read(request)
        .then((found) => asked === generation && keep(request, found))
        .catch(onError)
        .finally(() => reading.delete(place))
    },
    /** Drops what has changed. After a restart of the primary, a backup may have been restored. */
    apply(set: ChangeSet): void {
      if (set.isAll || !changes.continues(set.position)) clear(set.position)
      else {
        dropOlder(cache, set, readAt)
        changes.add(set)
      }
    },
    /** Forgets everything. Facts are accepted again if they were read at this position or later. */
    clear,
    /** The number of licenses in memory, of at most `licensesMax`. */
    count: () => cache.keyHashes.size,
    licensesMax,
  }
}

/** The numbers of the changes that licenses were read at, or the first of their places. */
type ReadAt = WeakMap<CachedLicense, number>

/**
 * Drops what has changed, except for licenses that were read after the change, such as behind its request.
 * Their other places may be from before it.
 */
function dropOlder(cache: LicenseCache, set: ChangeSet, readAt: ReadAt): void {
  const number = getChangeNumber(set.position)
  const isOlder = (licenseId: string) => {
    const entry = cache.licenses.get(cache.keyHashes.get(licenseId) ?? '')
    return ((entry && readAt.get(entry)) ?? 0) < number
  }
  for (const activation of set.activations) dropActivation(cache, activation)
  dropChanges(cache, {
    licenseIds: set.licenseIds.filter(isOlder),
    activations: set.activations.filter(({ licenseId }) => isOlder(licenseId)),
    touchesPlans: set.touchesPlans,
    isExternal: false,
  })
}
