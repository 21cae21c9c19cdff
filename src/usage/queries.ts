import type { Database } from 'bun:sqlite'
import type { BucketCount, NamedCount, UsageEntry } from '~/domain/usage.ts'
import { getBucket } from '~/domain/usage.ts'
import type { Usage } from './port.ts'

/** A query of the port, without the promise: it runs in the Worker. */
type Query<
  Name extends 'list' | 'listMany' | 'export' | 'listCounts' | 'listSeries' | 'countDevices',
> = (...args: Parameters<Usage[Name]>) => Awaited<ReturnType<Usage[Name]>>

/** Finds the short number that stands for a license in the file. */
export type FindNumber = (licenseId: string) => number | null

export function createFindNumber(db: Database): FindNumber {
  const select = db.query<{ position: number }, [string]>(
    'SELECT position FROM licenses WHERE id = ?',
  )
  return (licenseId) => select.get(licenseId)?.position ?? null
}

type Bindings = Record<string, string | number | null>

interface Row extends UsageEntry {
  readonly day: number
  readonly license: number
  readonly nth: number
}

const columns = `licenses.id AS licenseId, day, license, at_ms AS atMs, nth, error, domain, fingerprint, country,
    address, version, count, coalesce(last_at_ms, at_ms) AS lastAtMs`
const fromValidations = 'FROM validations JOIN licenses ON licenses.position = license'

/** Prepares the queries for individual validations. */
export function createListQueries(db: Database, findNumber: FindNumber) {
  const days = db.query<{ first: number | null; last: number | null }, []>(
    'SELECT (SELECT min(day) FROM validations) AS first, (SELECT max(day) FROM validations) AS last',
  )
  const older = db.query<Row, Bindings>(
    `SELECT ${columns} ${fromValidations}
     WHERE day = $day AND license = $license AND (at_ms, nth) < ($atMs, $nth)
       AND at_ms >= $fromMs AND at_ms < $toMs
     ORDER BY at_ms DESC, nth DESC LIMIT $max`,
  )
  const following = db.query<Row, Bindings>(
    `SELECT ${columns} ${fromValidations}
     WHERE (day, license, at_ms, nth) > ($day, $license, $atMs, $nth)
       AND day <= $last AND at_ms >= $fromMs AND at_ms < $toMs
     ORDER BY day, license, at_ms, nth LIMIT $max`,
  )

  /** Lists every day from the first to the last that has individual validations. */
  function listDays(): readonly number[] {
    const { first, last } = days.get() ?? { first: null, last: null }
    if (first === null || last === null) return []
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  }

  /** Lists the validations of a license, newest first. A cursor is `atMs.nth` of the last one. */
  const list: Query<'list'> = (licenseId, { fromMs, toMs }, { limit, after }) => {
    const license = findNumber(licenseId)
    if (license === null) return { data: [], nextAfter: null }
    const [atMs = toMs, nth = 0] = after === null ? [] : after.split('.').map(Number)
    const [firstDay, lastDay] = [getBucket(fromMs, 'day'), getBucket(Math.min(atMs, toMs), 'day')]
    const rows: Row[] = []
    for (const day of listDays().toReversed()) {
      if (day < firstDay || day > lastDay || rows.length > limit) continue
      const max = limit + 1 - rows.length
      rows.push(...older.all({ day, license, atMs, nth, fromMs, toMs, max }))
    }
    const shown = rows.slice(0, limit)
    const last = rows.length > limit ? shown.at(-1) : undefined
    const nextAfter = last === undefined ? null : `${last.atMs}.${last.nth}`
    return { data: shown.map(toEntry), nextAfter }
  }

  /** Returns validations of all licenses by day, then license, oldest first. */
  const exportChunk: Query<'export'> = ({ fromMs, toMs }, after, max) => {
    const start = [getBucket(fromMs, 'day'), -1, 0, 0] as const
    const [day, license, atMs, nth] = after ?? start
    const last = getBucket(toMs - 1, 'day')
    const rows = following.all({ day, license, atMs, nth, last, fromMs, toMs, max })
    const end = rows.length < max ? undefined : rows.at(-1)
    return {
      data: rows.map(toEntry),
      after: end === undefined ? null : [end.day, end.license, end.atMs, end.nth],
    }
  }

  return { listDays, list, listMany: createListMany(list), export: exportChunk }
}

