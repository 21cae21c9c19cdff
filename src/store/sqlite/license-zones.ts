import type { Database } from 'bun:sqlite'
import { inArray, sql } from 'drizzle-orm'
import type { LicenseFilter } from '~/domain/licenses.ts'
import type { Steps } from '~/turns.ts'
import type { Commit } from '../port.ts'
import type { Db } from './connection.ts'
import { isInRange, type Range } from './license-filters.ts'
import { licenses } from './schema.ts'

/** Licenses of a zone, whose times are read from an index in about a millisecond. */
const ZONE_LICENSES = 20_000
/** Changed licenses that are read again. After more changes, all zones are. */
const CHANGED_MAX = 10_000
const STEPS_PER_ZONE = 25

/**
 * Bounds of the times of the licenses from an id up to the next zone: never too narrow. A zone is
 * endless if a license in it is.
 */
interface Zone {
  readonly start: string
  expiresMinMs: number
  expiresMaxMs: number
  endsMinMs: number
  endsMaxMs: number
  isEndless: boolean
}

interface Memory {
  /** Oldest first. */
  readonly zones: Zone[]
  readonly changedIds: Set<string>
  isComplete: boolean
}

export type LicenseZones = ReturnType<typeof createLicenseZones>

/**
 * Creates a memory of when the licenses of each zone expire. Older licenses usually expire earlier, so
 * a list by time skips most zones. `client` is the connection that writes.
 */
export function createLicenseZones(db: Db, client: Database) {
  const query = client.query<{ data_version: number }, []>('PRAGMA data_version')
  const readVersion = () => query.get()?.data_version
  let memory: Memory | null = null
  let version = readVersion()

  return {
    /** Notes a commit of this process. Those of other processes change the version. */
    note({ licenseIds }: Commit): void {
      if (memory === null) return
      for (const id of licenseIds) memory.changedIds.add(id)
      if (memory.changedIds.size > CHANGED_MAX) memory = null
    },

    /** Lists the ranges before an id that can contain matches, newest first; null if all can. */
    *list(filter: LicenseFilter, before: string): Steps<readonly Range[] | null> {
      if (!hasTimes(filter)) return null
      const current = readVersion()
      if (current !== version) memory = null
      version = current
      if (memory === null) {
        const zones: Zone[] = []
        const fresh: Memory = { zones, changedIds: new Set(), isComplete: false }
        memory = fresh
        try {
          yield* readZones(db, zones)
          fresh.isComplete = true
        } finally {
          if (!fresh.isComplete && memory === fresh) memory = null
        }
      }
      if (!memory?.isComplete || readVersion() !== version) return null
      widenZones(db, memory)
      return listRanges(memory.zones, filter, before)
    },
  }
}

function hasTimes({ status, expiresBeforeMs, expiresAfterMs }: LicenseFilter): boolean {
  const isTimed = status?.is === 'active' || status?.is === 'expired'
  return isTimed || expiresBeforeMs !== undefined || expiresAfterMs !== undefined
}

type Times = [count: number, ...times: (number | null)[]]

function* readZones(db: Db, zones: Zone[]): Steps<void> {
  const index = sql`licenses INDEXED BY licenses_by_age_and_end`
  let start: string | null = ''
  while (start !== null) {
    const [next]: [id: string][] = db.values(
      sql`SELECT id FROM ${index} WHERE id >= ${start} ORDER BY id LIMIT 1 OFFSET ${ZONE_LICENSES}`,
    )
    const end: string | null = next?.[0] ?? null
    const [row] = db.values<Times>(sql`
      SELECT count(*) > count(ends_at_ms), min(expires_at_ms), max(expires_at_ms),
        min(ends_at_ms), max(ends_at_ms)
      FROM ${index} WHERE ${isInRange(licenses.id, { start, before: end })}`)
    const [isEndless, expiresMinMs, expiresMaxMs, endsMinMs, endsMaxMs] = row ?? [0]
    zones.push({
      start,
      expiresMinMs: expiresMinMs ?? Number.POSITIVE_INFINITY,
      expiresMaxMs: expiresMaxMs ?? Number.NEGATIVE_INFINITY,
      endsMinMs: endsMinMs ?? Number.POSITIVE_INFINITY,
      endsMaxMs: endsMaxMs ?? Number.NEGATIVE_INFINITY,
      isEndless: isEndless === 1,
    })
    start = end
    yield STEPS_PER_ZONE
  }
}

/** Makes the zones contain the times of changed licenses, new ones too. */
function widenZones(db: Db, { zones, changedIds }: Memory): void {
  if (changedIds.size === 0) return
  const { id, expiresAtMs, endsAtMs } = licenses
  const isChanged = inArray(
    id,
    sql`(SELECT value FROM json_each(${JSON.stringify([...changedIds])}))`,
  )
  const rows = db.select({ id, expiresAtMs, endsAtMs }).from(licenses).where(isChanged).all()
  for (const row of rows) {
    const zone = zones.findLast(({ start }) => start <= row.id)
    if (zone === undefined) continue
    zone.expiresMinMs = Math.min(zone.expiresMinMs, row.expiresAtMs ?? zone.expiresMinMs)
    zone.expiresMaxMs = Math.max(zone.expiresMaxMs, row.expiresAtMs ?? zone.expiresMaxMs)
    zone.endsMinMs = Math.min(zone.endsMinMs, row.endsAtMs ?? zone.endsMinMs)
    zone.endsMaxMs = Math.max(zone.endsMaxMs, row.endsAtMs ?? zone.endsMaxMs)
    zone.isEndless ||= row.endsAtMs === null
  }
  changedIds.clear()
}

function listRanges(zones: readonly Zone[], filter: LicenseFilter, before: string): Range[] {
  const ranges: Range[] = []
  let end = before
  for (const zone of zones.toReversed()) {
    if (zone.start >= end) continue
    if (canMatch(zone, filter)) ranges.push({ before: end, start: zone.start })
    end = zone.start
  }
  return ranges
}

function canMatch(zone: Zone, { status, expiresBeforeMs, expiresAfterMs }: LicenseFilter): boolean {
  if (expiresBeforeMs !== undefined && zone.expiresMinMs >= expiresBeforeMs) return false
  if (expiresAfterMs !== undefined && zone.expiresMaxMs <= expiresAfterMs) return false
  if (status?.is === 'expired') return zone.endsMinMs <= status.atMs
  if (status?.is !== 'active' || zone.endsMaxMs > status.atMs) return true
  // A license that expires is not endless.
  return zone.isEndless && expiresBeforeMs === undefined && expiresAfterMs === undefined
}
