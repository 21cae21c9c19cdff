import { invalidField } from './faults.ts'

export const SECOND_MS = 1000
export const HOUR_MS = 3_600_000
export const DAY_MS = 86_400_000

/**
 * Reads an RFC 3339 time into ms, cut to the whole second that every answer shows.
 * Throws a Fault at `pointer` for days that do not exist, such as 2026-02-30.
 */
export function readTimestamp(text: string, pointer: string): number {
  const dayMs = Date.parse(`${text.slice(0, 10)}T00:00:00Z`)
  const timeMs = Date.parse(text)
  const dayExists =
    !Number.isNaN(dayMs) && new Date(dayMs).toISOString().slice(0, 10) === text.slice(0, 10)
  if (!dayExists || Number.isNaN(timeMs)) {
    throw invalidField(pointer, `There is no such time. Give one such as 2027-03-06T00:00:00Z.`)
  }
  return Math.floor(timeMs / SECOND_MS) * SECOND_MS
}

/** The wire form of a time: RFC 3339 in UTC, whole seconds. */
export function toTimestamp(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19)}Z`
}
