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
import type { FindNumber } from './history-reads.ts'

/** Licenses watched at once; one that falls out is read from its validations when it comes back. */
const TRACES_MAX = 50_000

type Place = 'country' | 'fingerprint' | 'domain'

/** Where a license was used in one day: no more than it takes to know that a threshold is passed. */
interface Trace extends Readonly<Record<Place, Set<string>>> {
  readonly day: number
  isTold: boolean
}

/** Watches licenses whose plans ask for it. */
export function createSharingWatch(db: Database, findNumber: FindNumber) {
  const traces = new LRUCache<string, Trace>({ max: TRACES_MAX })
  const usedIn = db.query<Pick<UsageEntry, Place>, [number, number]>(
    `SELECT DISTINCT country, fingerprint, domain FROM validations
     WHERE day = ? AND license = ?
       AND (error IS NULL OR error IN (${sharingErrors.map((error) => `'${error}'`)}))`,
  )

  /** Looks at validations that are on disk. Answers the licenses that passed a threshold now. */
  function note(singles: readonly ValidationRecord[]): readonly SharingSignals[] {
    const signals: SharingSignals[] = []
    for (const single of singles) {
      const { licenseId, atMs, sharing } = single
      if (sharing === null || !isSharingSignal(single)) continue
      const trace = traceOf(licenseId, bucketOf(atMs, 'day'), sharing)
      add(trace, single, sharing)
      const seen = toSignals(trace, single)
      if (trace.isTold || passedThresholds(seen, sharing).length === 0) continue
      trace.isTold = true
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
    const trace: Trace = { day, isTold: false, ...places }
    for (const row of usedIn.iterate(day, findNumber(licenseId) ?? 0)) add(trace, row, sharing)
    traces.set(licenseId, trace)
    return trace
  }

  return { note, forget: (licenseId: string) => traces.delete(licenseId) }
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
