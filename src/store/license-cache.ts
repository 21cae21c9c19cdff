import { createClockMap, type Used } from '~/clock-map.ts'
import type {
  Activation,
  ActivationKey,
  ActivationQuery,
  ActivationState,
} from '~/domain/activations.ts'
import { noActivationState } from '~/domain/activations.ts'
import { getActivationValue, type Hostname } from '~/domain/hostnames.ts'
import type { LicenseTerms, TermsSnapshot } from '~/domain/licenses.ts'
import type { Plan } from '~/domain/plans.ts'
import { isRunning } from '~/domain/times.ts'
import type { Commit } from './port.ts'

/** For licenses that are used in several places. The place of any other is kept with its license. */
const ACTIVATIONS_PER_LICENSE = 2

export interface CacheOptions {
  readonly licensesMax: number
  readonly ttlMs: number
}

/** Licenses, their activations and their plans in memory: facts, never verdicts. */
export type LicenseCache = ReturnType<typeof createLicenseCache>

export interface CachedLicense extends TermsSnapshot, Used {
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

export type ValidationQuery = Extract<ActivationQuery, { intent: 'validate' }>

interface CachedActivation extends Used {
  readonly activation: Activation
  readonly cachedAtMs: number
}

export function createLicenseCache({ licensesMax, ttlMs }: CacheOptions) {
  /** The key hashes of the cached licenses, by license id. */
  const keyHashes = new Map<string, string>()
  return {
    ttlMs,
    keyHashes,
    /** By the hash of their key. */
    licenses: createClockMap<string, CachedLicense>(licensesMax, ({ license }) =>
      keyHashes.delete(license.id),
    ),
    activations: createClockMap<string, CachedActivation>(licensesMax * ACTIVATIONS_PER_LICENSE),
    /** By slug. Changing one touches no cached license. */
    plans: new Map<string, Plan>(),
  }
}

/** Drops what a commit changed. */
export function dropChanges(
  { licenses, keyHashes, activations, plans }: LicenseCache,
  commit: Pick<Commit, 'licenseIds' | 'touchesPlans' | 'isExternal'> & {
    readonly activations: readonly ActivationKey[]
  },
): void {
  for (const id of commit.licenseIds) licenses.delete(keyHashes.get(id) ?? '')
  for (const activation of commit.activations) {
    licenses.delete(keyHashes.get(activation.licenseId) ?? '')
    activations.delete(activationKey(activation))
  }
  if (commit.touchesPlans) plans.clear()
  if (!commit.isExternal) return
  licenses.clear()
  activations.clear()
}

/** Drops a place that is kept apart from its license. */
export function dropActivation({ activations }: LicenseCache, key: ActivationKey): void {
  activations.delete(activationKey(key))
}

/** Returns a license under the current terms of its plan, however old; undefined if either is missing. */
export function getLicense(cache: LicenseCache, keyHash: string): CachedLicense | undefined {
  const cached = cache.licenses.get(keyHash)
  const plan = cached && cache.plans.get(cached.license.planSlug)
  if (cached === undefined || plan === undefined) return undefined
  if (plan === cached.plan) return cached
  // The places were found under the terms of the plan, so they are found again if it has changed.
  return addLicense(cache, { license: cached.license, plan }, cached.cachedAtMs)
}

/** Keeps a license and its plan. Its places are yet to be found. */
export function addLicense(
  { licenses, keyHashes, plans }: LicenseCache,
  { license, plan }: TermsSnapshot,
  cachedAtMs: number,
): CachedLicense {
  const places = { domain: null, device: null, host: null, other: null }
  const entry = { license: shareValues(license, plan), plan, cachedAtMs, ...places, isUsed: false }
  plans.set(plan.slug, plan)
  // An entry of a former key would not be found by later changes.
  const known = keyHashes.get(license.id) ?? license.keyHash
  if (known !== license.keyHash) licenses.delete(known)
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

/** Returns what a validation finds of the activations of a license; undefined if that is not in memory. */
export function getActivationState(
  cache: LicenseCache,
  entry: CachedLicense,
  query: ValidationQuery,
): ActivationState | undefined {
  if (entry.other !== null && answers(entry.other, query)) return entry.other.state
  const domain = findDomain(cache, entry, query.hostname ?? null)
  const device = findDevice(cache, entry, query.fingerprint)
  if (domain === undefined || device === undefined) return undefined
  return { ...noActivationState, domain, device }
}

/** Whether a state that was found for one query is also that of another. */
const answers = (found: FoundState, { hostname, fingerprint }: ValidationQuery) =>
  found.host === hostname?.host && found.fingerprint === fingerprint

/** Returns the domain that covers a host; undefined if it is not in memory. */
function findDomain(
  cache: LicenseCache,
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
  cache: LicenseCache,
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

function findActivation(
  { activations, ttlMs }: LicenseCache,
  key: ActivationKey,
  cachedAtMs: number,
) {
  const cached = activations.get(activationKey(key))
  const isFresh = cached !== undefined && isRunning(cached.cachedAtMs, ttlMs, cachedAtMs)
  return isFresh ? cached.activation : undefined
}

/** Keeps what was read of the activations of a license. */
export function addActivationState(
  cache: LicenseCache,
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
  { activations }: LicenseCache,
  { cachedAtMs }: CachedLicense,
  found: readonly Activation[],
): void {
  for (const activation of found) {
    activations.set(activationKey(activation), { activation, cachedAtMs, isUsed: false })
  }
}

const activationKey = ({ licenseId, kind, value }: ActivationKey) => `${licenseId}/${kind}/${value}`
