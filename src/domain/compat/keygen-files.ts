import type { TermsSnapshot } from '../licenses.ts'
import { DAY_MS, SECOND_MS } from '../times.ts'

/** For how long an app can use a license file or a machine file of Keygen. */
export interface KeygenFileTerms {
  readonly issuedAtMs: number
  readonly expiresAtMs: number
  readonly ttlSeconds: number
}

/**
 * Returns the terms of a file, which is valid as long as a lease: it ends with the license, and after the
 * `hard_days` of the plan, at the latest. An app can ask for less. Null if the plan allows no use offline.
 */
export function buildFileTerms(
  { license, plan }: TermsSnapshot,
  requestedSeconds: number | null,
  nowMs: number,
): KeygenFileTerms | null {
  if (plan.offline === null) return null
  const longestMs = plan.offline.hardDays * DAY_MS
  const requestedMs = requestedSeconds === null ? longestMs : requestedSeconds * SECOND_MS
  const endMs = license.endsAtMs ?? Infinity
  const expiresAtMs = Math.min(nowMs + Math.min(requestedMs, longestMs), endMs)
  const ttlSeconds = Math.floor((expiresAtMs - nowMs) / SECOND_MS)
  return { issuedAtMs: nowMs, expiresAtMs, ttlSeconds }
}
