/** The keywords of JSON Schema 2020-12, the dialect of OpenAPI 3.1, that are rewritten here. */
export interface JsonSchema {
  readonly $ref?: string
  readonly title?: string
  readonly description?: string
  readonly examples?: unknown
  readonly type?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  /** The entries of a tuple are a list. */
  readonly items?: JsonSchema | readonly JsonSchema[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: unknown
  readonly additionalItems?: unknown
  readonly prefixItems?: readonly JsonSchema[]
  /** Replaces the schema in the document, see `Type.PublishAs`. */
  readonly published?: JsonSchema
}

/** The named schemas of a document, filled while its parts are built. */
export type Components = Record<string, JsonSchema>

/**
 * Rewrites a TypeBox schema the way people and code generators read it best: a schema with a title
 * becomes a component, a union of words an enum, `null` one of several types, a record a map.
 */
export function buildSchema(schema: JsonSchema, components: Components): JsonSchema {
  const { title, description, published } = schema
  if (published !== undefined) {
    return buildSchema(description ? { ...published, description } : published, components)
  }
  if (title === undefined) return buildInlineSchema(schema, components)
  components[title] ??= buildInlineSchema(schema, components)
  return { $ref: `#/components/schemas/${title}` }
}

function buildInlineSchema(schema: JsonSchema, components: Components): JsonSchema {
  const {
    title: _title,
    // Only the server rejects unknown fields; generated clients must accept those of later versions.
    additionalProperties: _closed,
    additionalItems: _none,
    const: word,
    anyOf,
    items,
    properties,
    patternProperties,
    ...rest
  } = schema
  const inner = (part: JsonSchema) => buildSchema(part, components)
  const entries = Object.entries(properties ?? {}).map(([name, part]) => [name, inner(part)])
  const [values] = Object.values(patternProperties ?? {})
  return {
    // The description of a union is more specific than those of its members.
    ...(anyOf && buildUnion(anyOf, anyOf.map(inner))),
    ...rest,
    ...(word !== undefined && { enum: [word] }),
    ...(properties && { properties: Object.fromEntries(entries) }),
    ...(values && { additionalProperties: inner(values) }),
    ...(items && buildItems(items, inner)),
  }
}

/** A tuple has as many entries as it has schemas, see `minItems` and `maxItems` of it. */
function buildItems(
  items: JsonSchema | readonly JsonSchema[],
  inner: (part: JsonSchema) => JsonSchema,
): JsonSchema {
  return isList(items) ? { prefixItems: items.map(inner) } : { items: inner(items) }
}

const isList = (items: JsonSchema | readonly JsonSchema[]): items is readonly JsonSchema[] =>
  Array.isArray(items)

function buildUnion(checked: readonly JsonSchema[], members: readonly JsonSchema[]): JsonSchema {
  const [first = {}, second, third] = members
  const words = checked.map((member) => member.const)
  if (!words.includes(undefined)) return { type: first.type, enum: words }
  const isNullable = second?.type === 'null' && third === undefined
  if (!isNullable) return { oneOf: members }
  const isPlain = typeof first.type === 'string' && first.enum === undefined
  return isPlain ? { ...first, type: [first.type, 'null'] } : { anyOf: members }
}

/** Returns the examples of a schema, or of the members of a union, each with its title. */
export function collectExamples({
  title = 'Example',
  examples,
  anyOf = [],
}: JsonSchema): [string, unknown][] {
  if (!Array.isArray(examples)) return anyOf.flatMap(collectExamples)
  return examples.map((example, index) => [index === 0 ? title : `${title} ${index + 1}`, example])
}
