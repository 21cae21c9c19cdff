import { offlineDefaults, planDefaults } from '~/domain/plan-defaults.ts'
import type { Plan } from '~/wire/plans.ts'
import { type FieldError, Problem } from '../../shared/api.ts'

export type FeatureKind = 'yes' | 'no' | 'number' | 'text'

export interface FeatureDraft {
  /** Identifies the row while names change. */
  readonly id: number
  readonly name: string
  readonly kind: FeatureKind
  readonly value: string
}

const numberNames = [
  'max_domains',
  'max_devices',
  'max_seats',
  'duration_days',
  'grace_days',
  'free_domains_per_domain',
  'seat_lease_seconds',
  'borrow_days_max',
  'evict_idle_days',
  'deactivations_max_per_30_days',
] as const
const flagNames = [
  'require_domain',
  'require_fingerprint',
  'development_domains_free',
  'self_deactivation',
] as const
const offlineNames = ['refresh_days', 'valid_days', 'hard_days', 'file_days'] as const
const sharingNames = ['countries_per_day', 'devices_per_day', 'domains_per_day'] as const

export type NumberName = (typeof numberNames)[number]
export type FlagName = (typeof flagNames)[number]
export type OfflineName = (typeof offlineNames)[number]
export type SharingName = (typeof sharingNames)[number]

/** A plan as its form has it: numbers are texts, and an empty one is null. */
export interface PlanDraft
  extends Readonly<Record<NumberName, string>>,
    Readonly<Record<FlagName, boolean>> {
  readonly name: string
  readonly features: readonly FeatureDraft[]
  readonly starts_on: Plan['starts_on']
  readonly activation: Plan['activation']
  readonly domain_match: Plan['domain_match']
  /** One pattern per line. */
  readonly free_domain_patterns: string
  readonly isOffline: boolean
  readonly offline: Readonly<Record<OfflineName, string>>
  readonly watchesSharing: boolean
  readonly sharing: Readonly<Record<SharingName, string>>
}

type Terms = Omit<Plan, 'slug' | 'product' | 'notices' | 'archived_at'>

const toText = (value: number | null | undefined): string =>
  value === null || value === undefined ? '' : String(value)

function mapNames<Name extends string, Value>(names: readonly Name[], get: (name: Name) => Value) {
  return Object.fromEntries(names.map((name) => [name, get(name)])) as Record<Name, Value>
}

/** The terms of a lease in a plan whose apps work only online so far. */
const defaultOffline = {
  refresh_days: offlineDefaults.refreshDays,
  valid_days: offlineDefaults.validDays,
  hard_days: offlineDefaults.hardDays,
  file_days: offlineDefaults.fileDays,
}

/** Returns the draft of a new plan. */
export function createDraft(): PlanDraft {
  return toDraft({
    name: '',
    features: {},
    max_domains: planDefaults.maxDomains,
    max_devices: planDefaults.maxDevices,
    max_seats: planDefaults.maxSeats,
    duration_days: planDefaults.durationDays,
    starts_on: planDefaults.startsOn,
    grace_days: planDefaults.graceDays,
    activation: planDefaults.activation,
    require_domain: planDefaults.requireDomain,
    require_fingerprint: planDefaults.requireFingerprint,
    domain_match: planDefaults.domainMatch,
    development_domains_free: planDefaults.developmentDomainsFree,
    free_domain_patterns: [],
    free_domains_per_domain: planDefaults.freeDomainsPerDomain,
    seat_lease_seconds: planDefaults.seatLeaseSeconds,
    self_deactivation: planDefaults.selfDeactivation,
    evict_idle_days: planDefaults.evictIdleDays,
    deactivations_max_per_30_days: planDefaults.deactivationsMaxPer30Days,
    sharing: null,
    offline: defaultOffline,
    borrow_days_max: planDefaults.borrowDaysMax,
  })
}

/** Returns the draft of a plan. */
export function toDraft(plan: Terms): PlanDraft {
  const offline = plan.offline ?? defaultOffline
  return {
    ...mapNames(numberNames, (name) => toText(plan[name])),
    ...mapNames(flagNames, (name) => plan[name]),
    name: plan.name,
    features: Object.entries(plan.features).map(([name, value], id) => toFeature(id, name, value)),
    starts_on: plan.starts_on,
    activation: plan.activation,
    domain_match: plan.domain_match,
    free_domain_patterns: plan.free_domain_patterns.join('\n'),
    isOffline: plan.offline !== null,
    offline: mapNames(offlineNames, (name) => toText(offline[name])),
    watchesSharing: plan.sharing !== null,
    sharing: mapNames(sharingNames, (name) => toText(plan.sharing?.[name])),
  }
}

