import ipaddr from 'ipaddr.js'
import { invalidField } from './faults.ts'
import type { SharingThresholds } from './plans.ts'
import { DAY_MS, HOUR_MS } from './times.ts'
import type { VerdictError } from './verdicts.ts'

/** More than a year by day, or three months by hour. */
export const BUCKETS_MAX = 2400

/** What is kept of one validation of a known license. */
export interface UsageEntry {
  readonly licenseId: string
  readonly atMs: number
  /** Null for a valid one. */
  readonly error: VerdictError | null
  /** The host name in its normal form, as it was sent; not what it is activated as. */
  readonly domain: string | null
  readonly fingerprint: string | null
  readonly country: string | null
  readonly address: string | null
  /** Of the app. */
  readonly version: string | null
}

/** A validation of a known license, with the names that it counts for. */
export interface ValidationRecord extends UsageEntry {
  readonly planSlug: string
  readonly productSlug: string
  /** The value of the activation that covers its domain. */
  readonly activatedDomain: string | null
  /** The sharing thresholds of its plan. */
  readonly sharing: SharingThresholds | null
}

/** How often a license was valid, and when last. */
export interface UsageCounters {
  readonly validationCount: number
  readonly lastValidatedAtMs: number | null
}

export const noUsage: UsageCounters = { validationCount: 0, lastValidatedAtMs: null }

export type Interval = 'hour' | 'day'

const intervals = {
  hour: { ms: HOUR_MS, countByDefault: 24 },
  day: { ms: DAY_MS, countByDefault: 30 },
} as const

/** Which hour or day since 1970, in UTC. */
export function bucketOf(timeMs: number, interval: Interval): number {
  return Math.floor(timeMs / intervals[interval].ms)
}

export function startOf(bucket: number, interval: Interval): number {
  return bucket * intervals[interval].ms
}

/** From the beginning up to, and without, the end. */
export interface TimeRange {
  readonly fromMs: number
  readonly toMs: number
}

/** Whole hours or days: from the first up to, and with, the last. */
export interface BucketRange {
  readonly interval: Interval
  readonly first: number
  readonly last: number
}

/**
 * The buckets that a stretch of time touches; by default the last 24 hours or 30 days, this one
 * included. Throws a Fault for a stretch that is empty, before 1970, or has too many buckets.
 */
export function cutToBuckets(
  interval: Interval,
  { fromMs, toMs }: { readonly fromMs?: number | undefined; readonly toMs?: number | undefined },
  nowMs: number,
): BucketRange {
  if (fromMs !== undefined && fromMs >= (toMs ?? nowMs)) {
    throw invalidField('?from', 'This is not before the end. Give a from that is before to.')
  }
  const last = bucketOf(toMs === undefined ? nowMs : toMs - 1, interval)
  const first =
    fromMs === undefined
      ? last - intervals[interval].countByDefault + 1
      : bucketOf(fromMs, interval)
  if (first < 0) {
    const name = fromMs === undefined ? '?to' : '?from'
    throw invalidField(name, 'Nothing was counted before 1970. Give a later time.')
  }
  if (last - first >= BUCKETS_MAX) {
    throw invalidField(
      '?from',
      `From here it is more than ${BUCKETS_MAX} ${interval}s. Ask for fewer.`,
    )
  }
  return { interval, first, last }
}

export type Dimension = 'verdict' | 'country' | 'domain' | 'product' | 'plan'

export interface Count {
  readonly valid: number
  readonly refused: number
}

/** How often something of a dimension was counted. */
export interface NamedCount extends Count {
  readonly dimension: Dimension
  readonly name: string
}

/** What is counted: of one license in a day, or of all (null) in an hour or a day. */
export interface Rollup extends NamedCount {
  readonly licenseId: string | null
  readonly interval: Interval
  readonly bucket: number
}

type GrowingRollup = Rollup & { valid: number; refused: number }

/** Counts that grow, each by all that tells it from the others. */
export type Rollups = Map<string, GrowingRollup>

/** Of all licenses the same few counts grow most of the time, and to find them takes the longest. */
const countsOfAll = new WeakMap<Rollups, Map<string, readonly GrowingRollup[]>>()

/**
 * Counts one validation along each dimension. Every name is one that the vendor made, that holds a
 * slot, or that comes from a short list, so strangers cannot make the counts grow in number.
 */
export function addToRollups(rollups: Rollups, record: ValidationRecord): void {
  const { licenseId, atMs, error, country, activatedDomain } = record
  const interval = 'day'
  const of = { licenseId, interval, bucket: bucketOf(atMs, interval) } as const
  const counts = [rollupOf(rollups, { ...of, dimension: 'verdict', name: error ?? 'VALID' })]
  if (country !== null) {
    counts.push(rollupOf(rollups, { ...of, dimension: 'country', name: country }))
  }
  if (activatedDomain !== null) {
    counts.push(rollupOf(rollups, { ...of, dimension: 'domain', name: activatedDomain }))
  }
  for (const count of counts) grow(count, error)
  for (const count of findCountsOfAll(rollups, record)) grow(count, error)
}

