import type { Database } from 'bun:sqlite'
import type { SharingThresholds } from '~/domain/plans.ts'
import {
  getSharingDomain,
  isSharingSignal,
  listExceededThresholds,
  type SharingSignals,
  sharingErrors,
} from '~/domain/sharing.ts'
import { getBucket, type Validation, type ValidationRecord } from '~/domain/usage.ts'
import { createBoundedMap } from '~/platform/bounded-map.ts'
import type { FindNumber } from './queries.ts'

/** Licenses in memory. For any other, the places of the day are read from its validations. */
export const LICENSES_MAX = 50_000

export type Places = Pick<Validation, 'country' | 'fingerprint' | 'domain'>

export type DayOfUse = ReturnType<typeof startDay>

/** Creates the places where a license is used in one day, at most one more than its threshold allows. */
export function startDay(day: number) {
  const [countries, devices, domains] = [new Set<string>(), new Set<string>(), new Set<string>()]
  return { day, countries, devices, domains, isReported: false }
}

/** Counts the places where licenses are used, if their plans have sharing thresholds. */
export function createSharingWatch(db: Database, findNumber: FindNumber) {
  const days = createBoundedMap<string, DayOfUse>(LICENSES_MAX)
  const selectPlaces = db.query<Places, [number, number]>(
    `SELECT DISTINCT country, fingerprint, domain FROM validations
     WHERE day = ? AND license = ?
       AND (error IS NULL OR error IN (${sharingErrors.map((error) => `'${error}'`)}))`,
  )

  /** Returns the licenses that exceed a threshold with these validations, once a day each. */
  function check(records: readonly ValidationRecord[]): readonly SharingSignals[] {
    return records.flatMap((record) => {
      const { licenseId, atMs, sharing } = record
      if (sharing === null || !isSharingSignal(record)) return []
      const use = findDay(licenseId, getBucket(atMs, 'day'), sharing)
      addPlaces(use, record, sharing)
      const signals = toSignals(use, record)
      if (use.isReported || listExceededThresholds(signals, sharing).length === 0) return []
      use.isReported = true
      return [signals]
    })
  }

  function findDay(licenseId: string, day: number, sharing: SharingThresholds): DayOfUse {
    const known = days.get(licenseId)
    if (known?.day === day) return known
    const use = startDay(day)
    for (const row of selectPlaces.iterate(day, findNumber(licenseId) ?? 0)) {
      addPlaces(use, row, sharing)
    }
    days.set(licenseId, use)
    return use
  }

  return { check, forget: (licenseId: string) => days.delete(licenseId) }
}

/** Adds the places of a validation. */
export function addPlaces(use: DayOfUse, places: Places, sharing: SharingThresholds): void {
  addPlace(use.countries, places.country, sharing.countriesPerDay)
  addPlace(use.devices, places.fingerprint, sharing.devicesPerDay)
  addPlace(use.domains, getSharingDomain(places.domain), sharing.domainsPerDay)
}

function addPlace(known: Set<string>, place: string | null, limit: number | null): void {
  if (place !== null && limit !== null && known.size <= limit) known.add(place)
}

/** Counts the places up to a validation. */
export function toSignals(use: DayOfUse, { licenseId, atMs }: Validation): SharingSignals {
  const [countries, devices, domains] = [use.countries.size, use.devices.size, use.domains.size]
  return { licenseId, day: use.day, atMs, countries, devices, domains }
}
