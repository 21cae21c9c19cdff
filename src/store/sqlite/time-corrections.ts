import { and, gt, gte, lte, type SQL, sql } from 'drizzle-orm'
import { CHECKOUT_CLAIM_MS, CHECKOUT_GAP_MAX_MS } from '~/domain/checkout-events.ts'
import { CLAIM_MS, correctSchedule } from '~/domain/deliveries.ts'
import { correctEndpoint } from '~/domain/endpoints.ts'
import { isEqual } from '~/domain/equality.ts'
import { correctNextAttempt, MAIL_CLAIM_MS } from '~/domain/mails.ts'
import { correctLeaseEnd, type Seat } from '~/domain/seats.ts'
import { RESPONSE_STORED_MS } from '~/domain/stored-responses.ts'
import { EXPIRING_NOTICE_MS } from '~/domain/terms.ts'
import type { Maintenance } from '../maintenance-port.ts'
import { toEndpoint } from './endpoints.ts'
import type { Engine } from './engine.ts'
import { activations, endpoints } from './schema.ts'

/** Rows per transaction, so that requests are not held up. */
const STEP_ROWS = 500
/** Activations that are searched per transaction. */
const SEARCHED_ROWS = 5000
const ROWID_MAX = Number.MAX_SAFE_INTEGER
/** A notice that came early by up to this much counts as on time. */
const NOTICE_EARLY_MAX_MS = 60_000

type Key = readonly (string | number)[]

/** Corrects some rows, after this key if it is not the first step. `next` is null after the last. */
type Part = (engine: Engine, nowMs: number, after: Key | null) => Step

interface Step {
  readonly corrected: number
  readonly next: Key | null
}

const parts: readonly Part[] = [
  correctMatching((nowMs) => {
    const endMs = nowMs + RESPONSE_STORED_MS
    return sql`UPDATE stored_responses SET expires_at_ms = ${endMs} WHERE rowid IN
      (SELECT rowid FROM stored_responses WHERE expires_at_ms > ${endMs} LIMIT ${STEP_ROWS})`
  }),
  correctMatching(
    (nowMs) => sql`
      UPDATE former_keys SET rotated_at_ms = ${nowMs},
        valid_until_ms = valid_until_ms - rotated_at_ms + ${nowMs} WHERE rowid IN
      (SELECT rowid FROM former_keys WHERE valid_until_ms > ${nowMs} AND rotated_at_ms > ${nowMs}
       LIMIT ${STEP_ROWS})`,
  ),
  correctMatching(
    (nowMs) => sql`UPDATE deactivations SET at_ms = ${nowMs} WHERE rowid IN
      (SELECT rowid FROM deactivations WHERE at_ms > ${nowMs} LIMIT ${STEP_ROWS})`,
  ),
  correctClaims(sql`deliveries`, CLAIM_MS),
  correctClaims(sql`mails`, MAIL_CLAIM_MS),
  correctMatching(
    (nowMs) => sql`UPDATE mails SET created_at_ms = ${nowMs} WHERE rowid IN
      (SELECT rowid FROM mails WHERE created_at_ms > ${nowMs} LIMIT ${STEP_ROWS})`,
  ),
  correctClaims(sql`checkout_events`, CHECKOUT_CLAIM_MS),
  // The first attempt is due at once, and no other one later than its gap.
  correctMatching(
    (nowMs) => sql`UPDATE checkout_events SET next_attempt_at_ms = ${nowMs} WHERE rowid IN
      (SELECT rowid FROM checkout_events WHERE next_attempt_at_ms > ${nowMs}
         AND (attempts = 0 OR next_attempt_at_ms > ${nowMs + CHECKOUT_GAP_MAX_MS})
       LIMIT ${STEP_ROWS})`,
  ),
  correctMatching(
    (nowMs) => sql`UPDATE checkout_sessions SET created_at_ms = ${nowMs},
        ready_at_ms = min(ready_at_ms, ${nowMs}) WHERE rowid IN
      (SELECT rowid FROM checkout_sessions WHERE created_at_ms > ${nowMs} LIMIT ${STEP_ROWS})`,
  ),
  forgetNotices(
    sql`expired_notified_at_ms`,
    (nowMs) => sql`ends_at_ms > ${nowMs + NOTICE_EARLY_MAX_MS}`,
  ),
  // A notice for a license that had already expired was recorded, but not sent.
  forgetNotices(sql`expiring_notified_at_ms`, (nowMs) => {
    const earliestMs = nowMs + NOTICE_EARLY_MAX_MS
    return sql`(expires_at_ms > ${earliestMs + EXPIRING_NOTICE_MS}
      OR expires_at_ms > ${earliestMs} AND expires_at_ms <= expiring_notified_at_ms)`
  }),
  // Otherwise reports that are still to come would count as received.
  correctMatching(
    (nowMs) => sql`UPDATE edges SET usage_until_ms = ${nowMs} WHERE usage_until_ms > ${nowMs}`,
  ),
  correctSeats,
  correctActivations,
  correctDeliveries,
  correctMails,
  correctEndpoints,
]