/** Lists several licenses with `list`. A cursor is the index of a license and a cursor of `list`. */
function createListMany(list: Query<'list'>): Query<'listMany'> {
  return (licenseIds, range, { limit, after }) => {
    const [first = 0, cursor = ''] = after?.split(' ') ?? []
    const data: UsageEntry[] = []
    let inner = cursor === '' ? null : cursor
    for (let index = Number(first); index < licenseIds.length; index += 1) {
      const left = limit - data.length
      if (left === 0) return { data, nextAfter: `${index} ` }
      const page = list(licenseIds[index] ?? '', range, { limit: left, after: inner })
      data.push(...page.data)
      if (page.nextAfter !== null) return { data, nextAfter: `${index} ${page.nextAfter}` }
      inner = null
    }
    return { data, nextAfter: null }
  }
}

function toEntry({ day: _day, license: _license, nth: _nth, ...entry }: Row): UsageEntry {
  return entry
}

/** Seeks each bucket, because the key has other rows between two buckets of a license. */
const buckets = `WITH RECURSIVE buckets (bucket) AS (
  SELECT $first UNION ALL SELECT bucket + 1 FROM buckets WHERE bucket < $last)`
const fromRollups = 'FROM buckets CROSS JOIN rollups USING (bucket)'
const fromDays = 'FROM buckets CROSS JOIN validations ON day = buckets.bucket'

/** Prepares the queries for counts. */
export function createCountQueries(db: Database, findNumber: FindNumber) {
  const counts = db.query<NamedCount, Bindings>(
    `${buckets} SELECT dimension, name, sum(valid) AS valid, sum(refused) AS refused
     ${fromRollups} WHERE interval = $interval AND license = $license GROUP BY dimension, name`,
  )
  const series = db.query<BucketCount, Bindings>(
    `${buckets} SELECT bucket, sum(valid) AS valid, sum(refused) AS refused ${fromRollups}
     WHERE interval = $interval AND license = $license AND dimension = $dimension
       AND ($name IS NULL OR name = $name)
     GROUP BY bucket`,
  )
  const hours = db.query<BucketCount, Bindings>(
    `${buckets} SELECT at_ms / 3600000 AS bucket, sum(iif(error IS NULL, count, 0)) AS valid,
       sum(iif(error IS NULL, 0, count)) AS refused
     ${fromDays} WHERE license = $license AND at_ms / 3600000 BETWEEN $firstHour AND $lastHour
     GROUP BY 1`,
  )
  const devices = db.query<{ devices: number }, Bindings>(
    `${buckets} SELECT count(DISTINCT fingerprint) AS devices
     ${fromDays} WHERE license = $license AND error IS NULL`,
  )
  const findOrAll = (licenseId: string | null) => (licenseId === null ? 0 : findNumber(licenseId))

  const listCounts: Query<'listCounts'> = (licenseId, range) => {
    const license = findOrAll(licenseId)
    return license === null ? [] : counts.all({ ...range, license })
  }

  const listSeries: Query<'listSeries'> = (licenseId, { interval, first, last }, of) => {
    const [dimension, name] = of
    const license = findOrAll(licenseId)
    if (license === null) return []
    if (licenseId === null || interval === 'day') {
      return series.all({ interval, first, last, license, dimension, name })
    }
    // Rollups of one license are by day only, so its hours are counted from individual validations.
    const days = { first: Math.floor(first / 24), last: Math.floor(last / 24) }
    return hours.all({ ...days, license, firstHour: first, lastHour: last })
  }

  const countDevices: Query<'countDevices'> = (licenseId, { first, last }) => {
    const license = findNumber(licenseId)
    return license === null ? 0 : (devices.get({ first, last, license })?.devices ?? 0)
  }

  return { listCounts, listSeries, countDevices }
}
