import type { Database } from 'bun:sqlite'
import type { Page, PageRequest } from '~/domain/pages.ts'
import type {
  BucketCount,
  BucketRange,
  Dimension,
  NamedCount,
  TimeRange,
  UsageEntry,
} from '~/domain/usage.ts'
import { bucketOf } from '~/domain/usage.ts'
import type { UsageChunk } from './port.ts'

interface Row extends UsageEntry {
  readonly nth: number
}

const SELECTED = `at_ms AS atMs, nth, error, domain, fingerprint, country, address, version`
/** A seek for each bucket, because the key has other rows between two buckets of a license. */
const BUCKETS = `WITH RECURSIVE buckets (bucket) AS (
  SELECT $first UNION ALL SELECT bucket + 1 FROM buckets WHERE bucket < $last)`

export type FindNumber = (licenseId: string) => number | null

/** Prepares the queries of the usage file. */
export function createQueries(db: Database, findNumber: FindNumber) {
  const bounds = db.query<{ first: number | null; last: number | null }, []>(
    'SELECT (SELECT min(day) FROM validations) AS first, (SELECT max(day) FROM validations) AS last',
  )
  const older = db.query<Row, [string, number, number, number, number, number, number, number]>(
    `SELECT ? AS licenseId, ${SELECTED} FROM validations
     WHERE day = ? AND license = ? AND (at_ms, nth) < (?, ?) AND at_ms >= ? AND at_ms < ?
     ORDER BY at_ms DESC, nth DESC LIMIT ?`,
  )
  const following = db.query<Row & { day: number; license: number }, Bindings>(
    `SELECT licenses.id AS licenseId, day, license, ${SELECTED}
     FROM validations JOIN licenses ON licenses.position = license
     WHERE (day, license, at_ms, nth) > ($day, $license, $atMs, $nth)
       AND day <= $last AND at_ms >= $fromMs AND at_ms < $toMs
     ORDER BY day, license, at_ms, nth LIMIT $max`,
  )
  const counts = db.query<NamedCount, Bindings>(
    `${BUCKETS} SELECT dimension, name, sum(valid) AS valid, sum(refused) AS refused
     FROM buckets CROSS JOIN rollups USING (bucket)
     WHERE interval = $interval AND license = $license GROUP BY dimension, name`,
  )
  const series = db.query<BucketCount, Bindings>(
    `${BUCKETS} SELECT bucket, sum(valid) AS valid, sum(refused) AS refused
     FROM buckets CROSS JOIN rollups USING (bucket)
     WHERE interval = $interval AND license = $license AND dimension = $dimension
       AND ($name IS NULL OR name = $name)
     GROUP BY bucket`,
  )
  const hours = db.query<BucketCount, Bindings>(
    `${BUCKETS} SELECT at_ms / 3600000 AS bucket, count(*) - count(error) AS valid,
       count(error) AS refused
     FROM buckets CROSS JOIN validations ON day = buckets.bucket
     WHERE license = $license AND at_ms / 3600000 BETWEEN $firstHour AND $lastHour GROUP BY 1`,
  )
  const devices = db.query<{ devices: number }, Bindings>(
    `${BUCKETS} SELECT count(DISTINCT fingerprint) AS devices
     FROM buckets CROSS JOIN validations ON day = buckets.bucket
     WHERE license = $license AND error IS NULL`,
  )

  /** Lists the days from the first to the last that has single validations. */
  function listDays(): readonly number[] {
    const { first, last } = bounds.get() ?? { first: null, last: null }
    return first === null || last === null ? [] : range(first, last)
  }

  /** Lists the validations of a license, newest first. A cursor is the `atMs.nth` of the last one. */
  function list(
    licenseId: string,
    { fromMs, toMs }: TimeRange,
    { limit, after }: PageRequest,
  ): Page<UsageEntry> {
    const [atMs = toMs, nth = 0] = after === null ? [] : after.split('.').map(Number)
    const license = findNumber(licenseId)
    const rows: Row[] = []
    const [firstDay, lastDay] = [bucketOf(fromMs, 'day'), bucketOf(Math.min(atMs, toMs), 'day')]
    const days = listDays().filter((day) => day >= firstDay && day <= lastDay)
    for (const day of license === null ? [] : days.reverse()) {
      const wanted = limit + 1 - rows.length
      if (wanted === 0) break
      rows.push(...older.all(licenseId, day, license ?? 0, atMs, nth, fromMs, toMs, wanted))
    }
    const shown = rows.slice(0, limit)
    const last = rows.length > limit ? shown.at(-1) : undefined
    const nextAfter = last === undefined ? null : `${last.atMs}.${last.nth}`
    return { data: shown.map(toEntry), nextAfter }
  }

  /** Returns validations of all licenses, by day, then license, oldest first. */
  function exportChunk(
    { fromMs, toMs }: TimeRange,
    after: UsageChunk['after'],
    max: number,
  ): UsageChunk {
    const start = [bucketOf(fromMs, 'day'), -1, 0, 0] as const
    const [day, license, atMs, nth] = after ?? start
    const last = bucketOf(toMs - 1, 'day')
    const place = { day, license, atMs, nth, last, fromMs, toMs, max }
    const rows = following.all(place)
    const end = rows.length < max ? undefined : rows.at(-1)
    return {
      data: rows.map(toEntry),
      after: end === undefined ? null : [end.day, end.license, end.atMs, end.nth],
    }
  }

  function listCounts(licenseId: string | null, range: BucketRange): readonly NamedCount[] {
    const license = licenseId === null ? 0 : findNumber(licenseId)
    return license === null ? [] : counts.all({ ...range, license })
  }

  function listSeries(
    licenseId: string | null,
    { interval, first, last }: BucketRange,
    [dimension, name]: readonly [Dimension, string | null],
  ): readonly BucketCount[] {
    const license = licenseId === null ? 0 : findNumber(licenseId)
    if (license === null) return []
    if (licenseId === null || interval === 'day') {
      return series.all({ interval, first, last, license, dimension, name })
    }
    // Rollups of one license are by day only, so its hours are counted from single validations.
    const days = { first: Math.floor(first / 24), last: Math.floor(last / 24) }
    return hours.all({ ...days, license, firstHour: first, lastHour: last })
  }

  function countDevices(licenseId: string, { first, last }: BucketRange): number {
    const license = findNumber(licenseId)
    return license === null ? 0 : (devices.get({ first, last, license })?.devices ?? 0)
  }

  return { listDays, list, listCounts, listSeries, countDevices, export: exportChunk }
}

type Bindings = Record<string, string | number | null>

function toEntry(row: Row): UsageEntry {
  const { licenseId, atMs, error, domain, fingerprint, country, address, version } = row
  return { licenseId, atMs, error, domain, fingerprint, country, address, version }
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}
