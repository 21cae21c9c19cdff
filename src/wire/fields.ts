import type { SchemaOptions, TProperties } from '@sinclair/typebox'
import { normalizeEmail } from '~/domain/emails.ts'
import type { IdPrefix } from '~/domain/ids.ts'
import { cleanName } from '~/domain/text.ts'
import { toTimestamp } from '~/domain/times.ts'
import { buildText } from './text.ts'
import { Type } from './type.ts'

/** Fields that several nouns share. A field's description is also its error message. */

const NAME_MAX = 200
export const FINGERPRINT_MAX = 255
export const METADATA_ENTRIES_MAX = 50
export const METADATA_TEXT_MAX = 2000
/** Names in maps of metadata and features. */
export const ENTRY_NAME_MAX = 64
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

export const Name = Type.Line(NAME_MAX, `A name of 1–${NAME_MAX} characters.`)

export const Email = buildText('Email', {
  maxLength: 254,
  description: 'An email address such as dev@example.com. Case does not matter.',
})

/** For an address that was checked already, or that only finds what is stored. */
export function parseEmail(text: string): string {
  const address = text.trim()
  return normalizeEmail(address) ?? address.toLowerCase()
}

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

/**
 * The invisible characters of `domain/text.ts` in UTF-16, as TypeBox compiles patterns without flags.
 * It checks only the names that match; `additionalProperties` rejects the rest.
 */
const INVISIBLE_UNITS =
  '\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890-\\u0891\\u08e2' +
  '\\u115f-\\u1160\\u17b4-\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u2800\\u3164' +
  '\\ufdd0-\\ufdef\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\\ufffe-\\uffff'
const EntryName = Type.String({
  pattern: `^(?:[\\ud800-\\udb3f\\udb41-\\udbff][\\udc00-\\udfff]|[^\\ud800-\\udfff${INVISIBLE_UNITS}]){1,${ENTRY_NAME_MAX}}$`,
})

const FeatureValue = Type.Union([Type.Boolean(), Type.Number(), Type.Text(1000)], {
  title: 'FeatureValue',
})
const MetadataValue = Type.Union(
  [Type.Text(METADATA_TEXT_MAX), Type.Number(), Type.Boolean(), Type.Null()],
  { title: 'MetadataValue' },
)

/** The maps of a response, which may be older than the rules for names. */
export const FeatureMap = Type.Record(Type.String(), FeatureValue, {
  description: 'A map from feature names to true, false, a number or a string.',
})
export const MetadataMap = Type.Record(Type.String(), MetadataValue, {
  description: 'A map from names to a string, a number, true, false or null.',
})

export const Features = Type.Record(EntryName, FeatureValue, {
  additionalProperties: false,
  maxProperties: FEATURES_MAX,
  description: 'A map from feature names of 1–64 characters to true, false, a number or a string.',
})

export const Metadata = Type.Record(EntryName, MetadataValue, {
  additionalProperties: false,
  maxProperties: METADATA_ENTRIES_MAX,
  description:
    'A map of up to 50 entries from names of 1–64 characters to a string, a number, true, false or null.',
})

export const LicenseKeyText = Type.Text(300, 'The license key, as the customer entered it.')

export const DomainText = Type.Text(
  4096,
  'The host name where the app runs, or a URL that contains it.',
)

export const Fingerprint = buildText('Identifier', {
  minLength: 1,
  maxLength: FINGERPRINT_MAX,
  description: `A stable identifier of the device, 1–${FINGERPRINT_MAX} characters, not only spaces.`,
})

const REQUESTED_FEATURES_MAX = 100
const REQUESTED_NAME_MAX = 64

/** The requirements of an app that do not depend on where it runs. */
export const requirements = {
  product: Type.ClientField(
    Type.Text(REQUESTED_NAME_MAX, 'The slug of the product that the app expects.'),
  ),
  features: Type.ClientField(
    Type.List(
      Type.Text(REQUESTED_NAME_MAX),
      REQUESTED_FEATURES_MAX,
      'Features that the license must include.',
    ),
  ),
}

/** Omits what an app does not require. */
export function parseRequirements({
  product,
  features,
}: {
  product?: string | null
  features?: string[] | null
}) {
  return { product: product ?? undefined, features: features ?? undefined }
}

/** The name of a device in a client call. Apps may use either field; the first has priority. */
export const deviceNames = {
  name: Type.ClientField(
    Type.Described(
      'A display name, such as the name of the computer. It is cut to 200 characters.',
    ),
  ),
  device_name: Type.ClientField(Type.Described('The same as `name`.')),
}

/** A customer is never refused because of a name, so it is cleaned and cut instead. */
export function parseDeviceName(names: {
  name?: string | null
  device_name?: string | null
}): string | null {
  return cleanName(names.name, NAME_MAX) ?? cleanName(names.device_name, NAME_MAX)
}

export const Reason = Type.Nullable(
  Type.Note(500, 'The reason, up to 500 characters; null for none.'),
)

export const NoBody = Type.Optional(
  Type.Object({}, { additionalProperties: false, examples: [{}] }),
)

/** The response of a deletion, with status 204. */
export const Nothing = Type.Void({ description: 'Deleted. The response has no body.' })
export const NoSuchPart = Type.Void({
  description: 'The file has no such part. The response has no body.',
})

export function presentOptionalTime(timeMs: number | null): string | null {
  return timeMs === null ? null : toTimestamp(timeMs)
}

/** Omits undefined members: on the wire they mean "not given", and the domain has no use for them. */
export function omitUndefined<Value extends object>(value: Value): Defined<Value> {
  const given = Object.entries(value).filter(([, inner]) => inner !== undefined)
  return Object.fromEntries(given) as Defined<Value>
}

type Defined<Value> = { [Name in keyof Value]?: Exclude<Value[Name], undefined> }
