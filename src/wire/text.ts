import { Kind, type TSchema, type TUnsafe, Type as TypeBox, TypeRegistry } from '@sinclair/typebox'
import { normalizeEmail } from '~/domain/emails.ts'
import {
  countCharacters,
  describeInvisible,
  findInvisible,
  isBlank,
  type TextKind,
} from '~/domain/text.ts'

const EMAIL = /^[^\s@]+@[^\s@]+$/

interface TextOptions {
  readonly minLength?: number
  readonly maxLength?: number
  readonly description?: string
}

/** Finds what is wrong with a text; its length is checked before. Each returns a sentence or null. */
const findFlaws = {
  AnyText: () => null,
  Reference: (text: string) => findBlank(text) ?? findHidden(text, 'code'),
  Line: (text: string) => findBlank(text) ?? findHidden(text, 'line'),
  Note: (text: string) => findHidden(text, 'note'),
  Identifier: (text: string) =>
    findBlank(text) ??
    (text.includes('\0') || !text.isWellFormed()
      ? 'It contains a NUL or an unpaired surrogate. Send valid Unicode.'
      : null),
  Email: (text: string, max: number) => findHidden(text, 'code') ?? findEmailFlaw(text, max),
} satisfies Readonly<Record<string, (text: string, max: number) => string | null>>

export type TextName = keyof typeof findFlaws

for (const name of Object.keys(findFlaws)) {
  TypeRegistry.Set<TSchema>(name, (schema, value) => findTextFlaw(schema, value) === null)
}

/** A text whose limits count characters; those of a TypeBox string count UTF-16 units. */
export function buildText(name: TextName, options: TextOptions): TUnsafe<string> {
  return TypeBox.Unsafe<string>({ [Kind]: name, type: 'string', ...options })
}

/** Returns a sentence about a value that the schema rejects, or null. Undefined for other schemas. */
export function findTextFlaw(schema: TSchema | object, value: unknown): string | null | undefined {
  const { [Kind]: name, minLength = 0, maxLength = Infinity } = schema as TSchema & TextOptions
  if (!isTextName(name)) return undefined
  if (typeof value !== 'string') return 'Must be a string.'
  if (value.length < minLength) return `Must have at least ${countNoun(minLength)}.`
  // A character has at most two units, so a much longer text is never counted.
  const isTooLong =
    value.length > maxLength && (value.length > 2 * maxLength || countCharacters(value) > maxLength)
  if (isTooLong) {
    return `Must have at most ${countNoun(maxLength)}.`
  }
  return findFlaws[name](value, maxLength)
}

function isTextName(name: string | undefined): name is TextName {
  return name !== undefined && Object.hasOwn(findFlaws, name)
}

function countNoun(count: number): string {
  return count === 1 ? '1 character' : `${count} characters`
}

function findBlank(text: string): string | null {
  return isBlank(text) ? 'It contains only blanks or invisible characters.' : null
}

function findHidden(text: string, kind: TextKind): string | null {
  const found = findInvisible(text, kind)
  return found && describeInvisible(found)
}

function findEmailFlaw(text: string, max: number): string | null {
  if (!EMAIL.test(text)) return ''
  const email = normalizeEmail(text)
  if (email === null) return 'Its domain is not a valid domain name.'
  // The stored form is the one that people see, so it must be accepted as well.
  return countCharacters(email) > max ? `In punycode, it has more than ${max} characters.` : null
}
