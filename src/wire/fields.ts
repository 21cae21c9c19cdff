import { type SchemaOptions, type TLiteral, type TUnion, Type } from '@sinclair/typebox'
import { toTimestamp } from '~/domain/times.ts'

/** Fields that several nouns share. Sentences of refusal live with the fields they belong to. */

const NAME_MAX = 200
const METADATA_ENTRIES_MAX = 50
const FEATURES_MAX = 200
const INTEGER_MAX = 2_147_483_647

export const nullable = <Schema extends Parameters<typeof Type.Union>[0][number]>(schema: Schema) =>
  Type.Union([schema, Type.Null()])

export const literals = <const Words extends readonly string[]>(
  words: Words,
  options: SchemaOptions = {},
) =>
  Type.Union(
    words.map((word) => Type.Literal(word)),
    options,
  ) as TUnion<{
    -readonly [Index in keyof Words]: TLiteral<Words[Index] & string>
  }>

export const Slug = Type.String({
  pattern: '^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$',
  description:
    'Lower-case letters, digits, - and _ (1–64), beginning and ending with a letter or digit.',
})

export const Name = Type.String({ minLength: 1, maxLength: NAME_MAX })

export const Email = Type.String({
  maxLength: 254,
  pattern: '^[^\\s@\\u0000-\\u001f]+@[^\\s@\\u0000-\\u001f]+$',
  description: 'An e-mail address such as dev@example.com; compared in lower case.',
})

/** Whether the day exists (`2026-02-30` does not) is judged in `domain/times.ts`. */
export const Timestamp = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(?:\\.\\d{1,9})?(?:Z|[+-]\\d{2}:\\d{2})$',
  description: 'An RFC 3339 time such as 2027-03-06T00:00:00Z.',
})

export const Limit = nullable(
  Type.Integer({
    minimum: 0,
    maximum: INTEGER_MAX,
    description: 'A whole number of 0 or more, or null for no limit.',
  }),
)

export const Count = Type.Integer({ minimum: 0, maximum: INTEGER_MAX })

/** Of a record's names TypeBox heeds the pattern only; other names are refused, not let through. */
const EntryName = Type.String({ pattern: '^[^\\u0000-\\u001f\\u007f]{1,64}$' })

export const Features = Type.Record(
  EntryName,
  Type.Union([Type.Boolean(), Type.Number(), Type.String({ maxLength: 1000 })]),
  {
    additionalProperties: false,
    maxProperties: FEATURES_MAX,
    description: 'Feature names of 1–64 characters, each with true, false, a number or a text.',
  },
)

export const Metadata = Type.Record(
  EntryName,
  Type.Union([Type.String({ maxLength: 2000 }), Type.Number(), Type.Boolean(), Type.Null()]),
  {
    additionalProperties: false,
    maxProperties: METADATA_ENTRIES_MAX,
    description:
      'Up to 50 names of 1–64 characters, each with a text, a number, true, false or null.',
  },
)

/** A field of an app's body: many languages write what is not there as null. */
export const clientField = <Schema extends Parameters<typeof Type.Union>[0][number]>(
  schema: Schema,
) => Type.Optional(nullable(schema))

/** A license key as an app presents it. */
export const LicenseKeyText = Type.String({ maxLength: 300 })

/** A host name, or a URL that it stands in. */
export const DomainText = Type.String({ maxLength: 4096, description: 'Where the app runs.' })

export const Fingerprint = Type.String({
  minLength: 1,
  maxLength: 255,
  description: 'The device that the app runs on: 1–255 characters.',
})

export const DisplayName = Type.String({ maxLength: 200 })

export const NoBody = Type.Optional(
  Type.Object({}, { additionalProperties: false, examples: [{}] }),
)

/** The answer with status 204. */
export const Nothing = Type.Void({ description: 'It is gone.' })

export const Reason = nullable(Type.String({ maxLength: 500 }))

export function presentOptionalTime(timeMs: number | null): string | null {
  return timeMs === null ? null : toTimestamp(timeMs)
}

/** Drops what is undefined, which means "not given" on the wire and has no place in the domain. */
export function defined<Value extends object>(value: Value): Defined<Value> {
  const given = Object.entries(value).filter(([, inner]) => inner !== undefined)
  return Object.fromEntries(given) as Defined<Value>
}

type Defined<Value> = { [Name in keyof Value]?: Exclude<Value[Name], undefined> }
