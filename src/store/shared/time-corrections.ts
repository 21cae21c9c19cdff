import { CHECKOUT_CLAIM_MS, CHECKOUT_GAP_MAX_MS } from '~/domain/checkout-events.ts'
import { CLAIM_MS, correctSchedule } from '~/domain/deliveries.ts'
import { correctEndpoint, type Endpoint } from '~/domain/endpoints.ts'
import { isEqual } from '~/domain/equality.ts'
import { MAIL_CLAIM_MS } from '~/domain/mails.ts'
import { RESPONSE_STORED_MS } from '~/domain/stored-responses.ts'
import { EXPIRING_NOTICE_MS } from '~/domain/terms.ts'
import type { Maintenance } from '../maintenance-port.ts'

/** Rows per transaction, so that requests are not held up. */
export const STEP_ROWS = 500
/** Activations that are searched per transaction. */
export const SEARCHED_ROWS = 5000
/** A notice that came early by up to this much counts as on time. */
const NOTICE_EARLY_MAX_MS = 60_000

export type Key = readonly (string | number)[]

/** The rows that a transaction has corrected. `next` is the key of the last one; null at the end. */
export interface CorrectionStep {
  readonly corrected: number
  readonly next: Key | null
}

/** A correction of all rows of a table that meet a condition, which an index contains. */
export interface Correction {
  readonly table: CorrectedTable
  readonly set: string
  readonly condition: string
}

export type CorrectedTable =
  | 'stored_responses'
  | 'former_keys'
  | 'deactivations'
  | 'deliveries'
  | 'mails'
  | 'checkout_events'
  | 'checkout_sessions'
  | 'licenses'
  | 'edges'

/** Returns corrections that both engines write in the same way. */
function listCorrections(nowMs: number): readonly Correction[] {
  const storedUntilMs = nowMs + RESPONSE_STORED_MS
  const earliestMs = nowMs + NOTICE_EARLY_MAX_MS
  return [
    {
      table: 'stored_responses',
      set: `expires_at_ms = ${storedUntilMs}`,
      condition: `expires_at_ms > ${storedUntilMs}`,
    },
    {
      table: 'former_keys',
      set: `rotated_at_ms = ${nowMs}, valid_until_ms = valid_until_ms - rotated_at_ms + ${nowMs}`,
      condition: `valid_until_ms > ${nowMs} AND rotated_at_ms > ${nowMs}`,
    },
    { table: 'deactivations', set: `at_ms = ${nowMs}`, condition: `at_ms > ${nowMs}` },
    correctClaims('deliveries', nowMs + CLAIM_MS),
    correctClaims('mails', nowMs + MAIL_CLAIM_MS),
    { table: 'mails', set: `created_at_ms = ${nowMs}`, condition: `created_at_ms > ${nowMs}` },
    correctClaims('checkout_events', nowMs + CHECKOUT_CLAIM_MS),
    {
      // The first attempt is due at once, and no other one later than its gap.
      table: 'checkout_events',
      set: `next_attempt_at_ms = ${nowMs}`,
      condition: `next_attempt_at_ms > ${nowMs}
        AND (attempts = 0 OR next_attempt_at_ms > ${nowMs + CHECKOUT_GAP_MAX_MS})`,
    },
    {
      table: 'checkout_sessions',
      set: `created_at_ms = ${nowMs},
        ready_at_ms = CASE WHEN ready_at_ms > ${nowMs} THEN ${nowMs} ELSE ready_at_ms END`,
      condition: `created_at_ms > ${nowMs}`,
    },
    forgetNotices('expired_notified_at_ms', nowMs, `ends_at_ms > ${earliestMs}`),
    // A notice for a license that had already expired was recorded, but not sent.
    forgetNotices(
      'expiring_notified_at_ms',
      nowMs,
      `(expires_at_ms > ${earliestMs + EXPIRING_NOTICE_MS}
        OR expires_at_ms > ${earliestMs} AND expires_at_ms <= expiring_notified_at_ms)`,
    ),
    {
      // Otherwise reports that are still to come would count as received.
      table: 'edges',
      set: `usage_until_ms = ${nowMs}`,
      condition: `usage_until_ms > ${nowMs}`,
    },
  ]
}

