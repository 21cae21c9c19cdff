import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Value } from '@sinclair/typebox/value'
import { scopes } from '~/domain/api-keys.ts'
import { eventTypes } from '~/domain/events.ts'
import { collectExamples, type JsonSchema } from '~/http/openapi/schemas.ts'
import { describeWebhookEvent } from '~/wire/webhook-events.ts'
import { version } from '../../../package.json'
import { openTestApp, type TestApp, type TestResponse } from '../../support/app.ts'

type Json = TestResponse['body']

let harness: TestApp
let document: Json
/** Every operation with its method and path. */
let operations: [string, Json][]

beforeAll(async () => {
  harness = await openTestApp()
  document = (await harness.send('GET', '/swagger/json')).body
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods as Json).map(([method, operation]): [string, Json] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  )
})

afterAll(() => harness.close())

test('document: an independent validator accepts it', async () => {
  const { valid, errors } = await new Validator().validate(structuredClone(document))
  expect(errors).toBeUndefined()
  expect(valid).toBe(true)
})

test('document: openapi.json is up to date (scripts/write-openapi.ts writes it)', async () => {
  const file = await Bun.file(join(import.meta.dir, '../../../openapi.json')).json()
  expect(document.info.version).toBe('test')
  expect({ ...document, info: { ...document.info, version } }).toEqual(file)
})

test('document: it has the name and the license of the API', () => {
  expect(document).toMatchObject({
    openapi: '3.1.0',
    info: { title: 'Licet', license: { name: 'MIT' } },
    servers: [{ url: '/' }],
  })
})

test('document: no paragraph has a line break, after which Markdown could see a list', () => {
  const texts: string[] = []
  JSON.parse(JSON.stringify(document), (name, value) => {
    if (name === 'description' && typeof value === 'string') texts.push(value)
    return value
  })
  expect(texts.length).toBeGreaterThan(100)
  expect(texts.filter((text) => text.replaceAll('\n\n', '').includes('\n'))).toEqual([])
})

/** All routes but those of the pages. */
const listDocumented = () => harness.app.routes.filter(({ hooks }) => !hooks.detail?.hide)