function toFeature(id: number, name: string, value: unknown): FeatureDraft {
  if (typeof value === 'boolean') return { id, name, kind: value ? 'yes' : 'no', value: '' }
  const kind = typeof value === 'number' ? 'number' : 'text'
  return { id, name, kind, value: String(value) }
}

/** Returns the terms of a draft. Throws a Problem that names the fields which are no numbers. */
export function toTerms(draft: PlanDraft): Terms {
  const errors: FieldError[] = []
  const read = (pointer: string, text: string): number | null => {
    const trimmed = text.trim()
    if (trimmed === '') return null
    if (/^\d{1,9}$/.test(trimmed)) return Number(trimmed)
    errors.push({ pointer, detail: 'Enter a whole number.' })
    return null
  }
  const readRequired = (pointer: string, text: string): number => {
    if (text.trim() === '') errors.push({ pointer, detail: 'Enter a number.' })
    return read(pointer, text) ?? 0
  }
  const { offline, sharing } = draft
  const terms: Terms = {
    ...mapNames(flagNames, (name) => draft[name]),
    name: draft.name.trim(),
    features: readFeatures(draft.features, errors),
    max_domains: read('/max_domains', draft.max_domains),
    max_devices: read('/max_devices', draft.max_devices),
    max_seats: read('/max_seats', draft.max_seats),
    duration_days: read('/duration_days', draft.duration_days),
    starts_on: draft.starts_on,
    grace_days: readRequired('/grace_days', draft.grace_days),
    activation: draft.activation,
    domain_match: draft.domain_match,
    free_domain_patterns: draft.free_domain_patterns.split(/\s+/).filter((line) => line !== ''),
    free_domains_per_domain: readRequired(
      '/free_domains_per_domain',
      draft.free_domains_per_domain,
    ),
    seat_lease_seconds: readRequired('/seat_lease_seconds', draft.seat_lease_seconds),
    borrow_days_max: readRequired('/borrow_days_max', draft.borrow_days_max),
    evict_idle_days: read('/evict_idle_days', draft.evict_idle_days),
    deactivations_max_per_30_days: read(
      '/deactivations_max_per_30_days',
      draft.deactivations_max_per_30_days,
    ),
    sharing: draft.watchesSharing
      ? mapNames(sharingNames, (name) => read(`/sharing/${name}`, sharing[name]))
      : null,
    offline: draft.isOffline
      ? {
          refresh_days: readRequired('/offline/refresh_days', offline.refresh_days),
          valid_days: readRequired('/offline/valid_days', offline.valid_days),
          hard_days: readRequired('/offline/hard_days', offline.hard_days),
          file_days: read('/offline/file_days', offline.file_days),
        }
      : null,
  }
  if (errors.length > 0) throw new Problem(422, { detail: 'Some fields are not valid.', errors })
  return terms
}

function readFeatures(drafts: readonly FeatureDraft[], errors: FieldError[]): Plan['features'] {
  const features = new Map<string, boolean | number | string>()
  for (const { name: typed, kind, value } of drafts) {
    const name = typed.trim()
    const pointer = `/features/${name}`
    if (name === '') errors.push({ pointer: '/features', detail: 'Each feature needs a name.' })
    if (features.has(name)) errors.push({ pointer, detail: `There are two features ${name}.` })
    if (kind === 'number' && (value.trim() === '' || !Number.isFinite(Number(value)))) {
      errors.push({ pointer, detail: `The value of ${name} is not a number.` })
    }
    if (kind === 'number') features.set(name, Number(value))
    else features.set(name, kind === 'text' ? value : kind === 'yes')
  }
  return Object.fromEntries(features)
}

/** Returns only the terms that differ from those of the plan. */
export function pickChanges(terms: Terms, plan: Plan): Partial<Terms> {
  const isSame = (name: keyof Terms) => sortedJson(terms[name]) === sortedJson(plan[name])
  const names = Object.keys(terms) as (keyof Terms)[]
  return Object.fromEntries(
    names.filter((name) => !isSame(name)).map((name) => [name, terms[name]]),
  )
}

/** Returns JSON in which the order of the fields makes no difference. */
function sortedJson(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return JSON.stringify(value)
  }
  return JSON.stringify(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
}
