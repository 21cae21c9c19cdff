import { invalidField } from './faults.ts'

export const SECOND_MS = 1000
export const HOUR_MS = 3_600_000
export const DAY_MS = 86_400_000

/** RFC 3339 has four digits for a year. */
const TIME_MIN_MS = Date.parse('0000-01-01T00:00:00Z')
export const TIME_MAX_MS = Date.parse('9999-12-31T23:59:59Z')

/**
 * Reads an RFC 3339 time into ms, cut to the whole second that every answer shows.
 * Throws a Fault at `pointer` for times that do not exist: 2026-02-30, an hour of 24.
 */
export function parseTimestamp(text: string, pointer: string): number {
  const hour = text.slice(0, 13)
  const hourMs = Date.parse(`${hour}:00:00Z`)
  const timeMs = Date.parse(text)
  const hourExists = !Number.isNaN(hourMs) && new Date(hourMs).toISOString().slice(0, 13) === hour
  const isWritable = timeMs >= TIME_MIN_MS && timeMs < TIME_MAX_MS + SECOND_MS
  if (!hourExists || !isWritable) {
    throw invalidField(pointer, `There is no such time. Give one such as 2027-03-06T00:00:00Z.`)
  }
  return Math.floor(timeMs / SECOND_MS) * SECOND_MS
}

/** The wire form of a time: RFC 3339 in UTC, whole seconds. */
export function toTimestamp(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19)}Z`
}
