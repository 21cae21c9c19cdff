import type { Change, Decision } from './decisions.ts'
import { disabledReasonOf, type Endpoint, webhookSummary } from './endpoints.ts'
import { isEqual } from './equality.ts'
import { Fault } from './faults.ts'
import { DAY_MS, HOUR_MS, SECOND_MS } from './times.ts'

const MINUTE_MS = 60 * SECOND_MS

/** The pauses between ten tries, each counted from the end of the try before. */
export const retryGapsMs = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
] as const

const JITTER = 0.2
const RETRY_AFTER_GAPS_MAX = 2
const FAILING_MAX_MS = 5 * DAY_MS
const GONE = 410

/** One event on its way to one endpoint. */
export interface Delivery {
  readonly id: string
  readonly eventId: string
  readonly endpointId: string
  readonly createdAtMs: number
  readonly progress: Progress
}

/** A delivery and where it goes, as one decision sees them. */
export interface DeliverySnapshot {
  readonly delivery: Delivery
  readonly endpoint: Endpoint
}

/** `tries` counts those of the present schedule. */
export type Progress =
  | { readonly status: 'pending'; readonly tries: number; readonly nextTryAtMs: number }
  | { readonly status: 'delivered'; readonly tries: number }
  | { readonly status: 'failed'; readonly tries: number }

/** What a try began with. */
export interface AttemptStart extends DeliverySnapshot {
  /** The frozen data of the event, as it was posted. */
  readonly postedData: string
}

/** One try as it is kept: when it began, how long it took, what came of it. */
export interface Attempt {
  readonly atMs: number
  readonly durationMs: number
  readonly status: number | null
  /** A short word for why no answer came, such as `timeout`; null when one did. */
  readonly error: string | null
  /** The first KiB of the answer. */
  readonly responseBody: string
}

/** What a decision needs to know of a try: `status` is null when no answer came. */
export interface Answer {
  readonly status: number | null
  readonly retryAfter: string | null
}

export interface Outcome {
  readonly progress: Progress
  readonly endpoint: Pick<Endpoint, 'state' | 'failingSinceMs'>
}

/** A whole schedule, its first try due at once: for a new delivery, a retry or a recovery. */
export function beginSchedule(nowMs: number): Progress {
  return { status: 'pending', tries: 0, nextTryAtMs: nowMs }
}

/**
 * Where a try that ended at `nowMs` leaves its delivery and its endpoint. A disabled endpoint gets
 * no further tries, so the delivery fails with it. `random` is in [0, 1).
 */
export function decideOutcome(
  progress: Pick<Progress, 'tries'>,
  endpoint: Pick<Endpoint, 'state' | 'failingSinceMs'>,
  answer: Answer,
  nowMs: number,
  random: number,
): Outcome {
  const tries = progress.tries + 1
  if (isSuccess(answer)) {
    const { state } = endpoint
    return { progress: { status: 'delivered', tries }, endpoint: { state, failingSinceMs: null } }
  }
  const failingSinceMs = endpoint.failingSinceMs ?? nowMs
  const state = stateAfterFailure(endpoint.state, answer, nowMs - failingSinceMs)
  const gapMs = retryGapsMs[tries - 1]
  const isLast = gapMs === undefined || answer.status === GONE || state === 'disabled_failing'
  return {
    progress: isLast
      ? { status: 'failed', tries }
      : { status: 'pending', tries, nextTryAtMs: nowMs + pauseMs(gapMs, answer, nowMs, random) },
    endpoint: { state, failingSinceMs },
  }
}

const isSuccess = ({ status }: Answer) => status !== null && status >= 200 && status < 300

function stateAfterFailure(
  state: Endpoint['state'],
  { status }: Answer,
  failingMs: number,
): Endpoint['state'] {
  // What the vendor paused meanwhile, or an earlier try disabled, stays as it is.
  if (state !== 'enabled') return state
  if (status === GONE) return 'disabled_gone'
  return failingMs >= FAILING_MAX_MS ? 'disabled_failing' : 'enabled'
}

function pauseMs(gapMs: number, { retryAfter }: Answer, nowMs: number, random: number): number {
  const wishMs = retryAfter === null ? null : parseRetryAfterMs(retryAfter, nowMs)
  if (wishMs === null) return Math.round(gapMs * (1 + JITTER * (2 * random - 1)))
  return Math.min(Math.max(wishMs, gapMs), gapMs * RETRY_AFTER_GAPS_MAX)
}

const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/** The pause asked for, in ms from now (RFC 9110, §10.2.3); null for neither of its forms. */
function parseRetryAfterMs(text: string, nowMs: number): number | null {
  if (/^\d+$/.test(text)) return Number(text) * SECOND_MS
  if (!HTTP_DATE.test(text)) return null
  const atMs = Date.parse(text)
  return Number.isNaN(atMs) ? null : atMs - nowMs
}

/**
 * Keeps a try and what it leads to; an endpoint disabled by it is told of as `webhook.disabled`.
 * What was begun anew or ended by somebody else meanwhile is left to them, unless this try has
 * brought it home; and a URL answers for itself alone, not for the one that took its place.
 */
export function decideAttempt(
  trial: AttemptStart,
  { delivery, endpoint }: DeliverySnapshot,
  attempt: Attempt,
  answer: Answer,
  nowMs: number,
  random: number,
): Decision<null> {
  const outcome = decideOutcome(delivery.progress, endpoint, answer, nowMs, random)
  const isMoved = endpoint.url !== trial.endpoint.url
  const isOurs = isEqual(delivery.progress, trial.delivery.progress)
  const failed = isMoved ? beginSchedule(nowMs) : outcome.progress
  const unsuccessful = isOurs ? failed : delivery.progress
  const progress = isSuccess(answer) ? outcome.progress : unsuccessful
  const next = isMoved ? endpoint : { ...endpoint, ...outcome.endpoint }
  const endpointChanges: Change[] = isEqual(next, endpoint)
    ? []
    : [{ type: 'endpoint.update', endpoint: next }]
  const isDisabled = next.state !== endpoint.state
  const webhook = { ...webhookSummary(endpoint), reason: disabledReasonOf(next) }
  return {
    result: null,
    changes: [
      {
        type: 'delivery.attempt',
        deliveryId: delivery.id,
        postedData: trial.postedData,
        attempt,
        progress,
      },
      ...endpointChanges,
    ],
    events: isDisabled ? [{ type: 'webhook.disabled', licenseId: null, extra: { webhook } }] : [],
  }
}

/** A whole schedule from now on, for a delivery that failed or need not wait. */
export function decideRetry(
  { delivery, endpoint }: DeliverySnapshot,
  nowMs: number,
): Decision<null> {
  if (endpoint.state !== 'enabled') {
    throw new Fault('invalid_transition', 'Enable the endpoint first, then retry.')
  }
  const progress = beginSchedule(nowMs)
  return {
    result: null,
    changes: [{ type: 'delivery.progress', deliveryId: delivery.id, progress }],
    events: [],
  }
}

/** A delivery with what a list of them shows of its event. */
export interface DeliveryRecord {
  readonly delivery: Delivery
  readonly eventType: string
}
