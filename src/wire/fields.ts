import type { SchemaOptions, TProperties } from '@sinclair/typebox'
import type { IdPrefix } from '~/domain/ids.ts'
import { toTimestamp } from '~/domain/times.ts'
import { Type } from './type.ts'

/** Fields that several nouns share. A field's description is also its error message. */

const NAME_MAX = 200
const METADATA_ENTRIES_MAX = 50
const FEATURES_MAX = 200
const INTEGER_MAX = 2_147_483_647

/**
 * The body of a client request, which has a license key. Unknown fields are ignored, so that apps
 * of many versions can call one server.
 */
export const clientBody = <Properties extends TProperties>(
  title: string,
  example: object,
  properties: Properties,
  options: SchemaOptions = {},
) =>
  Type.Object(
    { key: LicenseKeyText, ...properties },
    {
      title,
      additionalProperties: true,
      ...options,
      examples: [{ key: 'TO-7Q4M-X0ZD-9KTB-2F17', ...example }],
    },
  )

export const exampleId = (prefix: IdPrefix) => `${prefix}_01jg3m8v5mf1x8yq1r5c2w7h3k`

export const Slug = Type.String({
  pattern: '^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$',
  description:
    '1–64 lowercase letters, digits, hyphens and underscores, starting and ending with a letter or digit.',
})

export const Name = Type.NonEmpty(NAME_MAX, `A name of 1–${NAME_MAX} characters.`)

export const Email = Type.String({
  maxLength: 254,
  pattern: '^[^\\s@\\u0000-\\u001f]+@[^\\s@\\u0000-\\u001f]+$',
  description: 'An email address such as dev@example.com, compared in lowercase.',
})

/** A time in a response. */
export const Time = Type.PublishAs(Type.String(), Type.String({ format: 'date-time' }))
export const OptionalTime = Type.Nullable(Time)

/** A time in a request. `parseTimestamp` rejects days that do not exist, such as 2026-02-30. */
export const Timestamp = Type.PublishAs(
  Type.String({
    pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(?:\\.\\d{1,9})?(?:Z|[+-]\\d{2}:\\d{2})$',
    description: 'An RFC 3339 time such as 2027-03-06T00:00:00Z.',
  }),
  Type.String({ format: 'date-time' }),
)

export const Limit = Type.Nullable(
  Type.IntegerBetween(0, INTEGER_MAX, 'An integer of 0 or more, or null for no limit.'),
)

export const Count = Type.Integer({ minimum: 0, maximum: INTEGER_MAX })

/** TypeBox checks only the names that match the pattern; `additionalProperties` rejects the rest. */
const EntryName = Type.String({ pattern: '^[^\\u0000-\\u001f\\u007f]{1,64}$' })

export const Features = Type.Record(
  EntryName,
  Type.Union([Type.Boolean(), Type.Number(), Type.String({ maxLength: 1000 })], {
    title: 'FeatureValue',
  }),
  {
    additionalProperties: false,
    maxProperties: FEATURES_MAX,
    description:
      'A map from feature names of 1–64 characters to true, false, a number or a string.',
  },
)

export const Metadata = Type.Record(
  EntryName,
  Type.Union([Type.String({ maxLength: 2000 }), Type.Number(), Type.Boolean(), Type.Null()], {
    title: 'MetadataValue',
  }),
  {
    additionalProperties: false,
    maxProperties: METADATA_ENTRIES_MAX,
    description:
      'A map of up to 50 entries from names of 1–64 characters to a string, a number, true, false or null.',
  },
)

export const LicenseKeyText = Type.Text(300, 'The license key, as the customer entered it.')

export const DomainText = Type.Text(
  4096,
  'The host name where the app runs, or a URL that contains it.',
)

export const Fingerprint = Type.NonEmpty(
  255,
  'A stable identifier of the device, 1–255 characters.',
)

export const DisplayName = Type.Text(200, 'A display name, such as the name of the computer.')

export const Reason = Type.Nullable(
  Type.Text(500, 'The reason, up to 500 characters; null for none.'),
)

export const NoBody = Type.Optional(
  Type.Object({}, { additionalProperties: false, examples: [{}] }),
)

/** The response of a deletion, with status 204. */
export const Nothing = Type.Void({ description: 'Deleted. The response has no body.' })

export function presentOptionalTime(timeMs: number | null): string | null {
  return timeMs === null ? null : toTimestamp(timeMs)
}

/** Omits undefined members: on the wire they mean "not given", and the domain has no use for them. */
export function omitUndefined<Value extends object>(value: Value): Defined<Value> {
  const given = Object.entries(value).filter(([, inner]) => inner !== undefined)
  return Object.fromEntries(given) as Defined<Value>
}

type Defined<Value> = { [Name in keyof Value]?: Exclude<Value[Name], undefined> }