test('document: it contains every route, and no other', () => {
  const routes = listDocumented().map(
    ({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`,
  )
  expect(operations.map(([name]) => name).sort()).toEqual(routes.sort())
})

test('operations: each has a unique id, a summary and a tag with a description', () => {
  const webhooks = Object.entries<Json>(document.webhooks).map(([type, { post }]) => [type, post])
  const all = [...operations, ...webhooks]
  const ids = all.map(([, { operationId }]) => operationId)
  expect(new Set(ids).size).toBe(ids.length)
  for (const [name, { operationId, summary, tags }] of all) {
    expect(operationId, name).toMatch(/^[a-z]+([A-Z][a-z]+)*$/)
    expect(summary, name).toMatch(/^[A-Z].*[^.]$/)
    expect(tags, name).toHaveLength(1)
  }
  const used = new Set(operations.map(([, { tags }]) => tags[0]))
  expect(document.tags.map(({ name }: Json) => name).sort()).toEqual([...used].sort())
  for (const { description } of document.tags) expect(description).toMatch(/^[A-Z].*\.$/)
})

test('parameters: each has a description, and a path parameter an example', () => {
  for (const [name, { parameters }] of operations) {
    const found = parameters.map(follow)
    const inPath = found.filter((parameter: Json) => parameter.in === 'path')
    expect(
      inPath.map((parameter: Json) => `{${parameter.name}}`),
      name,
    ).toEqual(name.match(/\{\w+\}/g) ?? [])
    for (const { example } of inPath) expect(example, name).toBeString()
    for (const { description } of found) expect(description, name).toBeString()
  }
})

test('parameters: a page limit is an integer with bounds and a default', () => {
  const limit = find('listLicenses').parameters.find(({ name }: Json) => name === 'limit')
  expect(limit.schema).toEqual({ type: 'integer', minimum: 1, maximum: 100, default: 20 })
})

/** Statuses without a body. */
const empty = new Set(['204', '304', '416'])

test('bodies: every request and response has an example, and every response a sentence', () => {
  for (const [name, { requestBody, responses }] of operations) {
    if (requestBody !== undefined) expect(requestBody.content, name).toSatisfy(hasExample)
    for (const [status, response] of Object.entries(responses)) {
      const { description, content } = follow(response)
      expect(description, `${name} ${status}`).toMatch(/^[A-Z].*\.$/)
      if (!empty.has(status)) expect(content, `${name} ${status}`).toSatisfy(hasExample)
    }
  }
})

test('bodies: every example is valid', () => {
  for (const { method, path, hooks } of listDocumented()) {
    const schemas = [hooks.body ?? [], ...Object.values(hooks.response)].flat()
    for (const schema of schemas) {
      for (const [title, example] of collectExamples(schema)) {
        expect([...Value.Errors(schema, example)], `${method} ${path} ${title}`).toEqual([])
      }
    }
  }
})

test('bodies: every JSON schema has a name, and those of lists end with Page', () => {
  for (const [name, { requestBody, responses }] of operations) {
    const bodies = [requestBody, ...Object.values(responses).map(follow)]
    for (const schema of bodies.map((body) => body?.content?.['application/json']?.schema)) {
      if (schema === undefined) continue
      expect(schema.$ref, name).toStartWith('#/components/schemas/')
      const isPage = follow(schema).properties?.next_cursor !== undefined
      expect(schema.$ref.endsWith('Page'), name).toBe(isPage)
    }
  }
})

test('responses: each has the content type of the document', async () => {
  for (const [name, { responses, security }] of operations) {
    const [method = '', path = ''] = name.split(' ')
    // Those of customers and edges need another credential than an API key.
    const isManaged = security.length === 0 || security[0].bearer !== undefined
    if (method !== 'GET' || path.includes('{') || !isManaged) continue
    const answer = await harness.send(method, path, undefined, { accept: 'text/html, */*' })
    const [type = ''] = Object.keys(follow(responses[answer.status]).content)
    expect(answer.headers.get('content-type'), name).toStartWith(type)
    const refused = follow(responses.default).content
    expect(Object.keys(refused), name).toEqual(['application/problem+json'])
  }
})

test('responses: 429 is listed wherever a failed API key or license key can cause it', () => {
  for (const [name, { security, tags, responses }] of operations) {
    const isGuarded = security.length > 0 || tags[0] === 'Validation'
    // A rejected token of an edge is no failed attempt.
    if (isGuarded && !name.includes('/edge/')) expect(responses['429'], name).toBeDefined()
  }
  expect(find('readEdgeFeed').responses['429']).toBeUndefined()
  expect(find('activate').responses['429']).toEqual({ $ref: '#/components/responses/Problem429' })
})

test('request headers: each is listed where it has an effect', () => {
  const headersOf = (id: string) =>
    find(id)
      .parameters.map(follow)
      .filter((parameter: Json) => parameter.in === 'header')
      .map((parameter: Json) => parameter.name)
  expect(headersOf('suspendLicense')).toEqual(['X-Request-Id', 'Idempotency-Key', 'Prefer'])
  expect(headersOf('lookupLicense')).toEqual(['X-Request-Id'])
  expect(headersOf('updateLicense')).toEqual(['X-Request-Id', 'Prefer', 'If-Match'])
  expect(headersOf('deleteLicense')).toEqual(['X-Request-Id', 'Prefer', 'If-Match'])
  expect(headersOf('validate')).toEqual(['X-Request-Id'])
  expect(document.components.parameters.RequestId.schema).toEqual({ type: 'string' })
})

test('response headers: each is listed where it is sent', async () => {
  const headersOf = (id: string, status: number) =>
    Object.keys(follow(find(id).responses[status]).headers)
  const ofLimits = ['RateLimit', 'RateLimit-Policy']
  expect(headersOf('getLicense', 200)).toEqual(['X-Request-Id', ...ofLimits, 'ETag'])
  const ofCommands = ['Idempotency-Replayed', 'Licet-Edges', 'Licet-Edges-Until']
  expect(headersOf('createLicense', 201)).toEqual([
    'X-Request-Id',
    ...ofLimits,
    'ETag',
    ...ofCommands,
  ])
  expect(headersOf('createLicenses', 201)).toEqual(['X-Request-Id', ...ofLimits, ...ofCommands])
  expect(headersOf('listLicenses', 200)).toEqual(['X-Request-Id', ...ofLimits])
  expect(headersOf('validate', 429)).toEqual(['X-Request-Id', ...ofLimits, 'Retry-After'])
  expect(headersOf('validate', 200)).toEqual(['X-Request-Id', ...ofLimits])
  expect(headersOf('getLiveness', 200)).toEqual(['X-Request-Id'])
  expect(headersOf('validate', 404)).toEqual(['X-Request-Id', ...ofLimits])
  const { headers } = await harness.send(
    'POST',
    '/api/v1/licenses',
    { plan: 'starter', customer_email: 'dev@example.com' },
    { 'idempotency-key': 'once' },
  )
  expect(headers.get('etag')).toBe('"1"')
})

test('schemas: a tuple has the schema of each of its entries', () => {
  const { seen, entries } = document.components.schemas.EdgeUsageRequest.properties
  expect(seen.items).toMatchObject({ type: 'array', minItems: 2, maxItems: 2 })
  expect(seen.items.prefixItems.map(({ type }: Json) => type)).toEqual(['string', 'integer'])
  expect(entries.items.$ref).toBe('#/components/schemas/EdgeUsageEntry')
  const { prefixItems, items } = document.components.schemas.EdgeUsageEntry
  expect([prefixItems.length, items]).toEqual([11, undefined])
})

test('parameters: numbers have the limits of the server', () => {
  const parameters: Json[] = find('listRevocations').parameters
  const after = parameters.find(({ name }) => name === 'after')
  expect(after.schema).toMatchObject({ minimum: 0, maximum: 999_999_999_999_999 })
})

test('request bodies: one is optional where the route says so, and absent without fields', () => {
  expect(find('suspendLicense').requestBody.required).toBe(false)
  expect(find('createLicense').requestBody.required).toBe(true)
  expect(find('reinstateLicense').requestBody).toBeUndefined()
})

test('schemas: schemas with different fields or words have different names', () => {
  const shapes = new Map<string, string>()
  const visit = (schema: JsonSchema): void => {
    const { title, anyOf = [], items = [], properties = {} } = schema.published ?? schema
    const words = anyOf.map((member) => member.const ?? member.title ?? member.type)
    const shape = JSON.stringify([Object.keys(properties), words])
    if (title !== undefined) expect(shapes.get(title) ?? shape, title).toBe(shape)
    if (title !== undefined) shapes.set(title, shape)
    for (const part of [...anyOf, items, ...Object.values(properties)].flat()) visit(part)
  }
  for (const { hooks } of listDocumented()) {
    for (const schema of [hooks.body ?? [], ...Object.values(hooks.response)].flat()) visit(schema)
  }
  for (const type of eventTypes) visit(describeWebhookEvent(type).body as JsonSchema)
  expect(shapes.size).toBeGreaterThan(80)
})

test('schemas: unknown fields are not forbidden, since the clients of some generators break', () => {
  expect(JSON.stringify(document)).not.toContain('"additionalProperties":false')
})

test('schemas: creating one license takes no quantity and returns one license', () => {
  const { CreateLicenseRequest, CreateLicensesRequest } = document.components.schemas
  expect(CreateLicenseRequest.properties.quantity).toBeUndefined()
  expect(CreateLicensesRequest.required).toContain('quantity')
  expect(find('createLicense').responses[201].content['application/json'].schema).toEqual({
    $ref: '#/components/schemas/License',
  })
})

test('schemas: words are enums, null is a type, maps have values, times a format', () => {
  const { License, Webhook, Event, Problem, ApiKey, ...named } = document.components.schemas
  const { status, created_at, expires_at, features } = License.properties
  expect(status).toEqual({ $ref: '#/components/schemas/LicenseStatus' })
  expect(named.LicenseStatus.enum).toEqual(['active', 'suspended', 'expired', 'revoked'])
  expect(created_at).toEqual({ type: 'string', format: 'date-time' })
  expect(expires_at).toEqual({ type: ['string', 'null'], format: 'date-time' })
  expect(features.additionalProperties).toEqual({ $ref: '#/components/schemas/FeatureValue' })
  expect(Webhook.properties.disabled_reason).toMatchObject({
    anyOf: [{ type: 'string', enum: ['gone', 'failing'] }, { type: 'null' }],
  })
  expect(Event.properties.type).toEqual({ $ref: '#/components/schemas/EventType' })
  expect(named.EventType.enum).toContain('license.created')
  expect(Problem.properties.code).toEqual({ $ref: '#/components/schemas/ProblemCode' })
  expect(named.ProblemCode.enum).toEqual(expect.arrayContaining(['not_found', 'SEAT_NOT_FOUND']))
  expect(ApiKey.properties.scopes.items).toEqual({ $ref: '#/components/schemas/Scope' })
  expect(named.Scope.enum).toEqual([...scopes, '*'])
})

test('schemas: the two verdicts differ in a boolean and in their required fields', () => {
  const { ValidVerdict, RefusedVerdict, Verdict } = document.components.schemas
  expect(Verdict.oneOf).toEqual([
    { $ref: '#/components/schemas/ValidVerdict' },
    { $ref: '#/components/schemas/RefusedVerdict' },
  ])
  expect(ValidVerdict.properties.valid).toEqual({ type: 'boolean', enum: [true] })
  expect(ValidVerdict.required).toEqual(['valid', 'license', 'warnings'])
  expect(RefusedVerdict.properties.valid).toEqual({ type: 'boolean', enum: [false] })
  expect(RefusedVerdict.required).toEqual(['valid', 'error', 'message'])
})

test('security: a request without a token gets 401 exactly where the document requires one', async () => {
  for (const [name, { security }] of operations) {
    const [method = '', path = ''] = name.split(' ')
    const url = path.replaceAll(/\{\w+\}/g, 'x')
    const { status } = await harness.send(method, url, undefined, { authorization: undefined })
    expect(status === 401, name).toBe(security.length > 0)
  }
})

test('security: an operation names the scope without which it returns 403', async () => {
  const token = await harness.tokenWith()
  for (const [name, { security, description }] of operations) {
    const bearer = security[0]?.bearer
    if (bearer === undefined) continue
    const [method = '', path = ''] = name.split(' ')
    const answer = await harness.send(method, path, undefined, { authorization: `Bearer ${token}` })
    expect(answer, name).toMatchObject({
      status: 403,
      body: { detail: `This API key lacks the scope ${bearer[0]}. Use one that has it.` },
    })
    expect(description, name).toContain(`Requires the scope \`${bearer[0]}\`.`)
  }
})

function find(id: string): Json {
  return operations.find(([, { operationId }]) => operationId === id)?.[1]
}

function follow(part: Json): Json {
  if (part.$ref === undefined) return part
  const [, ...names] = part.$ref.split('/')
  return names.reduce((found: Json, name: string) => found[name], document)
}

function hasExample(content: Json): boolean {
  return Object.values(content).every(
    ({ examples, example }: Json) => example !== undefined || Object.keys(examples).length > 0,
  )
}
