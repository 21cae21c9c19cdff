import { correctNextAttempt } from '~/domain/mails.ts'
import { correctLeaseEnd, type Seat } from '~/domain/seats.ts'
import { formatArray } from '~/platform/postgres.ts'
import type { Maintenance } from '../maintenance-port.ts'
import {
  type CorrectedTable,
  type Correction,
  type CorrectionStep,
  correctDelivery,
  createCorrectTimes,
  endStep,
  findEndpointCorrection,
  type Key,
  keyOf,
  type Part,
  SEARCHED_ROWS,
  STEP_ROWS,
} from '../shared/time-corrections.ts'
import { LOCK, toEndpoint } from './endpoints.ts'
import type { Engine, Tx } from './engine.ts'
import { readColumns, selectRows, updateRow } from './rows.ts'
import { activations, deliveries, endpoints, mails, plans, seats } from './schema.ts'

const parts: readonly Part<Tx, Promise<CorrectionStep>>[] = [
  correctSeats,
  correctActivations,
  correctDeliveries,
  correctMails,
  correctEndpoints,
]

export function createTimeCorrections({ transact }: Engine): Maintenance['correctTimes'] {
  return createCorrectTimes({ correctMatching, parts, run: transact })
}

const keys: Readonly<Record<CorrectedTable, string>> = {
  stored_responses: 'key_hash',
  former_keys: 'key_hash',
  deactivations: 'position',
  deliveries: 'position',
  mails: 'position',
  checkout_events: 'position',
  checkout_sessions: 'session_hash',
  licenses: 'id',
  edges: 'id',
}

/**
 * Corrects rows that are found through an index, some of them per step. The condition is tested again,
 * because another transaction may have changed a row meanwhile.
 */
async function correctMatching(
  { client, touched }: Tx,
  { table, set, condition }: Correction,
): Promise<CorrectionStep> {
  const key = keys[table]
  const rows = await client.unsafe<{ id: string | null }[]>(
    `UPDATE ${table} SET ${set} WHERE ${condition} AND ${key} IN
       (SELECT ${key} FROM ${table} WHERE ${condition} LIMIT ${STEP_ROWS})
     RETURNING ${table === 'licenses' ? 'id' : 'NULL AS id'}`,
  )
  for (const { id } of rows) if (id !== null) touched.licenseIds.add(id)
  return endStep(rows.length)
}

interface SeatRow extends Pick<Seat, 'id' | 'expiresAtMs' | 'borrowedDays'> {
  readonly planSlug: string
}

async function correctSeats(tx: Tx, nowMs: number, after: Key | null): Promise<CorrectionStep> {
  const stored = await tx.client.unsafe<Record<'plan_slug', string>[]>(
    `SELECT seats.*, plan_slug FROM seats JOIN licenses ON licenses.id = license_id
     WHERE (seats.expires_at_ms, seats.id) > ($1::bigint, $2)
     ORDER BY seats.expires_at_ms, seats.id LIMIT ${STEP_ROWS} FOR NO KEY UPDATE OF seats`,
    [...(after ?? [nowMs, '~'])],
  )
  const rows = stored.map(
    (row): SeatRow => ({ ...readColumns(seats, row), planSlug: row.plan_slug }),
  )
  const leases = await readLeases(tx, rows)
  const late = rows.flatMap((row) => {
    const endMs = correctLeaseEnd(row, leases.get(row.planSlug) ?? 0, nowMs)
    return endMs < row.expiresAtMs ? { id: row.id, end: endMs } : []
  })
  await tx.client.unsafe(
    `UPDATE seats SET expires_at_ms = given.end, acquired_at_ms = least(acquired_at_ms, $2)
     FROM json_to_recordset($1::text::json) AS given (id text, "end" bigint)
     WHERE seats.id = given.id`,
    [JSON.stringify(late), nowMs],
  )
  return { corrected: late.length, next: keyOf(rows, (row) => [row.expiresAtMs, row.id]) }
}

/** Returns for how many seconds a seat is leased, by the slug of its plan. */
async function readLeases(tx: Tx, rows: readonly SeatRow[]): Promise<ReadonlyMap<string, number>> {
  const slugs = [...new Set(rows.map(({ planSlug }) => planSlug))]
  const condition = 'WHERE slug = ANY($1::text::text[])'
  const found = await selectRows(tx, plans, ['slug', 'terms'], condition, [formatArray(slugs)])
  return new Map(found.map(({ slug, terms }) => [slug, terms.seatLeaseSeconds]))
}

