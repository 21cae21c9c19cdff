import { registerSchemaPath } from '@elysiajs/swagger/utils'
import { OptionalKind, type TSchema } from '@sinclair/typebox'
import type { AnyElysia } from 'elysia'
import { assert } from '~/assert.ts'
import { Problem } from '~/wire/problems.ts'
import { type Components, examplesOf, type JsonSchema, toJsonSchema } from './schemas.ts'

export type Route = AnyElysia['routes'][number]

/** What the swagger plugin makes of a route, as far as it is read here. */
interface RawOperation {
  readonly tags?: readonly string[]
  readonly summary?: string
  readonly description?: string
  readonly security?: readonly { readonly bearer?: readonly string[] }[]
  readonly parameters?: readonly RawParameter[]
  readonly requestBody?: { readonly content: { readonly [JSON_TYPE]: { schema: JsonSchema } } }
}

interface RawParameter {
  readonly in: string
  readonly name: string
  readonly required: boolean
  readonly description?: string
  readonly examples?: readonly unknown[]
  readonly schema: JsonSchema
}

const JSON_TYPE = 'application/json'

/** What stands in a path after the name of a collection. */
const placeAfter: Readonly<Record<string, { description: string; example: string }>> = {
  activations: { description: 'Id of the activation.', example: 'act_01jg3m8v5mf1x8yq1r5c2w7h3k' },
  deliveries: { description: 'Id of the delivery.', example: 'dlv_01jg3m8v5mf1x8yq1r5c2w7h3k' },
  events: { description: 'Id of the event.', example: 'evt_01jg3m8v5mf1x8yq1r5c2w7h3k' },
  keys: { description: 'Id of the API key.', example: 'key_01jg3m8v5mf1x8yq1r5c2w7h3k' },
  licenses: { description: 'Id of the license.', example: 'lic_01jg3m8v5mf1x8yq1r5c2w7h3k' },
  plans: { description: 'Slug of the plan.', example: 'professional' },
  products: { description: 'Slug of the product.', example: 'default' },
  seats: { description: 'Id of the seat.', example: 'seat_01jg3m8v5mf1x8yq1r5c2w7h3k' },
  webhooks: { description: 'Id of the endpoint.', example: 'whk_01jg3m8v5mf1x8yq1r5c2w7h3k' },
  swagger: { description: 'Name of the file.', example: 'swagger-ui.css' },
}

/** They write nothing, so there is nothing that could happen twice. */
const readingPosts: ReadonlySet<string> = new Set([
  '/api/v1/licenses/lookup',
  '/api/v1/customers/export',
])

/** One operation of OpenAPI, from the options of its route. Schemas with a title join `schemas`. */
export function toOperation(route: Route, schemas: Components) {
  const answers: Readonly<Record<string, TSchema>> = route.hooks.response ?? {}
  const raw = readOptions(route)
  const { tags, summary, security = [], parameters = [], requestBody } = raw
  const scope = security[0]?.bearer?.[0]
  const sentences = [raw.description, scope && `Needs the scope \`${scope}\`.`].filter(Boolean)
  return {
    operationId: route.hooks.detail?.operationId ?? operationIdOf(route),
    tags,
    summary,
    ...(sentences.length > 0 && { description: sentences.join(' ') }),
    security,
    parameters: [
      ...toPlaces(route.path),
      ...parameters.map((parameter) => toParameter(parameter, schemas)),
      refer('parameters', 'RequestId'),
      ...(route.method === 'POST' && scope !== undefined && !readingPosts.has(route.path)
        ? [refer('parameters', 'IdempotencyKey')]
        : []),
      ...('412' in answers ? [refer('parameters', 'IfMatch')] : []),
    ],
    ...(requestBody && {
      requestBody: {
        required: !(OptionalKind in route.hooks.body),
        content: { [JSON_TYPE]: toMedia(requestBody.content[JSON_TYPE].schema, schemas) },
      },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, schema]) => [
          status,
          schema === Problem ? refer('responses', `Problem${status}`) : toAnswer(schema, schemas),
        ]),
      ),
      default: { ...refer('responses', 'Problem500'), description: 'Any other failure.' },
    },
  }
}

/** Has the swagger plugin read a route's options; it would call every body three types. */
function readOptions({ method, path, hooks }: Route): RawOperation {
  const schema: Parameters<typeof registerSchemaPath>[0]['schema'] = {}
  const hook = { ...hooks, parse: [JSON_TYPE], response: undefined }
  registerSchemaPath({ schema, method, path, hook, models: {} })
  const [operations = {}] = Object.values(schema)
  const [operation] = Object.values(operations) as RawOperation[]
  assert(operation !== undefined, 'one route gives one operation')
  return operation
}

function toPlaces(path: string) {
  return [...path.matchAll(/([\w-]+)\/:(\w+)/g)].map(([, collection = '', name]) => ({
    in: 'path',
    name,
    required: true,
    schema: { type: 'string' },
    ...placeAfter[collection],
  }))
}

function toParameter({ examples, ...parameter }: RawParameter, schemas: Components) {
  return {
    ...parameter,
    schema: toJsonSchema(parameter.schema, schemas),
    ...(examples && { example: examples[0] }),
  }
}

function toAnswer(schema: TSchema, schemas: Components) {
  const { description, contentMediaType = JSON_TYPE, files } = schema
  if (schema.type === 'void') return { description }
  if (files === undefined) {
    return { description, content: { [contentMediaType]: toMedia(schema, schemas) } }
  }
  const kinds = Object.entries<string>(files)
  const content = kinds.map(([type, example]) => [type, { schema: { type: 'string' }, example }])
  return { description, content: Object.fromEntries(content) }
}

function toMedia(schema: JsonSchema, schemas: Components) {
  const examples = examplesOf(schema)
  const named = Object.fromEntries(examples.map(([name, value]) => [name, { value }]))
  return {
    schema: toJsonSchema(schema, schemas),
    ...(examples.length === 1 ? { example: examples[0]?.[1] } : { examples: named }),
  }
}

function refer(section: 'parameters' | 'responses', name: string) {
  return { $ref: `#/components/${section}/${name}` }
}

/** `licenses/:id/rotate-key` by POST is `rotateLicenseKey`, `licenses` by GET `listLicenses`. */
function operationIdOf({ method, path, hooks }: Route): string {
  const places = path.replace('/api/v1/', '/').slice(1).split('/')
  const isItem = places.at(-1)?.startsWith(':') === true
  const nouns = places.filter((place) => !place.startsWith(':'))
  const owners = nouns.slice(0, -1).map(toSingular)
  const last = nouns.at(-1) ?? ''
  const answers = hooks.response ?? {}
  if (method === 'POST' && !('201' in answers)) {
    const [verb = '', ...object] = last.split('-')
    return toCamel([verb, ...owners, ...object])
  }
  const isList = answers[200]?.properties?.next_cursor !== undefined
  const verb = isList ? 'list' : (verbs[method] ?? '')
  return toCamel([verb, ...owners, method === 'GET' && !isItem ? last : toSingular(last)])
}

const verbs: Readonly<Record<string, string>> = {
  GET: 'get',
  POST: 'create',
  PUT: 'update',
  DELETE: 'delete',
}

function toSingular(noun: string): string {
  return noun.replace(/ies$/, 'y').replace(/s$/, '')
}

function toCamel([first = '', ...rest]: readonly string[]): string {
  return first + rest.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}
