import { and, gt, gte, lte, sql } from 'drizzle-orm'
import { correctNextAttempt } from '~/domain/mails.ts'
import { correctLeaseEnd, type Seat } from '~/domain/seats.ts'
import type { Maintenance } from '../maintenance-port.ts'
import {
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
import { toEndpoint } from './endpoints.ts'
import type { Engine } from './engine.ts'
import { activations, endpoints } from './schema.ts'

const ROWID_MAX = Number.MAX_SAFE_INTEGER

const parts: readonly Part<Engine, CorrectionStep>[] = [
  correctSeats,
  correctActivations,
  correctDeliveries,
  correctMails,
  correctEndpoints,
]

export function createTimeCorrections(engine: Engine): Maintenance['correctTimes'] {
  return createCorrectTimes({
    correctMatching,
    parts,
    run: (correct) => engine.transact(() => correct(engine)),
  })
}

/** Corrects rows that are found through an index, some of them per step. */
function correctMatching(
  { db: { $client }, touched }: Engine,
  { table, set, condition }: Correction,
): CorrectionStep {
  const returned = table === 'licenses' ? 'id' : 'NULL AS id'
  const update = $client.query<{ id: string | null }, []>(
    `UPDATE ${table} SET ${set} WHERE rowid IN
       (SELECT rowid FROM ${table} WHERE ${condition} LIMIT ${STEP_ROWS})
     RETURNING ${returned}`,
  )
  const rows = update.all()
  for (const { id } of rows) if (id !== null) touched.licenseIds.add(id)
  return endStep(rows.length)
}

interface SeatRow extends Pick<Seat, 'expiresAtMs' | 'borrowedDays'> {
  readonly position: number
  readonly leaseSeconds: number
}

function correctSeats({ db }: Engine, nowMs: number, after: Key | null) {
  const [expiresAtMs, position] = after ?? [nowMs, ROWID_MAX]
  const rows = db.all<SeatRow>(sql`
    SELECT seats.rowid AS position, seats.expires_at_ms AS expiresAtMs,
      borrowed_days AS borrowedDays, json_extract(terms, '$.seatLeaseSeconds') AS leaseSeconds
    FROM seats JOIN licenses ON licenses.id = license_id JOIN plans ON slug = plan_slug
    WHERE (seats.expires_at_ms, seats.rowid) > (${expiresAtMs}, ${position})
    ORDER BY seats.expires_at_ms, seats.rowid LIMIT ${STEP_ROWS}`)
  const endOf = (row: SeatRow) => correctLeaseEnd(row, row.leaseSeconds, nowMs)
  const late = rows.filter((row) => endOf(row) < row.expiresAtMs)
  for (const row of late) {
    db.run(sql`
      UPDATE seats SET expires_at_ms = ${endOf(row)}, acquired_at_ms = min(acquired_at_ms, ${nowMs})
      WHERE rowid = ${row.position}`)
  }
  return { corrected: late.length, next: keyOf(rows, (row) => [row.expiresAtMs, row.position]) }
}

/** Searches all activations, because no index contains only their last-seen times. */
function correctActivations({ db, touched }: Engine, nowMs: number, after: Key | null) {
  const [first = 0] = after ?? []
  const [searched] = db.values<[rows: number, last: number, late: number | null]>(sql`
    SELECT count(*), max(position), min(iif(last_seen_at_ms > ${nowMs}, position, NULL))
    FROM (SELECT rowid AS position, last_seen_at_ms FROM activations WHERE rowid > ${first}
      ORDER BY rowid LIMIT ${SEARCHED_ROWS})`)
  const [rows, last, late] = searched ?? [0, first, null]
  if (late === null) return { corrected: 0, next: rows < SEARCHED_ROWS ? null : [last] }
  const end = Math.min(last, Number(late) + STEP_ROWS)
  const corrected = db
    .update(activations)
    .set({ lastSeenAtMs: nowMs })
    .where(and(gte(sql`rowid`, late), lte(sql`rowid`, end), gt(activations.lastSeenAtMs, nowMs)))
    .returning()
    .all()
  touched.activations.push(...corrected)
  return { corrected: corrected.length, next: [end] }
}

function correctDeliveries({ db, touched }: Engine, nowMs: number, after: Key | null) {
  const [endpointId, atMs, position] = after ?? ['', 0, 0]
  const rows = db.all<{
    endpointId: string
    nextAttemptAtMs: number
    position: number
    createdAtMs: number
    attempts: number
    isClaimed: 0 | 1
  }>(sql`
    SELECT endpoint_id AS endpointId, next_attempt_at_ms AS nextAttemptAtMs, position,
      created_at_ms AS createdAtMs, attempts, claimed_by IS NOT NULL AS isClaimed
    FROM deliveries
    WHERE status = 'pending'
      AND (endpoint_id, next_attempt_at_ms, position) > (${endpointId}, ${atMs}, ${position})
    ORDER BY endpoint_id, next_attempt_at_ms, position LIMIT ${STEP_ROWS}`)
  let corrected = 0
  for (const row of rows) {
    const times = correctDelivery({ ...row, isClaimed: row.isClaimed === 1 }, nowMs)
    if (times === null) continue
    db.run(sql`
      UPDATE deliveries
      SET next_attempt_at_ms = ${times.nextAttemptAtMs}, created_at_ms = ${times.createdAtMs}
      WHERE position = ${row.position}`)
    corrected += 1
  }
  if (corrected > 0) touched.touchesOutbox = true
  const next = keyOf(rows, (row) => [row.endpointId, row.nextAttemptAtMs, row.position])
  return { corrected, next }
}

function correctMails({ db, touched }: Engine, nowMs: number, after: Key | null) {
  const [atMs, position] = after ?? [nowMs, ROWID_MAX]
  const rows = db.all<{ nextAttemptAtMs: number; position: number; attempts: number }>(sql`
    SELECT next_attempt_at_ms AS nextAttemptAtMs, position, attempts FROM mails
    WHERE state = 'pending' AND (next_attempt_at_ms, position) > (${atMs}, ${position})
    ORDER BY next_attempt_at_ms, position LIMIT ${STEP_ROWS}`)
  let corrected = 0
  for (const row of rows) {
    const nextAttemptAtMs = correctNextAttempt(row.attempts, row.nextAttemptAtMs, nowMs)
    if (nextAttemptAtMs === row.nextAttemptAtMs) continue
    db.run(sql`
      UPDATE mails SET next_attempt_at_ms = ${nextAttemptAtMs} WHERE position = ${row.position}`)
    corrected += 1
  }
  if (corrected > 0) touched.touchesMails = true
  return { corrected, next: keyOf(rows, (row) => [row.nextAttemptAtMs, row.position]) }
}

function correctEndpoints({ db }: Engine, nowMs: number) {
  const rows = db.select().from(endpoints).where(sql`state <> 'deleted'`).all()
  let corrected = 0
  for (const row of rows) {
    const times = findEndpointCorrection(toEndpoint(row), nowMs)
    if (times === null) continue
    const isSame = sql`position = ${row.position}`
    db.update(endpoints).set(times).where(isSame).run()
    corrected += 1
  }
  return { corrected, next: null }
}
