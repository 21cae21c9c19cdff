import type { Static, TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { InvalidArgumentError } from 'commander'
import { Fault } from '~/domain/faults.ts'
import { parseTimestamp } from '~/domain/times.ts'
import { Name, Timestamp } from '~/wire/fields.ts'
import { findTextFlaw } from '~/wire/text.ts'

/** Turns a Fault of the caller into a usage error. */
export function asArgument<Result>(parse: () => Result): Result {
  try {
    return parse()
  } catch (error) {
    throw error instanceof Fault ? new InvalidArgumentError(error.message) : error
  }
}

/** Parses the name of an operator, an API key or an edge. */
export function parseName(text: string): string {
  const flaw = text === '' ? 'The name is empty.' : findTextFlaw(Name, text)
  if (flaw == null) return text
  throw new InvalidArgumentError(`${flaw} Use a name with 1–200 characters.`)
}

/** Returns a parser that accepts what a request accepts as this field. */
export function createParser<Field extends TSchema>(
  schema: Field,
  read: (text: string) => unknown = (text) => text,
): (text: string) => Static<Field> {
  return (text) => checkField(schema, read(text))
}

/** Returns the same for an option that may be repeated, such as `--domain`. */
export function createListParser<Field extends TSchema>(
  schema: Field,
): (text: string, previous?: readonly string[]) => Static<Field> {
  return (text, previous = []) => checkField(schema, [...previous, text])
}

/** Returns the same for an option `NAME=VALUE` that may be repeated. */
export function createMapParser<Field extends TSchema>(
  schema: Field,
): (text: string, previous?: object) => Static<Field> {
  return (text, previous = {}) => {
    const at = text.indexOf('=')
    if (at < 1) throw new InvalidArgumentError('Use NAME=VALUE, such as sso=true.')
    return checkField(schema, { ...previous, [text.slice(0, at)]: readScalar(text.slice(at + 1)) })
  }
}

/** Parses a time. With `none`, this word means null. */
export const readTime = (none?: string) => (text: string) => {
  if (text === none) return null
  if (Value.Check(Timestamp, text)) asArgument(() => parseTimestamp(text, '/'))
  return text
}

/** Parses a time that has passed, into ms. */
export function parsePastTime(text: string): number {
  if (!Value.Check(Timestamp, text)) {
    throw new InvalidArgumentError('Use a time such as 2027-03-06T00:00:00Z.')
  }
  const timeMs = asArgument(() => parseTimestamp(text, '/'))
  if (timeMs <= Date.now()) return timeMs
  throw new InvalidArgumentError('This time is in the future. Use an earlier one.')
}

/** Reads an integer; `none` means null. Any other text is left for the schema to reject. */
export function readLimit(text: string): number | string | null {
  if (text === 'none') return null
  return /^\d{1,15}$/.test(text) ? Number(text) : text
}

/** Reads true, false, null, and a number as JSON would write it; the rest is a string. */
function readScalar(text: string): string | number | boolean | null {
  if (text === 'true' || text === 'false') return text === 'true'
  if (text === 'null') return null
  const number = Number(text)
  return Number.isFinite(number) && String(number) === text ? number : text
}

function checkField<Field extends TSchema>(schema: Field, value: unknown): Static<Field> {
  if (Value.Check(schema, value)) return value
  const parts: TSchema[] = [schema, ...(schema.anyOf ?? [])]
  const flaw = parts.map((part) => findTextFlaw(part, value)).find(Boolean)
  const description = parts.find((part) => part.description !== undefined)?.description
  throw new InvalidArgumentError([flaw, description].filter(Boolean).join(' '))
}