/** Implements `Maintenance.correctTimes`. */
export function createCorrectTimes(engine: Engine): Maintenance['correctTimes'] {
  return async function* correctTimes(nowMs) {
    for (const correct of parts) {
      let after: Key | null = null
      do {
        const from: Key | null = after
        const step: Step = await engine.transact(() => correct(engine, nowMs, from))
        yield step.corrected
        after = step.next
      } while (after !== null)
    }
  }
}

/** Builds a part whose statement finds, through an index, only rows that need a correction. */
function correctMatching(buildUpdate: (nowMs: number) => SQL): Part {
  return ({ db }, nowMs) => endStep(db.all(sql`${buildUpdate(nowMs)} RETURNING 1`).length)
}

/** Builds a part that ends claims after their full length at the latest. */
function correctClaims(table: SQL, lengthMs: number): Part {
  return correctMatching((nowMs) => {
    const endMs = nowMs + lengthMs
    return sql`UPDATE ${table} SET claimed_until_ms = ${endMs} WHERE rowid IN
      (SELECT rowid FROM ${table} WHERE claimed_by IS NOT NULL AND claimed_until_ms > ${endMs}
       LIMIT ${STEP_ROWS})`
  })
}

/** Builds a part that forgets notices from the future, so that they are sent when they are due. */
function forgetNotices(column: SQL, isEarly: (nowMs: number) => SQL): Part {
  return ({ db, touched }, nowMs) => {
    const rows = db.all<{ id: string }>(sql`
      UPDATE licenses SET ${column} = NULL WHERE id IN
        (SELECT id FROM licenses WHERE ${column} > ${nowMs} AND ${isEarly(nowMs)}
         LIMIT ${STEP_ROWS})
      RETURNING id`)
    for (const { id } of rows) touched.licenseIds.add(id)
    return endStep(rows.length)
  }
}

/** The corrected rows no longer match, so the next step needs no key. */
function endStep(corrected: number) {
  return { corrected, next: corrected < STEP_ROWS ? null : [] }
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
    isClaimed: number
  }>(sql`
    SELECT endpoint_id AS endpointId, next_attempt_at_ms AS nextAttemptAtMs, position,
      created_at_ms AS createdAtMs, attempts, claimed_by IS NOT NULL AS isClaimed
    FROM deliveries
    WHERE status = 'pending'
      AND (endpoint_id, next_attempt_at_ms, position) > (${endpointId}, ${atMs}, ${position})
    ORDER BY endpoint_id, next_attempt_at_ms, position LIMIT ${STEP_ROWS}`)
  let corrected = 0
  for (const { isClaimed, ...row } of rows) {
    const progress = correctSchedule({ status: 'pending', ...row }, nowMs)
    // An attempt that is under way schedules the next one itself.
    const isFree = progress.status === 'pending' && isClaimed === 0
    const nextAttemptAtMs = isFree ? progress.nextAttemptAtMs : row.nextAttemptAtMs
    const createdAtMs = Math.min(row.createdAtMs, nowMs)
    if (nextAttemptAtMs === row.nextAttemptAtMs && createdAtMs === row.createdAtMs) continue
    db.run(sql`
      UPDATE deliveries
      SET next_attempt_at_ms = ${nextAttemptAtMs}, created_at_ms = ${createdAtMs}
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
    const endpoint = toEndpoint(row)
    const { failingSinceMs, formerSecret } = correctEndpoint(endpoint, nowMs)
    if (isEqual({ ...endpoint, failingSinceMs, formerSecret }, endpoint)) continue
    const isSame = sql`position = ${row.position}`
    db.update(endpoints).set({ failingSinceMs, formerSecret }).where(isSame).run()
    corrected += 1
  }
  return { corrected, next: null }
}

/** Returns the key of the last row, or null if there are no more rows. */
function keyOf<Row>(rows: readonly Row[], getKey: (row: Row) => Key): Key | null {
  const last = rows.length < STEP_ROWS ? undefined : rows.at(-1)
  return last === undefined ? null : getKey(last)
}
