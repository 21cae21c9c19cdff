import type { SharingThresholds } from '~/domain/plans.ts'
import {
  isSharingSignal,
  listExceededThresholds,
  type SharingSignals,
  sharingErrors,
} from '~/domain/sharing.ts'
import { getBucket, type ValidationRecord } from '~/domain/usage.ts'
import { createBoundedMap } from '~/platform/bounded-map.ts'
import type { Pool } from '~/platform/postgres.ts'
import {
  addPlaces,
  type DayOfUse,
  LICENSES_MAX,
  type Places,
  startDay,
  toSignals,
} from '../sharing.ts'
import { query } from './calls.ts'
import type { LicenseNumbers } from './license-numbers.ts'

const PLACES = `SELECT DISTINCT country, fingerprint, domain FROM usage_validations
  WHERE day = $1::text::integer AND license = $2::text::bigint
    AND (error IS NULL OR error IN (${sharingErrors.map((error) => `'${error}'`)}))`

/** Counts the places where licenses are used on any node, if their plans have sharing thresholds. */
export function createSharingWatch(pool: Pool, numbers: LicenseNumbers) {
  const days = createBoundedMap<string, DayOfUse>(LICENSES_MAX)

  function findDay(licenseId: string, day: number): DayOfUse {
    const known = days.get(licenseId)
    if (known?.day === day) return known
    const use = startDay(day)
    days.set(licenseId, use)
    return use
  }

  /** Adds the places that other nodes, or an earlier process, have written. */
  async function addWritten(use: DayOfUse, licenseId: string, sharing: SharingThresholds) {
    const license = await numbers.find(licenseId)
    const written = await query<Places>(pool, PLACES, [`${use.day}`, `${license ?? 0}`])
    for (const places of written) addPlaces(use, places, sharing)
  }

  /** Returns the signals of a license if a validation that is written exceeds a threshold. */
  async function checkOne(record: ValidationRecord): Promise<SharingSignals | null> {
    const { licenseId, atMs, sharing } = record
    if (sharing === null || !isSharingSignal(record)) return null
    const use = findDay(licenseId, getBucket(atMs, 'day'))
    if (use.isReported) return null
    const before = countPlaces(use)
    addPlaces(use, record, sharing)
    // Only with a place that this node has not seen today can the count exceed a threshold.
    if (countPlaces(use) > before) await addWritten(use, licenseId, sharing)
    const signals = toSignals(use, record)
    if (listExceededThresholds(signals, sharing).length === 0) return null
    use.isReported = true
    return signals
  }

  return {
    /** Returns the licenses that exceed a threshold with these validations, once a day each. */
    check: async (records: readonly ValidationRecord[]): Promise<readonly SharingSignals[]> => {
      const exceeding: SharingSignals[] = []
      for (const record of records) {
        const signals = await checkOne(record)
        if (signals !== null) exceeding.push(signals)
      }
      return exceeding
    },
    forget: (licenseId: string) => days.delete(licenseId),
  }
}

const countPlaces = ({ countries, devices, domains }: DayOfUse) =>
  countries.size + devices.size + domains.size
