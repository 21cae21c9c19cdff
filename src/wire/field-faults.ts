import type { ValueError, ValueErrorIterator } from '@sinclair/typebox/errors'
import { Fault, type FieldError } from '~/domain/faults.ts'
import { describeInvisible, findInvisible } from '~/domain/text.ts'
import { findTextFlaw } from './text.ts'

const FIELD_ERRORS_MAX = 20

/** The part of a compiled schema that finds what is wrong with a value. */
interface Check {
  readonly Errors: (value: unknown) => ValueErrorIterator
}

const names: Readonly<Record<string, string>> = { query: 'query string', event: 'event' }

/** Returns a Fault with the errors of a query, a body or an event that its schema rejects. */
export function toFieldFault(type: string, check: Check, value: unknown): Fault {
  const byPointer = new Map<string, FieldError>()
  // Elysia's own list of errors converts values to strings, which throws for some of them.
  for (const found of check.Errors(value)) {
    if (byPointer.size === FIELD_ERRORS_MAX) break
    const problem = unwrapNullable(found)
    const pointer = type === 'query' ? `?${problem.path.slice(1)}` : problem.path
    if (!byPointer.has(pointer))
      byPointer.set(pointer, { pointer, detail: toSentence(problem, type) })
  }
  const fields = [...byPointer.values()]
  const [first] = fields
  const example = first === undefined ? '' : ` ${first.pointer || 'body'}: ${first.detail}`
  const where = names[type] ?? 'request body'
  return new Fault('validation_failed', `The ${where} is invalid.${example}`, { errors: fields })
}

interface FieldSchema {
  readonly description?: string
  readonly const?: unknown
  readonly type?: string
  readonly anyOf?: readonly FieldSchema[]
  /** Only records have it. Their description says which names are allowed. */
  readonly patternProperties?: object
}

/** Returns the error of the schema inside `nullable`, as the value is not null. */
function unwrapNullable(problem: ValueError): ValueError {
  const { errors } = problem
  const schema: FieldSchema = problem.schema
  const isNullable = schema.anyOf?.length === 2 && schema.anyOf[1]?.type === 'null'
  const inner = isNullable ? errors[0]?.First() : undefined
  return inner === undefined ? problem : unwrapNullable(inner)
}

/** Plain English for the messages of TypeBox. */
const rewordings: readonly [found: RegExp, words: string][] = [
  [/^Expected array length to be greater or equal to (\d+)$/, 'Must have $1 or more entries'],
  [/^Expected array length to be less or equal to (\d+)$/, 'Must have $1 or fewer entries'],
  [/^Expected .* greater or equal to /, 'Must be at least '],
  [/^Expected .* less or equal to /, 'Must be at most '],
  [/^Expected kind '\w+'$/, 'Must be a string'],
  [/^Expected (string|number|boolean)$/, 'Must be a $1'],
  [/^Expected (integer|array|object)$/, 'Must be an $1'],
]

function toSentence(problem: ValueError, type: string): string {
  const { message } = problem
  const schema: FieldSchema = problem.schema
  if (message === 'Unexpected property') {
    const isName = schema.patternProperties !== undefined && schema.description !== undefined
    if (isName) return describeName(problem.path) ?? schema.description
    return `There is no such ${type === 'query' ? 'parameter' : 'field'}. Remove it.`
  }
  if (message === 'Expected required property') return 'This field is required.'
  const { description, anyOf = [] } = schema
  const flaws = [schema, ...anyOf].map((part) => findTextFlaw(part, problem.value))
  const flaw = flaws.find((found) => found != null && typeof problem.value === 'string')
  if (flaw != null) return [flaw, description].filter(Boolean).join(' ')
  if (anyOf.length > 0) {
    return `Must be one of ${anyOf.map((member) => member.const ?? member.type).join(', ')}.`
  }
  const sentence = rewordings.reduce((text, [found, words]) => text.replace(found, words), message)
  if (description === undefined) return `${sentence}.`
  return message.startsWith('Expected string to match')
    ? description
    : `${sentence}. ${description}`
}

/** Names the invisible character in the name of a map's entry, which ends the path. */
function describeName(path: string): string | null {
  const hidden = findInvisible(path.slice(path.lastIndexOf('/') + 1), 'code')
  return hidden && describeInvisible(hidden)
}
