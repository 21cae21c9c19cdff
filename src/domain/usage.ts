import ipaddr from 'ipaddr.js'
import { invalidField } from './faults.ts'
import type { SharingThresholds } from './plans.ts'
import { DAY_MS, HOUR_MS, pickLatest } from './times.ts'
import type { VerdictError } from './verdicts.ts'

/** More than six years by day, or three months by hour. */
export const BUCKETS_MAX = 2400

/** A validation of a known license. */
export interface Validation {
  readonly licenseId: string
  readonly atMs: number
  /** Null for a valid one. */
  readonly error: VerdictError | null
  /** The normalized host name from the request; the activation may have another value. */
  readonly domain: string | null
  readonly fingerprint: string | null
  readonly country: string | null
  readonly address: string | null
  /** The version of the app. */
  readonly version: string | null
}

/** Identical validations within a minute, as they are stored: the first at `atMs`, `count` in all. */
export interface UsageEntry extends Validation {
  readonly lastAtMs: number
  readonly count: number
}

/** A validation as it is recorded: with the names that it is counted under. */
export interface ValidationRecord extends Validation {
  readonly planSlug: string
  readonly productSlug: string
  /** The value of the activation that covers its domain. */
  readonly activatedDomain: string | null
  /** The sharing thresholds of its plan. */
  readonly sharing: SharingThresholds | null
}

/** Equal validations that an edge has answered, in one hour: the first at `atMs`. They may be old. */
export interface CountedRecord extends ValidationRecord {
  readonly lastAtMs: number
  readonly count: number
}

/** How often a license was valid, and when last. */
export interface UsageCounters {
  readonly validationCount: number
  readonly lastValidatedAtMs: number | null
}

export const noUsage: UsageCounters = { validationCount: 0, lastValidatedAtMs: null }

/** Counters by license, which change in place because every validation changes some. */
export type CountersByLicense = Map<string, { validationCount: number; lastValidatedAtMs: number }>

/** Adds valid validations of a license, the last of them at this time. Late ones may be older. */
export function addToCounters(
  counters: CountersByLicense,
  licenseId: string,
  { count, lastAtMs, isLate }: Readonly<{ count: number; lastAtMs: number; isLate: boolean }>,
): void {
  let known = counters.get(licenseId)
  if (known === undefined) {
    known = { validationCount: 0, lastValidatedAtMs: 0 }
    counters.set(licenseId, known)
  }
  known.validationCount += count
  known.lastValidatedAtMs = isLate
    ? Math.max(known.lastValidatedAtMs, lastAtMs)
    : pickLatest(known.lastValidatedAtMs, lastAtMs)
}

export type Interval = 'hour' | 'day'

const intervals = {
  hour: { ms: HOUR_MS, defaultCount: 24 },
  day: { ms: DAY_MS, defaultCount: 30 },
} as const

/** Returns the hour or day of a time, counted from 1970 in UTC. */
export function getBucket(timeMs: number, interval: Interval): number {
  return Math.floor(timeMs / intervals[interval].ms)
}

export function getBucketStart(bucket: number, interval: Interval): number {
  return bucket * intervals[interval].ms
}

/** `fromMs` is included, `toMs` is not. */
export interface TimeRange {
  readonly fromMs: number
  readonly toMs: number
}

/** Whole hours or days. Both `first` and `last` are included. */
export interface BucketRange {
  readonly interval: Interval
  readonly first: number
  readonly last: number
}

/**
 * Returns the buckets that a time range touches; without a start, the last 24 hours or 30 days up to
 * its end. Throws a Fault for a range that is empty, before 1970, or has too many buckets.
 */
export function toBucketRange(
  interval: Interval,
  { fromMs, toMs }: { readonly fromMs?: number | undefined; readonly toMs?: number | undefined },
  nowMs: number,
): BucketRange {
  if (fromMs !== undefined && fromMs >= (toMs ?? nowMs)) {
    const detail = 'The range is empty: `from` must be before `to`, which is now by default.'
    throw invalidField('?from', detail)
  }
  const last = getBucket(toMs === undefined ? nowMs : toMs - 1, interval)
  const first =
    fromMs === undefined ? last - intervals[interval].defaultCount + 1 : getBucket(fromMs, interval)
  if (first < 0) {
    const name = fromMs === undefined ? '?to' : '?from'
    throw invalidField(name, 'The range starts before 1970. Use a later time.')
  }
  if (last - first >= BUCKETS_MAX) {
    const detail = `The range has more than ${BUCKETS_MAX} ${interval}s. Use a shorter range.`
    throw invalidField('?from', detail)
  }
  return { interval, first, last }
}

