/** What is looked at of JSON Schema 2020-12, the dialect of OpenAPI 3.1; other keywords pass. */
export interface JsonSchema {
  readonly $id?: string
  readonly $ref?: string
  readonly title?: string
  readonly description?: string
  readonly examples?: unknown
  readonly type?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly JsonSchema[]
  readonly items?: JsonSchema
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>
  readonly propertyNames?: unknown
  readonly additionalProperties?: unknown
  readonly contentMediaType?: string
}

/** The named schemas of a document, filled while its parts are written. */
export type Components = Record<string, JsonSchema>

/** How TypeBox writes that a record may have any names. */
const ANY_NAME = '^(.*)$'

/**
 * Writes a contract schema as people and generators like to read it: what has a title becomes a
 * component, a union of words an enum, and `null` one more type.
 */
export function toJsonSchema(schema: JsonSchema, components: Components): JsonSchema {
  const { title } = schema
  if (title === undefined) return toInlineSchema(schema, components)
  components[title] ??= toInlineSchema(schema, components)
  return { $ref: `#/components/schemas/${title}` }
}

function toInlineSchema(schema: JsonSchema, components: Components): JsonSchema {
  const { $id: _id, title: _title, anyOf, items, properties, patternProperties, ...rest } = schema
  const inner = (part: JsonSchema) => toJsonSchema(part, components)
  const entries = Object.entries(properties ?? {}).map(([name, part]) => [name, inner(part)])
  return {
    ...rest,
    ...(properties && { properties: Object.fromEntries(entries) }),
    ...(patternProperties && toMap(patternProperties, inner)),
    ...(items && { items: inner(items) }),
    ...(anyOf && toUnion(anyOf.map(inner))),
  }
}

/** TypeBox writes a record as one pattern; generators know maps by `additionalProperties`. */
function toMap(
  patternProperties: Readonly<Record<string, JsonSchema>>,
  inner: (part: JsonSchema) => JsonSchema,
): JsonSchema {
  const [[pattern, value] = [ANY_NAME, {}]] = Object.entries(patternProperties)
  const additionalProperties = inner(value)
  if (pattern === ANY_NAME) return { additionalProperties }
  return { propertyNames: { pattern }, additionalProperties }
}

function toUnion(members: readonly JsonSchema[]): JsonSchema {
  const types = members.map(({ type }) => type)
  const words = members.map((member) => member.const)
  if (!words.includes(undefined)) return { type: types[0], enum: words }
  // Most keywords speak of one type only, so members of different types can share a schema.
  const isPlain = members.every((member) => typeof member.type === 'string' && !isWord(member))
  const isDistinct = new Set(types).size === types.length
  if (isPlain && isDistinct) return { ...Object.assign({}, ...members), type: types }
  return { anyOf: members }
}

function isWord(schema: JsonSchema): boolean {
  return schema.const !== undefined || schema.enum !== undefined
}

/** The examples of a schema, or of the members of a union, each under its title. */
export function examplesOf({
  title = 'Example',
  examples,
  anyOf = [],
}: JsonSchema): [string, unknown][] {
  if (!Array.isArray(examples)) return anyOf.flatMap(examplesOf)
  return examples.map((example, index) => [index === 0 ? title : `${title} ${index + 1}`, example])
}
