import fc from 'fast-check'
import { assert } from '~/assert.ts'

/** A schema of the document, as far as its keywords are used in requests. */
export interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly oneOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly format?: string
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
}

/** Values that exist on the server, by the names of fields and parameters. */
export type Known = Readonly<Record<string, readonly unknown[]>>

const CHARACTERS_MAX = 40
const ITEMS_MAX = 3
const DEPTH_MAX = 4
const NUMBER_MAX = 10_000
/** A thousand licenses would slow down all that follows, because everything stored is compared after each request. */
const QUANTITY_MAX = 20

/** Texts that have confused other servers. */
export const hostileTexts: readonly string[] = [
  '',
  ' ',
  '\0',
  '\u202e',
  '\ufeff',
  '💥'.repeat(300),
  'a'.repeat(5000),
  '../../../etc/passwd',
  "' OR 1=1; DROP TABLE licenses; --",
  '<script>alert(1)</script>',
  '__proto__',
  'constructor',
  'toString',
  '%00%ff',
  '\r\nX-Injected: 1',
  '{{7*7}}',
  '\ud800',
  'ﬃ',
  'e\u0301',
  'null',
  '-1',
  '9007199254740993',
  '9223372036854775807',
  '1e999',
  'NaN',
  '0x10',
  '2026-02-30T24:00:60Z',
  '-271821-04-20T00:00:00Z',
  '+275760-09-13T00:00:00.000Z',
  'xn--',
  'a@b',
  '::ffff:127.0.0.1',
  'http://169.254.169.254/latest',
  '*',
]

const hostileValues: readonly unknown[] = [
  ...hostileTexts,
  null,
  true,
  false,
  0,
  -1,
  1.5,
  -0,
  2 ** 31,
  2 ** 53,
  -(2 ** 53) - 2,
  1e21,
  1.7e308,
  [],
  {},
  [[[[]]]],
  { toString: null, valueOf: 1, toJSON: 'x' },
  Array.from({ length: 200 }, (_none, index) => index),
]

export const hostileValue = (): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...hostileValues) },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  )

export type Values = ReturnType<typeof createValues>

/** Creates a generator of values that a schema allows, in which fields of known names often have known values. */
export function createValues(components: Readonly<Record<string, Schema>>, known: Known) {
  function resolve(schema: Schema): Schema {
    if (schema.$ref === undefined) return schema
    const found = components[schema.$ref.replace('#/components/schemas/', '')]
    assert(found !== undefined, `${schema.$ref} exists`)
    return resolve(found)
  }

  /** Returns an arbitrary value of the schema. `name` is that of the field or parameter. */
  function arbitraryOf(given: Schema, name = '', depth = 0): fc.Arbitrary<unknown> {
    const schema = resolve(given)
    const values = known[name]
    const limited = name === 'quantity' ? { ...schema, maximum: QUANTITY_MAX } : schema
    const own = arbitraryOfSchema(limited, depth)
    if (values === undefined || values.length === 0) return own
    const usual = schema.type === 'array' ? values.map((value) => [value]) : values
    return fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...usual) },
      { weight: 1, arbitrary: own },
    )
  }

  function arbitraryOfSchema(schema: Schema, depth: number): fc.Arbitrary<unknown> {
    if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
    const members = schema.oneOf ?? schema.anyOf
    if (members !== undefined)
      return fc.oneof(...members.map((member) => arbitraryOf(member, '', depth)))
    if (Array.isArray(schema.type)) {
      const types: readonly string[] = schema.type
      return fc.oneof(...types.map((type) => arbitraryOfSchema({ ...schema, type }, depth)))
    }
    switch (schema.type) {
      case 'null':
        return fc.constant(null)
      case 'boolean':
        return fc.boolean()
      case 'integer':
      case 'number':
        return numberOf(schema)
      case 'string':
        return textOf(schema)
      case 'array':
        return listOf(schema, depth)
      case 'object':
        return objectOf(schema, depth)
      default:
        return depth > DEPTH_MAX ? fc.constant(null) : fc.jsonValue({ maxDepth: 1 })
    }
  }

  function listOf({ items = {}, minItems = 0, maxItems = ITEMS_MAX }: Schema, depth: number) {
    const maxLength = Math.max(minItems, Math.min(maxItems, ITEMS_MAX))
    return fc.array(arbitraryOf(items, '', depth + 1), { minLength: minItems, maxLength })
  }

  function objectOf(
    { properties = {}, required = [], additionalProperties }: Schema,
    depth: number,
  ): fc.Arbitrary<unknown> {
    const own = Object.entries(properties).map(
      ([name, property]): [string, fc.Arbitrary<unknown>] => [
        name,
        arbitraryOf(property, name, depth + 1),
      ],
    )
    const record = fc.record(Object.fromEntries(own), { requiredKeys: [...required] })
    // Most fields are left out, because some exclude each other.
    const sparse = fc
      .tuple(record, fc.infiniteStream(fc.nat(3)))
      .map(([fields, dice]) =>
        Object.fromEntries(
          Object.entries(fields).filter(
            ([name]) => required.includes(name) || dice.next().value === 0,
          ),
        ),
      )
    if (typeof additionalProperties !== 'object') return fc.oneof(sparse, sparse, record)
    const names = fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme-ascii' })
    return fc.dictionary(names, arbitraryOf(additionalProperties, '', depth + 1), {
      maxKeys: ITEMS_MAX,
    })
  }

  return { arbitraryOf, resolve }
}

function numberOf({ type, minimum = 0, maximum = NUMBER_MAX }: Schema): fc.Arbitrary<number> {
  const max = Math.max(minimum, Math.min(maximum, NUMBER_MAX))
  const integer = fc.integer({ min: minimum, max })
  if (type === 'integer') return fc.oneof(integer, fc.constantFrom(minimum, max))
  return fc.oneof(integer, fc.double({ min: minimum, max, noNaN: true }))
}

function textOf({ format, pattern, minLength = 0, maxLength = CHARACTERS_MAX }: Schema) {
  if (format === 'date-time') {
    return fc
      .date({ min: new Date('2000-01-01'), max: new Date('2099-01-01'), noInvalidDate: true })
      .map((date) => `${date.toISOString().slice(0, 19)}Z`)
  }
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern, 'u'))
  const max = Math.max(minLength, Math.min(maxLength, CHARACTERS_MAX))
  return fc.oneof(
    fc.string({ minLength, maxLength: max, unit: 'grapheme-ascii' }),
    fc.string({ minLength, maxLength: max, unit: 'grapheme' }),
  )
}
