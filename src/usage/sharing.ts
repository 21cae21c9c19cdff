import type { Database } from 'bun:sqlite'
import { LRUCache } from 'lru-cache'
import type { SharingThresholds } from '~/domain/plans.ts'
import {
  isSharingSignal,
  passedThresholds,
  type SharingSignals,
  sharedDomainOf,
  sharingErrors,
} from '~/domain/sharing.ts'
import { bucketOf, type UsageEntry, type ValidationRecord } from '~/domain/usage.ts'
import type { FindNumber } from './queries.ts'

/** Licenses in memory. The places of any other are read from its validations when it is used. */
const TRACES_MAX = 50_000

type Place = 'country' | 'fingerprint' | 'domain'

/** The places where a license was used in one day, at most one more than its threshold allows. */
interface Trace extends Readonly<Record<Place, Set<string>>> {
  readonly day: number
  isReported: boolean
}

/** Counts the places where licenses are used, for plans that have sharing thresholds. */
export function createSharingWatch(db: Database, findNumber: FindNumber) {
  const traces = new LRUCache<string, Trace>({ max: TRACES_MAX })
  const selectPlaces = db.query<Pick<UsageEntry, Place>, [number, number]>(
    `SELECT DISTINCT country, fingerprint, domain FROM validations
     WHERE day = ? AND license = ?
       AND (error IS NULL OR error IN (${sharingErrors.map((error) => `'${error}'`)}))`,
  )

  /** Returns the licenses that exceed a threshold with these validations, once a day each. */
  function check(records: readonly ValidationRecord[]): readonly SharingSignals[] {
    const signals: SharingSignals[] = []
    for (const record of records) {
      const { licenseId, atMs, sharing } = record
      if (sharing === null || !isSharingSignal(record)) continue
      const trace = traceOf(licenseId, bucketOf(atMs, 'day'), sharing)
      add(trace, record, sharing)
      const seen = toSignals(trace, record)
      if (trace.isReported || passedThresholds(seen, sharing).length === 0) continue
      trace.isReported = true
      signals.push(seen)
    }
    return signals
  }

  function traceOf(licenseId: string, day: number, sharing: SharingThresholds): Trace {
    const known = traces.get(licenseId)
    if (known?.day === day) return known
    const places = {
      country: new Set<string>(),
      fingerprint: new Set<string>(),
      domain: new Set<string>(),
    }
    const trace: Trace = { day, isReported: false, ...places }
    for (const row of selectPlaces.iterate(day, findNumber(licenseId) ?? 0))
      add(trace, row, sharing)
    traces.set(licenseId, trace)
    return trace
  }

  return { check, forget: (licenseId: string) => traces.delete(licenseId) }
}

function add(trace: Trace, entry: Pick<UsageEntry, Place>, sharing: SharingThresholds): void {
  addPlace(trace.country, entry.country, sharing.countriesPerDay)
  addPlace(trace.fingerprint, entry.fingerprint, sharing.devicesPerDay)
  addPlace(trace.domain, sharedDomainOf(entry.domain), sharing.domainsPerDay)
}

function addPlace(places: Set<string>, place: string | null, limit: number | null): void {
  if (place !== null && limit !== null && places.size <= limit) places.add(place)
}

function toSignals(trace: Trace, { licenseId, atMs }: UsageEntry): SharingSignals {
  return {
    licenseId,
    day: trace.day,
    atMs,
    countries: trace.country.size,
    devices: trace.fingerprint.size,
    domains: trace.domain.size,
  }
}
