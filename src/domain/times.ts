import { invalidField } from './faults.ts'

export const SECOND_MS = 1000
export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000
export const DAY_MS = 86_400_000

/** Two requests that overtake each other may differ this much. More is from a clock that was ahead. */
export const OVERTAKING_MAX_MS = 5000

/** Returns the later of two times, unless the former one is from a clock that was ahead. */
export function pickLatest(formerMs: number, newMs: number): number {
  return formerMs > newMs + OVERTAKING_MAX_MS ? newMs : Math.max(formerMs, newMs)
}

/**
 * Returns whether a period that began at `startMs` is still running. One that would begin in the
 * future is not: the clock has been set back since.
 */
export function isRunning(startMs: number, lengthMs: number, nowMs: number): boolean {
  return startMs <= nowMs + OVERTAKING_MAX_MS && nowMs < startMs + lengthMs
}

/** RFC 3339 years have four digits. */
const TIME_MIN_MS = Date.parse('0000-01-01T00:00:00Z')
export const TIME_MAX_MS = Date.parse('9999-12-31T23:59:59Z')

/**
 * Parses an RFC 3339 time into ms, truncated to the second, which is the precision of responses.
 * Throws a Fault at `pointer` for times that do not exist, such as 2026-02-30 or 24:00.
 */
export function parseTimestamp(text: string, pointer: string): number {
  const hour = text.slice(0, 13)
  const hourMs = Date.parse(`${hour}:00:00Z`)
  const timeMs = Date.parse(text)
  const hourExists = !Number.isNaN(hourMs) && new Date(hourMs).toISOString().slice(0, 13) === hour
  const isInRange = timeMs >= TIME_MIN_MS && timeMs < TIME_MAX_MS + SECOND_MS
  if (!hourExists || !isInRange) {
    const detail = 'This time does not exist. Use a time such as 2027-03-06T00:00:00Z.'
    throw invalidField(pointer, detail)
  }
  return Math.floor(timeMs / SECOND_MS) * SECOND_MS
}

/** Formats a time for the wire: RFC 3339 in UTC, in whole seconds. */
export function toTimestamp(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19)}Z`
}

/** Formats a time for the name of a file: in UTC, in ms, and without characters that Windows forbids. */
export function toFileStamp(timeMs: number): string {
  return new Date(timeMs).toISOString().replaceAll(/[:.]/g, '-')
}
