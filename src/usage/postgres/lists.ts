import type { UsageEntry } from '~/domain/usage.ts'
import { getBucket } from '~/domain/usage.ts'
import type { Pool } from '~/platform/postgres.ts'
import type { Usage, UsageChunk } from '../port.ts'
import { query } from './calls.ts'
import type { LicenseNumbers } from './license-numbers.ts'

interface Row extends UsageEntry {
  readonly day: number
  readonly license: number
  readonly nth: number
  readonly node: number
}

const columns = `day, license::float8 AS license, at_ms::float8 AS "atMs", nth, node, error, domain,
    fingerprint, country, address, version, count::float8 AS count, last_at_ms::float8 AS "lastAtMs"`

/** Each day has its own partition and index. */
const OLDER = `SELECT $2 AS "licenseId", found.*
  FROM usage_days CROSS JOIN LATERAL (
    SELECT ${columns} FROM usage_validations AS v
    WHERE v.day = usage_days.day AND v.license = $1::text::bigint
      AND (v.at_ms, v.nth, v.node) < ($3::text::bigint, $4::text::integer, $5::text::integer)
      AND v.at_ms >= $6::text::bigint AND v.at_ms < $7::text::bigint
    ORDER BY v.at_ms DESC, v.nth DESC, v.node DESC LIMIT $8::text::integer
  ) AS found
  WHERE usage_days.day BETWEEN $9::text::integer AND $10::text::integer
  ORDER BY "atMs" DESC, nth DESC, node DESC LIMIT $8::text::integer`

const FOLLOWING = `SELECT id AS "licenseId", ${columns}
  FROM usage_validations JOIN usage_licenses ON position = license
  WHERE day = $1::text::integer
    AND (license, at_ms, nth, node)
      > ($2::text::bigint, $3::text::bigint, $4::text::integer, $5::text::integer)
    AND at_ms >= $6::text::bigint AND at_ms < $7::text::bigint
  ORDER BY license, at_ms, nth, node LIMIT $8::text::integer`

/** Days are numbers of 32 bits, but a range may have any end. */
const DAY_MAX = 2_147_483_647
const toDay = (timeMs: number) => Math.min(Math.max(getBucket(timeMs, 'day'), -DAY_MAX), DAY_MAX)
/** No time is higher. */
const TIME_MAX_MS = Number.MAX_SAFE_INTEGER
const toTime = (timeMs: number) =>
  `${Math.min(Math.max(Math.trunc(timeMs), -TIME_MAX_MS), TIME_MAX_MS)}`

/** Creates the queries for individual validations. */
export function createListQueries(pool: Pool, numbers: LicenseNumbers) {
  /** Lists the validations of a license, newest first. A cursor is `atMs.nth.node` of the last one. */
  const list: Usage['list'] = async (licenseId, { fromMs, toMs }, { limit, after }) => {
    const license = await numbers.find(licenseId)
    if (license === null) return { data: [], nextAfter: null }
    const [atMs = toMs, nth = 0, node = 0] = after === null ? [] : after.split('.').map(Number)
    const days = [toDay(fromMs), toDay(Math.min(atMs, toMs))]
    const rows = await query<Row>(pool, OLDER, [
      ...[`${license}`, licenseId, toTime(atMs), `${nth}`, `${node}`],
      ...[toTime(fromMs), toTime(toMs), `${limit + 1}`, ...days.map(String)],
    ])
    const shown = rows.slice(0, limit)
    const last = rows.length > limit ? shown.at(-1) : undefined
    const nextAfter = last === undefined ? null : `${last.atMs}.${last.nth}.${last.node}`
    return { data: shown.map(toEntry), nextAfter }
  }

  /** Returns validations of all licenses by day, then license, oldest first. */
  const exportChunk: Usage['export'] = async ({ fromMs, toMs }, after, max) => {
    const [first, ...position] = after ?? [toDay(fromMs), -1, 0, 0, 0]
    const days = await query<{ day: number }>(
      pool,
      'SELECT day FROM usage_days WHERE day BETWEEN $1::text::integer AND $2::text::integer ORDER BY day',
      [`${first}`, `${toDay(toMs - 1)}`],
    )
    const rows: Row[] = []
    for (const { day } of days) {
      const [license = -1, atMs = 0, nth = 0, node = 0] = day === first ? position : []
      rows.push(
        ...(await query<Row>(pool, FOLLOWING, [
          ...[day, license, atMs, nth, node].map(String),
          ...[toTime(fromMs), toTime(toMs), `${max - rows.length}`],
        ])),
      )
      if (rows.length === max) break
    }
    return { data: rows.map(toEntry), after: rows.length < max ? null : toCursor(rows.at(-1)) }
  }

  return { list, listMany: createListMany(list), export: exportChunk }
}

/** Lists several licenses with `list`. A cursor is the index of a license and a cursor of `list`. */
function createListMany(list: Usage['list']): Usage['listMany'] {
  return async (licenseIds, range, { limit, after }) => {
    const [first = 0, cursor = ''] = after?.split(' ') ?? []
    const data: UsageEntry[] = []
    let inner = cursor === '' ? null : cursor
    for (let index = Number(first); index < licenseIds.length; index += 1) {
      const left = limit - data.length
      if (left === 0) return { data, nextAfter: `${index} ` }
      const page = await list(licenseIds[index] ?? '', range, { limit: left, after: inner })
      data.push(...page.data)
      if (page.nextAfter !== null) return { data, nextAfter: `${index} ${page.nextAfter}` }
      inner = null
    }
    return { data, nextAfter: null }
  }
}

function toCursor(row: Row | undefined): UsageChunk['after'] {
  return row === undefined ? null : [row.day, row.license, row.atMs, row.nth, row.node]
}

function toEntry({ day: _day, license: _license, nth: _nth, node: _node, ...entry }: Row) {
  return entry satisfies UsageEntry
}
