import { DAY_MS, SECOND_MS, TIME_MAX_MS } from '~/domain/times.ts'
import { refuseRecord, type SourceRecord } from './source.ts'

/** The maximum of `max_domains` and the like in requests. */
const LIMIT_MAX = 2_147_483_647
/** Unix times in seconds have ten digits until 2286, and in milliseconds thirteen. */
const UNIX_SECONDS = /^-?\d{1,10}$/
const UNIX_MS = /^\d{13}$/
const TIME =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(?: ?(Z|UTC|[+-]\d{2}:?\d{2}))?)?$/i
/** MySQL writes a missing time like this. */
const NO_TIME = /^0000-00-00/

/**
 * Returns the value of a field; undefined if the record has none. Dots lead into objects, so
 * `attributes.key` is the key of JSON:API. A header that contains the whole name comes first.
 */
export function readField(record: SourceRecord, name: string): unknown {
  if (Object.hasOwn(record, name)) return record[name]
  let value: unknown = record
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = Reflect.get(value, part)
  }
  return value
}

/** Returns the first of these fields that has a text, without white space around it, or null. */
export function readText(record: SourceRecord, ...names: readonly string[]): string | null {
  for (const name of names) {
    const value = readField(record, name)
    if (typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER) {
      throw refuseRecord(`${name} is a number that is too long for JSON. Put quotes around it.`)
    }
    if (typeof value === 'number' || typeof value === 'boolean') return String(value)
    if (typeof value === 'string' && value.trim() !== '') return value.trim()
  }
  return null
}

/** Returns the same, or throws `refuseRecord` if there is none. */
export function requireText(record: SourceRecord, ...names: readonly [string, ...string[]]) {
  const text = readText(record, ...names)
  if (text === null) throw refuseRecord(`It has no ${names[0]}.`)
  return text
}

/** Whether one of these fields is true, or 1. */
export function readFlag(record: SourceRecord, ...names: readonly string[]): boolean {
  return names.some((name) => /^(?:1|true)$/.test(readText(record, name) ?? ''))
}

/** Returns an ID as a number if it is one that JSON can represent. */
export const toId = (text: string) => (/^\d{1,15}$/.test(text) ? Number(text) : text)

/** Leaves out the values that a record does not have. */
export function keepKnown<Value>(
  values: Readonly<Record<string, Value | null>>,
): Record<string, Value> {
  const known: Record<string, Value> = {}
  for (const [name, value] of Object.entries(values)) if (value !== null) known[name] = value
  return known
}

/** Whether a record has one of these fields, even without a value. */
export function hasField(record: SourceRecord, ...names: readonly string[]): boolean {
  return names.some((name) => readField(record, name) !== undefined)
}

/**
 * Returns a time in ms; null if there is none. Reads RFC 3339, `2026-01-31 12:00:00` (in UTC unless it
 * says otherwise), days, which end at midnight of the next, and Unix times in seconds or ms. Throws
 * `refuseRecord` for anything else.
 */
export function readTime(record: SourceRecord, ...names: readonly string[]): number | null {
  const text = readText(record, ...names)
  if (text === null || NO_TIME.test(text)) return null
  const timeMs = parseTime(text)
  if (Number.isNaN(timeMs) || Math.abs(timeMs) > TIME_MAX_MS) {
    throw refuseRecord(`${nameOf(record, names)} is not a time: ${text.slice(0, 40)}.`)
  }
  return Math.floor(timeMs / SECOND_MS) * SECOND_MS
}

function parseTime(text: string): number {
  if (UNIX_SECONDS.test(text)) return Number(text) * SECOND_MS
  if (UNIX_MS.test(text)) return Number(text)
  const [, day = '', time, zone = 'Z'] = TIME.exec(text) ?? []
  const startMs = Date.parse(`${day}T00:00:00Z`)
  // Date.parse turns 30 February into March.
  const exists = !Number.isNaN(startMs) && new Date(startMs).toISOString().startsWith(day)
  if (!exists) return Number.NaN
  if (time === undefined) return startMs + DAY_MS - SECOND_MS
  return Date.parse(`${day}T${time}${zone.toUpperCase() === 'UTC' ? 'Z' : zone.toUpperCase()}`)
}

/** Returns an integer of 0 or more; null if there is none. Throws `refuseRecord` for anything else. */
export function readCount(record: SourceRecord, ...names: readonly string[]): number | null {
  const text = readText(record, ...names)
  if (text === null) return null
  const count = Number(text)
  if (!/^\d+(?:\.0+)?$/.test(text) || count > LIMIT_MAX) {
    throw refuseRecord(
      `${nameOf(record, names)} is not a number of 0 or more: ${text.slice(0, 40)}.`,
    )
  }
  return count
}

/** Returns the parts of a text between white space, commas, semicolons and bars, or of an array. */
export function readList(record: SourceRecord, ...names: readonly string[]): readonly string[] {
  const value = names.map((name) => readField(record, name)).find((found) => Array.isArray(found))
  if (Array.isArray(value)) return value.filter((part) => typeof part === 'string' && part !== '')
  return (readText(record, ...names) ?? '').split(/[\s,;|]+/).filter((part) => part !== '')
}

const nameOf = (record: SourceRecord, names: readonly string[]) =>
  names.find((name) => readText(record, name) !== null) ?? names[0] ?? ''