function grow(count: GrowingRollup, error: VerdictError | null): void {
  if (error === null) count.valid += 1
  else count.refused += 1
}

function findCountsOfAll(rollups: Rollups, record: ValidationRecord): readonly GrowingRollup[] {
  const { atMs, error, country, productSlug, planSlug } = record
  const known = countsOfAll.get(rollups) ?? new Map<string, readonly GrowingRollup[]>()
  countsOfAll.set(rollups, known)
  const key = [bucketOf(atMs, 'hour'), error, country, productSlug, planSlug].join('\n')
  const counts = known.get(key) ?? collectCountsOfAll(rollups, record)
  known.set(key, counts)
  return counts
}

function collectCountsOfAll(
  rollups: Rollups,
  { atMs, error, country, productSlug, planSlug }: ValidationRecord,
): readonly GrowingRollup[] {
  const names: (readonly [Dimension, string])[] = [
    ['verdict', error ?? 'VALID'],
    ['product', productSlug],
    ['plan', planSlug],
  ]
  if (country !== null) names.push(['country', country])
  return (['hour', 'day'] as const).flatMap((interval) => {
    const of = { licenseId: null, interval, bucket: bucketOf(atMs, interval) }
    return names.map(([dimension, name]) => rollupOf(rollups, { ...of, dimension, name }))
  })
}

/** The one of these words, at nothing when it was not there. */
function rollupOf(rollups: Rollups, place: Omit<Rollup, keyof Count>): GrowingRollup {
  const { licenseId, interval, bucket, dimension, name } = place
  const key = `${licenseId}\n${interval}\n${bucket}\n${dimension}\n${name}`
  const known = rollups.get(key)
  if (known !== undefined) return known
  const rollup = { licenseId, interval, bucket, dimension, name, valid: 0, refused: 0 }
  rollups.set(key, rollup)
  return rollup
}

/** What the counts of one stretch of time come to. */
export interface UsageFigures extends Count {
  readonly byError: Readonly<Record<string, number>>
  /** Validations by where they came from, the most first. */
  readonly countries: Readonly<Record<string, number>>
  readonly products: Readonly<Record<string, number>>
  readonly plans: Readonly<Record<string, number>>
  /** How many. */
  readonly domains: number
}

export function figuresOf(counts: readonly NamedCount[]): UsageFigures {
  const totals = (wanted: Dimension): [string, number][] =>
    counts
      .filter(({ dimension }) => dimension === wanted)
      .map(({ name, valid, refused }): [string, number] => [name, valid + refused])
      .sort(([, one], [, other]) => other - one)
  const verdicts = totals('verdict')
  const errors = verdicts.filter(([name]) => name !== 'VALID')
  return {
    valid: verdicts.find(([name]) => name === 'VALID')?.[1] ?? 0,
    refused: errors.reduce((sum, [, count]) => sum + count, 0),
    byError: Object.fromEntries(errors),
    countries: Object.fromEntries(totals('country')),
    products: Object.fromEntries(totals('product')),
    plans: Object.fromEntries(totals('plan')),
    domains: totals('domain').length,
  }
}

export interface BucketCount extends Count {
  readonly bucket: number
}

/** One count for each bucket of the range, where nothing was counted too. */
export function fillBuckets(
  { first, last }: BucketRange,
  counts: readonly BucketCount[],
): readonly BucketCount[] {
  const byBucket = new Map(counts.map((count) => [count.bucket, count]))
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const bucket = first + index
    return byBucket.get(bucket) ?? { bucket, valid: 0, refused: 0 }
  })
}

export type AddressStorage = 'full' | 'truncated' | 'none'

const IPV4_BITS = 24
const IPV6_BITS = 48
const DOTTED = /^(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$/

/** The form in which an address may be kept: whole, its network (/24 or /48), or not at all. */
export function keptAddress(address: string, storage: AddressStorage): string | null {
  if (storage === 'none') return null
  // By far the most are of this form, and each validation has one.
  const dotted = DOTTED.exec(address)
  if (dotted !== null) return storage === 'full' ? address : `${dotted[1]}.0`
  if (!ipaddr.isValid(address)) return null
  const parsed = ipaddr.process(address)
  if (storage === 'full') return parsed.toString()
  return parsed.kind() === 'ipv4'
    ? ipaddr.IPv4.networkAddressFromCIDR(`${parsed}/${IPV4_BITS}`).toString()
    : ipaddr.IPv6.networkAddressFromCIDR(`${parsed}/${IPV6_BITS}`).toString()
}

const COUNTRY = /^[A-Z]{2}$/
/** What proxies and databases say when they do not know. */
const UNKNOWN_COUNTRIES: ReadonlySet<string> = new Set(['XX', 'ZZ'])

/** The two letters of ISO 3166-1, or null for a text that is no country. */
export function parseCountry(text: string | null | undefined): string | null {
  const country = text?.trim().toUpperCase() ?? ''
  return COUNTRY.test(country) && !UNKNOWN_COUNTRIES.has(country) ? country : null
}
