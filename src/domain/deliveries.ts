import type { EventDraft } from './decisions.ts'
import { disabledReasonOf, type Endpoint, type EndpointState, webhookSummary } from './endpoints.ts'
import { isEqual } from './equality.ts'
import { Fault } from './faults.ts'
import { parseHttpDate } from './http-dates.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from './times.ts'

/** The gaps between the ten attempts, each measured from the end of the previous attempt. */
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

/** Longer than an attempt can take, so that no other process repeats one that is still running. */
export const CLAIM_MS = MINUTE_MS

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

/** A delivery with its endpoint, as a decision reads them. */
export interface DeliverySnapshot {
  readonly delivery: Delivery
  readonly endpoint: Endpoint
}

/** `attempts` counts those of the current schedule only. */
export type Progress =
  | { readonly status: 'pending'; readonly attempts: number; readonly nextAttemptAtMs: number }
  | { readonly status: 'delivered' | 'failed'; readonly attempts: number }

/** The delivery and endpoint as they were when an attempt started. */
export interface StartedAttempt extends DeliverySnapshot {
  /** The event's data as it was posted. */
  readonly postedData: string
}

/** The stored record of one attempt. */
export interface Attempt {
  readonly atMs: number
  readonly durationMs: number
  readonly status: number | null
  /** A code that says why there was no response, such as `timeout`; null if there was one. */
  readonly error: string | null
  /** The first KiB of the response. */
  readonly responseBody: string
}

/** The changes to a delivery. Parts that are left out stay the same. */
export interface DeliveryDecision {
  readonly progress: Progress
  /** An attempt that ended. Its response is not stored if the event was redacted since. */
  readonly attempt?: Attempt & Pick<StartedAttempt, 'postedData'>
  readonly endpoint?: Endpoint
  readonly events?: readonly EventDraft[]
}

/** The parts of a response that decide what happens next. `status` is null without a response. */
export interface AttemptResponse {
  readonly status: number | null
  readonly retryAfter: string | null
}

type EndpointHealth = Pick<Endpoint, 'state' | 'failingSinceMs'>

/** Returns a full schedule whose first attempt is due now: for a new delivery, retry or recovery. */
export function beginSchedule(nowMs: number): Progress {
  return { status: 'pending', attempts: 0, nextAttemptAtMs: nowMs }
}

/**
 * Returns what follows from an attempt that ended at `nowMs`. A disabled endpoint gets no further
 * attempts, so its delivery fails. `random` is in [0, 1). Five days of failures are five days of
 * trusted time, so a jump of the clock disables no endpoint.
 */
export function decideNextStep(
  progress: Pick<Progress, 'attempts'>,
  endpoint: EndpointHealth,
  response: AttemptResponse,
  nowMs: number,
  random: number,
  trustedMs = nowMs,
): { readonly progress: Progress; readonly endpoint: EndpointHealth } {
  const attempts = progress.attempts + 1
  if (isSuccess(response)) {
    const healthy = { state: endpoint.state, failingSinceMs: null }
    return { progress: { status: 'delivered', attempts }, endpoint: healthy }
  }
  const failingSinceMs = endpoint.failingSinceMs ?? nowMs
  const state = stateAfterFailure(endpoint.state, response, trustedMs - failingSinceMs)
  const gapMs = retryGapsMs[attempts - 1]
  const isLast = gapMs === undefined || response.status === GONE || state === 'disabled_failing'
  const failing = { state, failingSinceMs }
  if (isLast) return { progress: { status: 'failed', attempts }, endpoint: failing }
  const nextAttemptAtMs = nowMs + pauseMs(gapMs, response, nowMs, random)
  return { progress: { status: 'pending', attempts, nextAttemptAtMs }, endpoint: failing }
}

/**
 * Returns the progress with its next attempt no further ahead than a pause can be. A later one was
 * scheduled while the clock was ahead.
 */
export function correctSchedule(progress: Progress, nowMs: number): Progress {
  if (progress.status !== 'pending') return progress
  const gapMs = retryGapsMs[progress.attempts - 1] ?? 0
  const isPossible = progress.nextAttemptAtMs <= nowMs + gapMs * RETRY_AFTER_GAPS_MAX
  return isPossible ? progress : { ...progress, nextAttemptAtMs: nowMs + gapMs }
}