/** Searches all activations, because no index contains only their last-seen times. */
async function correctActivations(
  { client, touched }: Tx,
  nowMs: number,
  after: Key | null,
): Promise<CorrectionStep> {
  const [first = ''] = after ?? []
  const [searched] = await client.unsafe<{ rows: number; last: string | null }[]>(
    `SELECT count(*)::int AS rows, max(id) AS last
     FROM (SELECT id FROM activations WHERE id > $1 ORDER BY id LIMIT ${SEARCHED_ROWS}) AS next`,
    [first],
  )
  const last = searched?.last ?? null
  if (searched === undefined || last === null) return { corrected: 0, next: null }
  const rows = await client.unsafe<Readonly<Record<string, unknown>>[]>(
    `UPDATE activations SET last_seen_at_ms = $3
     WHERE id > $1 AND id <= $2 AND last_seen_at_ms > $3 RETURNING *`,
    [first, last, nowMs],
  )
  touched.activations.push(...rows.map((row) => readColumns(activations, row)))
  return { corrected: rows.length, next: searched.rows < SEARCHED_ROWS ? null : [last] }
}

async function correctDeliveries(
  tx: Tx,
  nowMs: number,
  after: Key | null,
): Promise<CorrectionStep> {
  const rows = await selectRows(
    tx,
    deliveries,
    undefined,
    `WHERE status = 'pending'
       AND (endpoint_id, next_attempt_at_ms, position) > ($1, $2::bigint, $3::bigint)
     ORDER BY endpoint_id, next_attempt_at_ms, position LIMIT ${STEP_ROWS} FOR NO KEY UPDATE`,
    after ?? ['', 0, 0],
  )
  const corrected = rows.flatMap(({ position, nextAttemptAtMs, claimedBy, ...row }) => {
    const pending = { ...row, nextAttemptAtMs: nextAttemptAtMs ?? 0 }
    const times = correctDelivery({ ...pending, isClaimed: claimedBy !== null }, nowMs)
    return times === null ? [] : { position, ...times }
  })
  if (corrected.length > 0) {
    await tx.client.unsafe(
      `UPDATE deliveries
       SET next_attempt_at_ms = given."nextAttemptAtMs", created_at_ms = given."createdAtMs"
       FROM json_to_recordset($1::text::json)
         AS given (position bigint, "nextAttemptAtMs" bigint, "createdAtMs" bigint)
       WHERE deliveries.position = given.position`,
      [JSON.stringify(corrected)],
    )
    tx.touched.touchesOutbox = true
  }
  const next = keyOf(rows, (row) => [row.endpointId, row.nextAttemptAtMs ?? 0, row.position])
  return { corrected: corrected.length, next }
}

async function correctMails(tx: Tx, nowMs: number, after: Key | null): Promise<CorrectionStep> {
  const rows = await selectRows(
    tx,
    mails,
    ['position', 'id', 'attempts', 'nextAttemptAtMs'],
    `WHERE state = 'pending' AND (next_attempt_at_ms, position) > ($1::bigint, $2::bigint)
     ORDER BY next_attempt_at_ms, position LIMIT ${STEP_ROWS} FOR NO KEY UPDATE`,
    after ?? [nowMs, Number.MAX_SAFE_INTEGER],
  )
  let corrected = 0
  for (const { id, attempts, nextAttemptAtMs: former } of rows) {
    const nextAttemptAtMs = correctNextAttempt(attempts, former ?? 0, nowMs)
    if (nextAttemptAtMs === former) continue
    await updateRow(tx, mails, id, { nextAttemptAtMs })
    corrected += 1
  }
  if (corrected > 0) tx.touched.touchesMails = true
  return { corrected, next: keyOf(rows, (row) => [row.nextAttemptAtMs ?? 0, row.position]) }
}

async function correctEndpoints(tx: Tx, nowMs: number): Promise<CorrectionStep> {
  const condition = `WHERE state <> 'deleted' ORDER BY id ${LOCK}`
  const rows = await selectRows(tx, endpoints, undefined, condition)
  let corrected = 0
  for (const row of rows) {
    const times = findEndpointCorrection(toEndpoint(row), nowMs)
    if (times === null) continue
    await updateRow(tx, endpoints, row.id, times)
    corrected += 1
  }
  return { corrected, next: null }
}
