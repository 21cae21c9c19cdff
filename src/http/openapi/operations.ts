import { registerSchemaPath } from '@elysiajs/swagger/utils'
import { OptionalKind, type TSchema } from '@sinclair/typebox'
import type { AnyElysia } from 'elysia'
import { Problem } from '~/wire/problems.ts'
import { isLimitedByAddress } from '../plugins/request-limits.ts'
import { type RouteRules, readRules } from '../plugins/route-options.ts'
import { buildPathParams } from './path-params.ts'
import { buildSchema, type Components, collectExamples, type JsonSchema } from './schemas.ts'

export type Route = AnyElysia['routes'][number]

/** A parameter in the path or the query, as the swagger plugin reads it from its schema. */
interface RouteParameter {
  readonly in: string
  readonly name: string
  readonly required: boolean
  readonly description?: string
  readonly examples?: readonly unknown[]
  readonly schema: JsonSchema
}

const JSON_TYPE = 'application/json'

/** Builds an OpenAPI operation from the options of its route. Named schemas join `components`. */
export function buildOperation(route: Route, components: Components) {
  const { body, response, detail } = route.hooks
  const { operationId, tags, summary, description, security = [] } = detail
  const rules = readRules(route)
  const { scope } = rules
  const sentences = [description, scope && `Requires the scope \`${scope}\`.`].filter(Boolean)
  const hasBody = Object.keys((body?.published ?? body)?.properties ?? {}).length > 0
  return {
    operationId,
    tags,
    summary,
    ...(sentences.length > 0 && { description: sentences.join(' ') }),
    security,
    parameters: [
      ...readParameters(route).map((parameter) => buildParameter(parameter, components)),
      refer('parameters', 'RequestId'),
      ...(rules.isIdempotent ? [refer('parameters', 'IdempotencyKey')] : []),
      ...(rules.isCommand ? [refer('parameters', 'Prefer')] : []),
      ...(detail.parameters ?? []),
    ],
    ...(hasBody && {
      requestBody: {
        required: !(OptionalKind in body),
        content: { [JSON_TYPE]: buildMedia(body, components) },
      },
    }),
    responses: {
      ...mapValues(response as Record<string, TSchema>, (schema, status) =>
        schema === Problem
          ? refer('responses', `Problem${status}`)
          : buildResponse(schema, rules, components),
      ),
      default: { ...refer('responses', 'Problem500'), description: 'Any other error.' },
    },
  }
}

function readParameters({ method, path, hooks }: Route): readonly RouteParameter[] {
  const schema: Parameters<typeof registerSchemaPath>[0]['schema'] = {}
  const hook = { params: buildPathParams(path), query: hooks.query }
  registerSchemaPath({ schema, method, path, hook, models: {} })
  const [operations = {}] = Object.values(schema)
  const [operation] = Object.values<unknown>(operations) as { parameters?: RouteParameter[] }[]
  return operation?.parameters ?? []
}

function buildParameter({ examples, ...parameter }: RouteParameter, components: Components) {
  const { description, ...schema } = buildSchema(parameter.schema, components)
  return {
    ...(description && { description }),
    ...parameter,
    schema,
    ...(examples && { example: examples[0] }),
  }
}

function buildResponse(
  schema: TSchema,
  { credential, isIdempotent, isCommand }: RouteRules,
  components: Components,
) {
  const {
    description,
    contentMediaType = JSON_TYPE,
    files,
    properties,
  } = schema.published ?? schema
  const headers = {
    'X-Request-Id': refer('headers', 'RequestId'),
    ...((credential === 'API key' || isLimitedByAddress(credential)) && rateLimitHeaders),
    ...(properties?.version && { ETag: refer('headers', 'ETag') }),
    ...(isIdempotent && { 'Idempotency-Replayed': refer('headers', 'IdempotencyReplayed') }),
    ...(isCommand && {
      'Licet-Edges': refer('headers', 'LicetEdges'),
      'Licet-Edges-Until': refer('headers', 'LicetEdgesUntil'),
    }),
  }
  if (schema.type === 'void') return { description, headers }
  const content = {
    // Without properties, the files are the only formats.
    ...((files === undefined || properties) && {
      [contentMediaType]: buildMedia(schema, components),
    }),
    ...mapValues(files ?? {}, (example) => ({ schema: { type: 'string' }, example })),
  }
  return { description: schema.description ?? description, headers, content }
}

function buildMedia(schema: JsonSchema, components: Components) {
  const examples = collectExamples(schema.published ?? schema)
  const named = Object.fromEntries(examples.map(([name, value]) => [name, { value }]))
  return {
    schema: buildSchema(schema, components),
    ...(examples.length === 1 && { example: examples[0]?.[1] }),
    ...(examples.length > 1 && { examples: named }),
  }
}

/** The headers of requests that may have a rate limit. */
export const rateLimitHeaders = {
  RateLimit: refer('headers', 'RateLimit'),
  'RateLimit-Policy': refer('headers', 'RateLimitPolicy'),
}

export function refer(section: 'headers' | 'parameters' | 'responses', name: string) {
  return { $ref: `#/components/${section}/${name}` }
}

function mapValues<Value, Result>(
  record: Readonly<Record<string, Value>>,
  toResult: (value: Value, name: string) => Result,
): Record<string, Result> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, toResult(value, name)]),
  )
}
