import { afterAll, beforeAll, expect, test } from 'bun:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Value } from '@sinclair/typebox/value'
import { examplesOf } from '~/http/openapi/schemas.ts'
import { type Answer, openTestApp, type TestApp } from '../../support/app.ts'

type Json = Answer['body']

let harness: TestApp
let document: Json
/** Every operation under its method and path. */
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

test('an independent validator accepts the document', async () => {
  const { valid, errors } = await new Validator().validate(structuredClone(document))
  expect(errors).toBeUndefined()
  expect(valid).toBe(true)
})

test('the document says what it describes', () => {
  expect(document).toMatchObject({
    openapi: '3.1.0',
    info: { title: 'Licet', version: 'test', license: { name: 'MIT' } },
    servers: [{ url: '/' }],
  })
})

test('every route stands in the document, and none that does not exist', () => {
  const routes = harness.app.routes.map(
    ({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`,
  )
  expect(operations.map(([name]) => name).sort()).toEqual(routes.sort())
})

test('every operation has a name of its own, a summary, and a tag that is described', () => {
  const ids = operations.map(([, { operationId }]) => operationId)
  expect(new Set(ids).size).toBe(ids.length)
  for (const [name, { operationId, summary, tags }] of operations) {
    expect(operationId, name).toMatch(/^[a-z]+([A-Z][a-z]+)*$/)
    expect(summary, name).toMatch(/^[A-Z].*[^.]$/)
    expect(document.tags, name).toContainEqual({ name: tags[0], description: expect.any(String) })
  }
  for (const { name } of document.tags) {
    expect(operations.map(([, { tags }]) => tags[0])).toContain(name)
  }
})

test('every parameter has a description, and those of a path an example', () => {
  for (const [name, { parameters }] of operations) {
    const found = parameters.map(follow)
    const places = found.filter((parameter: Json) => parameter.in === 'path')
    expect(
      places.map((place: Json) => `{${place.name}}`),
      name,
    ).toEqual(name.match(/\{\w+\}/g) ?? [])
    for (const place of places) expect(place.example, name).toBeString()
    for (const { description } of found) expect(description, name).toBeString()
  }
})

test('every body and every answer has an example, and every answer a sentence', () => {
  for (const [name, { requestBody, responses }] of operations) {
    if (requestBody !== undefined) expect(requestBody.content, name).toSatisfy(hasExample)
    for (const [status, response] of Object.entries(responses)) {
      const { description, content } = follow(response)
      expect(description, `${name} ${status}`).toMatch(/^[A-Z].*\.$/)
      if (status !== '204') expect(content, `${name} ${status}`).toSatisfy(hasExample)
    }
  }
})

test('every example is what its schema asks for', () => {
  for (const { method, path, hooks } of harness.app.routes) {
    const schemas = [hooks.body ?? [], ...Object.values(hooks.response)].flat()
    for (const schema of schemas) {
      for (const [title, example] of examplesOf(schema)) {
        expect([...Value.Errors(schema, example)], `${method} ${path} ${title}`).toEqual([])
      }
    }
  }
})

test('an answer has the content type that stands in the document', async () => {
  for (const [name, { responses }] of operations) {
    const [method = '', path = ''] = name.split(' ')
    if (method !== 'GET' || path.includes('{')) continue
    const answer = await harness.send(method, path)
    const [type = ''] = Object.keys(responses[answer.status].content)
    expect(answer.headers.get('content-type'), name).toStartWith(type)
    const refused = follow(responses.default).content
    expect(Object.keys(refused), name).toEqual(['application/problem+json'])
  }
})

test('headers stand where they count, and a body may be missing where the route says so', () => {
  const find = (id: string) => operations.find(([, { operationId }]) => operationId === id)?.[1]
  const headersOf = (id: string) =>
    find(id)
      .parameters.map(follow)
      .filter((parameter: Json) => parameter.in === 'header')
      .map((parameter: Json) => parameter.name)
  expect(headersOf('suspendLicense')).toEqual(['X-Request-Id', 'Idempotency-Key'])
  expect(headersOf('updateLicense')).toEqual(['X-Request-Id', 'If-Match'])
  expect(headersOf('deleteLicense')).toEqual(['X-Request-Id', 'If-Match'])
  expect(headersOf('validate')).toEqual(['X-Request-Id'])
  expect(find('suspendLicense').requestBody.required).toBe(false)
  expect(find('createLicense').requestBody.required).toBe(true)
})

test('schemas: words are an enum, null is a type, a map has values, a verdict has a boolean', () => {
  const { License, LicenseStatus, ValidVerdict, Verdict, Webhook } = document.components.schemas
  const { status, expires_at, features } = License.properties
  expect(status).toEqual({ $ref: '#/components/schemas/LicenseStatus' })
  expect(LicenseStatus).toMatchObject({
    type: 'string',
    enum: ['active', 'suspended', 'expired', 'revoked'],
  })
  expect(expires_at).toEqual({ type: ['string', 'null'], format: 'date-time' })
  expect(features.additionalProperties.type).toEqual(['boolean', 'number', 'string'])
  expect(Webhook.properties.disabled_reason).toMatchObject({
    anyOf: [{ type: 'string', enum: ['gone', 'failing'] }, { type: 'null' }],
  })
  expect(ValidVerdict.properties.valid).toEqual({ type: 'boolean', enum: [true] })
  expect(Verdict.oneOf).toEqual([
    { $ref: '#/components/schemas/ValidVerdict' },
    { $ref: '#/components/schemas/RefusedVerdict' },
  ])
})

test('a stranger gets 401 exactly where the document asks for a token', async () => {
  for (const [name, { security }] of operations) {
    const [method = '', path = ''] = name.split(' ')
    const url = path.replaceAll(/\{\w+\}/g, 'x')
    const { status } = await harness.send(method, url, undefined, { authorization: undefined })
    expect(status === 401, name).toBe(security.length > 0)
  }
})

test('an operation behind a scope names it, and answers 403 without it', async () => {
  const token = await harness.tokenWith()
  for (const [name, { security, description }] of operations) {
    if (security.length === 0) continue
    const [method = '', path = ''] = name.split(' ')
    const [{ bearer }] = security
    const answer = await harness.send(method, path, undefined, { authorization: `Bearer ${token}` })
    expect(answer, name).toMatchObject({
      status: 403,
      body: { detail: `This API key lacks the scope ${bearer[0]}.` },
    })
    expect(description, name).toContain(`Requires the scope \`${bearer[0]}\`.`)
  }
})

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