/** Ends claims after their full length at the latest. */
function correctClaims(table: CorrectedTable, endMs: number): Correction {
  return {
    table,
    set: `claimed_until_ms = ${endMs}`,
    condition: `claimed_by IS NOT NULL AND claimed_until_ms > ${endMs}`,
  }
}

/** Forgets notices from the future, so that they are sent when they are due. */
function forgetNotices(column: string, nowMs: number, isEarly: string): Correction {
  return {
    table: 'licenses',
    set: `${column} = NULL`,
    condition: `${column} > ${nowMs} AND ${isEarly}`,
  }
}

/** Corrects some rows, after this key if it is not the first step. `Step` may be a promise of one. */
export type Part<Given, Step> = (given: Given, nowMs: number, after: Key | null) => Step

interface Corrections<Given, Step> {
  readonly correctMatching: (given: Given, correction: Correction) => Step
  /** The other corrections. */
  readonly parts: readonly Part<Given, Step>[]
  /** Runs a step in a transaction. */
  readonly run: (correct: (given: Given) => Step) => Promise<CorrectionStep>
}

/** Implements `Maintenance.correctTimes`: runs each part until its end. */
export function createCorrectTimes<Given, Step>({
  correctMatching,
  parts,
  run,
}: Corrections<Given, Step>): Maintenance['correctTimes'] {
  return async function* correctTimes(nowMs) {
    const matching = listCorrections(nowMs).map(
      (correction): Part<Given, Step> =>
        (given) =>
          correctMatching(given, correction),
    )
    for (const correct of [...matching, ...parts]) {
      let after: Key | null = null
      do {
        const from: Key | null = after
        const step: CorrectionStep = await run((given) => correct(given, nowMs, from))
        yield step.corrected
        after = step.next
      } while (after !== null)
    }
  }
}

/** Ends a step whose corrected rows no longer match, so that the next one needs no key. */
export function endStep(corrected: number): CorrectionStep {
  return { corrected, next: corrected < STEP_ROWS ? null : [] }
}

/** Returns the key of the last row, or null if there are no more rows. */
export function keyOf<Row>(rows: readonly Row[], getKey: (row: Row) => Key): Key | null {
  const last = rows.length < STEP_ROWS ? undefined : rows.at(-1)
  return last === undefined ? null : getKey(last)
}

interface PendingDelivery {
  readonly nextAttemptAtMs: number
  readonly createdAtMs: number
  readonly attempts: number
  readonly isClaimed: boolean
}

/** Returns the corrected times of a delivery; null if they are right. */
export function correctDelivery(
  { isClaimed, ...pending }: PendingDelivery,
  nowMs: number,
): Pick<PendingDelivery, 'nextAttemptAtMs' | 'createdAtMs'> | null {
  const progress = correctSchedule({ status: 'pending', ...pending }, nowMs)
  // An attempt that is under way schedules the next one itself.
  const isFree = progress.status === 'pending' && !isClaimed
  const nextAttemptAtMs = isFree ? progress.nextAttemptAtMs : pending.nextAttemptAtMs
  const createdAtMs = Math.min(pending.createdAtMs, nowMs)
  const isRight = nextAttemptAtMs === pending.nextAttemptAtMs && createdAtMs === pending.createdAtMs
  return isRight ? null : { nextAttemptAtMs, createdAtMs }
}

/** Returns the corrected times of an endpoint; null if they are right. */
export function findEndpointCorrection(
  endpoint: Endpoint,
  nowMs: number,
): Pick<Endpoint, 'failingSinceMs' | 'formerSecret'> | null {
  const { failingSinceMs, formerSecret } = correctEndpoint(endpoint, nowMs)
  const times = { failingSinceMs, formerSecret }
  return isEqual({ ...endpoint, ...times }, endpoint) ? null : times
}
