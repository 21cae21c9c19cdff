import {
  type SchemaOptions,
  type TLiteral,
  type TProperties,
  type TSchema,
  type TUnion,
  Type as TypeBox,
} from '@sinclair/typebox'
import { buildText } from './text.ts'

/** TypeBox with the constructors that wire shapes need again and again. */
export const Type = Object.assign({ ...TypeBox } as typeof TypeBox, {
  Nullable: <Schema extends TSchema>(schema: Schema) => TypeBox.Union([schema, TypeBox.Null()]),

  /** An optional field of a client call. It may be null, which many languages write for no value. */
  ClientField: <Schema extends TSchema>(schema: Schema) =>
    TypeBox.Optional(TypeBox.Union([schema, TypeBox.Null()])),

  Literals: <const Words extends readonly string[]>(words: Words, options: SchemaOptions = {}) =>
    TypeBox.Union(
      words.map((word) => TypeBox.Literal(word)),
      options,
    ) as TUnion<{ -readonly [Index in keyof Words]: TLiteral<Words[Index] & string> }>,

  /** A text of up to `maxLength` characters. */
  Text: (maxLength: number, description?: string) =>
    buildText('AnyText', { maxLength, ...(description && { description }) }),

  /** A text of at least one character. */
  NonEmpty: (maxLength: number, description: string) =>
    buildText('AnyText', { minLength: 1, maxLength, description }),

  /** One line for people, such as a name. It is not blank and has no invisible characters. */
  Line: (maxLength: number, description: string) =>
    buildText('Line', { minLength: 1, maxLength, description }),

  /** A text for people, which may have several lines. */
  Note: (maxLength: number, description: string) => buildText('Note', { maxLength, description }),

  List: <Item extends TSchema>(item: Item, maxItems: number, description: string) =>
    TypeBox.Array(item, { maxItems, description }),

  IntegerBetween: (minimum: number, maximum: number, description: string) =>
    TypeBox.Integer({ minimum, maximum, description }),

  /** A text in a response, which has no limit. */
  Described: (description: string) => TypeBox.String({ description }),

  /** A secret in the response that created it. */
  ShownOnce: () =>
    TypeBox.Union([
      TypeBox.String({ description: 'Shown only once; null when the response is replayed.' }),
      TypeBox.Null(),
    ]),

  /** An integer in a response, which has no limits. */
  Count: (description: string) => TypeBox.Integer({ description }),

  /** Makes every property optional. */
  Optionals: <Properties extends TProperties>(properties: Properties) =>
    TypeBox.Partial(TypeBox.Object(properties)).properties,

  /** A named object in a response. */
  Response: <Properties extends TProperties>(
    title: string,
    description: string,
    example: unknown,
    properties: Properties,
  ) => TypeBox.Object(properties, { title, description, examples: [example] }),

  /** A query string. Unknown parameters are rejected. */
  Query: <Properties extends TProperties>(properties: Properties) =>
    TypeBox.Object(properties, { additionalProperties: false }),

  /** The body of a request, which rejects unknown fields unless the options allow them. */
  Request: <Properties extends TProperties>(
    title: string,
    examples: readonly unknown[],
    properties: Properties,
    options: SchemaOptions = {},
  ) => TypeBox.Object(properties, { title, additionalProperties: false, ...options, examples }),

  /** Checks values against `checked`, and shows `published` in the OpenAPI document instead. */
  PublishAs: <Schema extends TSchema>(checked: Schema, published: TSchema): Schema => ({
    ...checked,
    published,
  }),
})