export type Dimension = 'verdict' | 'country' | 'domain' | 'product' | 'plan'

export interface Count {
  readonly valid: number
  readonly refused: number
}

/** The count of one name in a dimension, such as `DE` in `country`. */
export interface NamedCount extends Count {
  readonly dimension: Dimension
  readonly name: string
}

/** The count of all licenses in an hour or day. */
export interface Rollup extends NamedCount {
  readonly interval: Interval
  readonly bucket: number
}

type MutableRollup = Rollup & { valid: number; refused: number }

/** Rollups by everything that distinguishes one from another. */
export type Rollups = Map<string, MutableRollup>

type NamesByDimension = (readonly [dimension: Dimension, name: string])[]

/** Many validations count in the same rollups, and finding those takes the most time. */
const foundRollups = new WeakMap<Rollups, Map<string, readonly MutableRollup[]>>()

/**
 * Counts `count` equal validations of any license, by hour and day. Names are chosen by the vendor, or
 * come from a short list, so that no caller can invent new ones.
 */
export function addToRollups(rollups: Rollups, record: ValidationRecord, count: number): void {
  const { atMs, error, country, productSlug, planSlug } = record
  const known = foundRollups.getOrInsertComputed(rollups, () => new Map())
  const key = [getBucket(atMs, 'hour'), error, country, productSlug, planSlug].join('\n')
  for (const rollup of known.getOrInsertComputed(key, () => findRollups(rollups, record))) {
    if (error === null) rollup.valid += count
    else rollup.refused += count
  }
}

/** Finds a rollup for each name, and creates those that are missing. */
function findRollups(
  rollups: Rollups,
  { atMs, error, country, productSlug, planSlug }: ValidationRecord,
): readonly MutableRollup[] {
  const names: NamesByDimension = [['verdict', error ?? 'VALID']]
  names.push(['product', productSlug], ['plan', planSlug])
  if (country !== null) names.push(['country', country])
  return (['hour', 'day'] as const).flatMap((interval) =>
    names.map(([dimension, name]) => {
      const rollup = { interval, bucket: getBucket(atMs, interval), dimension, name }
      const key = Object.values(rollup).join('\n')
      return rollups.getOrInsertComputed(key, () => ({ ...rollup, valid: 0, refused: 0 }))
    }),
  )
}

/** Returns the names that a validation counts under for its license, by day: activated domains as well. */
export function listLicenseNames(record: ValidationRecord): Readonly<NamesByDimension> {
  const { error, country, activatedDomain } = record
  const names: NamesByDimension = [['verdict', error ?? 'VALID']]
  if (country !== null) names.push(['country', country])
  if (activatedDomain !== null) names.push(['domain', activatedDomain])
  return names
}

export type CountSummary = ReturnType<typeof summarizeCounts>

/** Returns the totals of some counts. Names are ordered by their totals, the highest first. */
export function summarizeCounts(counts: readonly NamedCount[]) {
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
    /** The number of different domains. */
    domains: totals('domain').length,
  }
}

export interface BucketCount extends Count {
  readonly bucket: number
}

/** Returns a count for each bucket of the range, zero where there is none. */
export function fillBuckets({ first, last }: BucketRange, counts: readonly BucketCount[]) {
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

/** Returns what may be stored of an address: all of it, its network (/24 or /48), or nothing. */
export function truncateAddress(address: string, storage: AddressStorage): string | null {
  if (storage === 'none') return null
  // Most addresses have this form, and it is much faster than parsing.
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
/** Codes that proxies and databases use for an unknown country. */
const UNKNOWN_COUNTRIES: ReadonlySet<string> = new Set(['XX', 'ZZ'])

/** Returns an ISO 3166-1 code of two letters, or null for any other string. */
export function parseCountry(text: string | null | undefined): string | null {
  const country = text?.trim().toUpperCase() ?? ''
  return COUNTRY.test(country) && !UNKNOWN_COUNTRIES.has(country) ? country : null
}