const isSuccess = ({ status }: AttemptResponse) => status !== null && status >= 200 && status < 300

function stateAfterFailure(
  state: EndpointState,
  { status }: AttemptResponse,
  failingMs: number,
): EndpointState {
  // The endpoint may have been paused or disabled during the attempt: then it stays that way.
  if (state !== 'enabled') return state
  if (status === GONE) return 'disabled_gone'
  return failingMs >= FAILING_MAX_MS ? 'disabled_failing' : 'enabled'
}

function pauseMs(gapMs: number, { retryAfter }: AttemptResponse, nowMs: number, random: number) {
  const requestedMs = retryAfter === null ? null : parseRetryAfterMs(retryAfter, nowMs)
  if (requestedMs === null) return Math.round(gapMs * (1 + JITTER * (2 * random - 1)))
  return Math.min(Math.max(requestedMs, gapMs), gapMs * RETRY_AFTER_GAPS_MAX)
}

/** Returns the requested delay in ms (RFC 9110, §10.2.3); null if it is neither number nor date. */
function parseRetryAfterMs(text: string, nowMs: number): number | null {
  if (/^\d+$/.test(text)) return Number(text) * SECOND_MS
  const atMs = parseHttpDate(text, nowMs)
  return atMs === null ? null : atMs - nowMs
}

/**
 * Records an attempt and what follows from it, with `webhook.disabled` if it disables the endpoint.
 * A failure does not overwrite progress that another process made during the attempt, and does not
 * count against a URL that has replaced the one that was posted to.
 */
export function decideAttempt(
  started: StartedAttempt,
  { delivery, endpoint }: DeliverySnapshot,
  attempt: Attempt,
  response: AttemptResponse,
  nowMs: number,
  random: number,
  trustedMs = nowMs,
): DeliveryDecision {
  const next = decideNextStep(delivery.progress, endpoint, response, nowMs, random, trustedMs)
  const hasFailed = !isSuccess(response)
  const isMoved = endpoint.url !== started.endpoint.url
  const isOvertaken = hasFailed && !isEqual(delivery.progress, started.delivery.progress)
  const progress = hasFailed && isMoved ? beginSchedule(nowMs) : next.progress
  return {
    progress: isOvertaken ? delivery.progress : progress,
    attempt: { ...attempt, postedData: started.postedData },
    ...(isMoved ? {} : decideHealth(endpoint, next.endpoint)),
  }
}

function decideHealth(
  endpoint: Endpoint,
  health: EndpointHealth,
): Pick<DeliveryDecision, 'endpoint' | 'events'> {
  const changed = { ...endpoint, ...health }
  if (isEqual(changed, endpoint)) return {}
  return { endpoint: changed, events: draftDisabledEvents(endpoint, health) }
}

function draftDisabledEvents(endpoint: Endpoint, health: EndpointHealth): readonly EventDraft[] {
  if (health.state === endpoint.state) return []
  const webhook = { ...webhookSummary(endpoint), reason: disabledReasonOf(health) }
  return [{ type: 'webhook.disabled', licenseId: null, extra: { webhook } }]
}

/** Starts a full schedule now, for a delivery that has failed or is still waiting. */
export function decideRetry({ endpoint }: DeliverySnapshot, nowMs: number): DeliveryDecision {
  if (endpoint.state !== 'enabled') {
    throw new Fault('invalid_transition', 'Enable the endpoint first, then retry.')
  }
  return { progress: beginSchedule(nowMs) }
}

/** Conditions of a list, all of which must hold. Times are those of the creation. */
export interface DeliveryFilter {
  readonly status?: Progress['status']
  readonly endpointId?: string
  readonly types?: readonly string[]
  readonly fromMs?: number
  readonly beforeMs?: number
}

/** A delivery with the type of its event, as lists show it. */
export interface DeliveryRecord {
  readonly delivery: Delivery
  readonly eventType: string
}
