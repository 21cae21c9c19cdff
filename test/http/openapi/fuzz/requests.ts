import fc from 'fast-check'
import { providers } from '~/domain/purchases.ts'
import type { Seeds } from './seeds.ts'
import { createValues, hostileTexts, hostileValue, type Schema, type Values } from './values.ts'
import type { WireRequest } from './wire.ts'

/** A parameter of an operation, with its reference resolved. */
export interface Parameter {
  readonly in: string
  readonly name: string
  readonly required?: boolean
  readonly schema: Schema
}

/** An operation of the document. */
export interface Operation {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly parameters: readonly Parameter[]
  readonly body: { readonly schema: Schema; readonly isRequired: boolean } | null
  /** The credential that it needs; null for none. */
  readonly credential: 'bearer' | 'edgeToken' | 'portalSession' | null
  readonly responses: Readonly<Record<string, ResponseEntry>>
}

export interface ResponseEntry {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>
}

/** The kinds of requests: `valid` ones follow the document. */
export type Kind = 'valid' | 'mutated' | 'broken'

export interface FuzzRequest {
  readonly kind: Kind
  readonly wire: WireRequest
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']
const ADMIN_TOKEN = 'the-admin-token-of-all-tests'
const BODY_BYTES_MAX = 70_000

type Headers = [name: string, value: string][]

const brokenBodies: readonly (string | Uint8Array)[] = [
  '',
  '{',
  '{"a":1,}',
  '{"a":1}{"b":2}',
  'null',
  '5',
  '"text"',
  '[]',
  '[{}]',
  'NaN',
  '\ufeff{}',
  '{"key":"\\ud800"}',
  '{"__proto__":{"isAdmin":true}}',
  '{"plan":"a","plan":"b"}',
  '{"n":1e999}',
  '{"n":123456789012345678901234567890}',
  '['.repeat(20_000),
  `{"a":${'{"a":'.repeat(200)}1${'}'.repeat(200)}}`,
  'x'.repeat(BODY_BYTES_MAX),
  'key=value&other=1',
  Uint8Array.of(0xff, 0xfe, 0x00, 0x7b),
  Uint8Array.of(0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d),
]

const oddHeaders: readonly (readonly [string, string])[] = [
  ['X-Request-Id', 'a-chosen-id'],
  ['X-Request-Id', 'x'.repeat(500)],
  ['X-Request-Id', '<script>'],
  ['Idempotency-Key', 'x'.repeat(256)],
  ['Idempotency-Key', 'é'],
  ['If-Match', '"999"'],
  ['If-Match', '*'],
  ['If-Match', 'W/"1", garbage'],
  ['If-None-Match', '*'],
  ['Prefer', 'wait=-1'],
  ['Prefer', 'respond-async, wait=x'],
  ['Accept', 'image/png'],
  ['Accept', 'text/html;q=0, */*;q=0.1'],
  ['Accept-Language', '*'],
  ['Range', 'bytes=0-10'],
  ['Cookie', 'licet_session=garbage'],
  ['Origin', 'https://evil.example'],
  ['X-HTTP-Method-Override', 'DELETE'],
  ['X-Forwarded-Proto', 'javascript'],
  ['Authorization', 'Basic Og=='],
  ['Authorization', 'Bearer a-token-that-nobody-has'],
  ['Authorization', `Bearer ${'x'.repeat(4000)}`],
]

const contentTypes = [
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/json; charset=utf-16',
  'application/vnd.api+json',
  '',
]

/** Returns arbitrary requests for an operation: valid ones, and ones with a flaw. */
export function requestFor(
  operation: Operation,
  components: Readonly<Record<string, Schema>>,
  seeds: Seeds,
): fc.Arbitrary<FuzzRequest> {
  const values = createValues(components, seeds.known)
  const valid = validRequest(operation, values, seeds)
  const mutated = fc.oneof(
    { weight: 4, arbitrary: mutateBody(operation, values, valid) },
    { weight: 3, arbitrary: mutateTarget(operation, seeds, valid) },
    { weight: 2, arbitrary: mutateHeaders(valid) },
  )
  const broken = fc.oneof(
    { weight: 3, arbitrary: breakBody(valid) },
    { weight: 1, arbitrary: changeMethod(valid) },
  )
  return fc.oneof(
    { weight: 5, arbitrary: valid.map((wire) => ({ kind: 'valid' as const, wire })) },
    { weight: 5, arbitrary: mutated.map((wire) => ({ kind: 'mutated' as const, wire })) },
    { weight: 2, arbitrary: broken.map((wire) => ({ kind: 'broken' as const, wire })) },
  )
}

function validRequest(
  operation: Operation,
  values: Values,
  seeds: Seeds,
): fc.Arbitrary<WireRequest> {
  const path = fc
    .tuple(
      ...pathParametersOf(operation).map((parameter) => pathValue(operation, parameter, seeds)),
    )
    .map((parts) => fillPath(operation, parts))
  const query = fc.tuple(
    ...operation.parameters
      .filter((parameter) => parameter.in === 'query')
      .map(({ name, schema, required }) =>
        fc.option(
          values.arbitraryOf(schema, name).map((value): [string, string] => [name, String(value)]),
          { nil: null, freq: required ? 100 : 1 },
        ),
      ),
  )
  const { body } = operation
  const text = body === null ? fc.constant(null) : bodyText(body, values)
  return fc.tuple(path, query, text, addressOf()).map(([target, pairs, content, address]) => {
    const search = pairs.flatMap((pair) => (pair === null ? [] : [encodePair(pair)])).join('&')
    return {
      method: operation.method,
      target: search === '' ? target : `${target}?${search}`,
      headers: headersOf(operation, seeds, content !== null, address),
      body: content,
    }
  })
}

function bodyText(
  { schema, isRequired }: NonNullable<Operation['body']>,
  values: Values,
): fc.Arbitrary<Uint8Array | null> {
  const full = values.arbitraryOf(schema).map((value) => toBytes(JSON.stringify(value)))
  return isRequired ? full : fc.oneof(full, fc.constant(null))
}

/** Each request has a client of its own, so that no limit on failed attempts hides what is behind it. */
const addressOf = () =>
  fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)).map((parts) => `10.${parts.join('.')}`)

function headersOf(
  { credential }: Operation,
  { customer, edgeToken }: Seeds,
  hasBody: boolean,
  address: string,
): Headers {
  const headers: Headers = [
    ['Host', 'localhost'],
    ['X-Forwarded-For', address],
  ]
  if (credential === 'bearer') headers.push(['Authorization', `Bearer ${ADMIN_TOKEN}`])
  if (credential === 'edgeToken') headers.push(['Authorization', `Bearer ${edgeToken}`])
  if (credential === 'portalSession') headers.push(['Cookie', customer.cookie()])
  headers.push(['Sec-Fetch-Site', 'same-origin'])
  if (hasBody) headers.push(['Content-Type', 'application/json'])
  return headers
}

const pathParametersOf = ({ parameters }: Operation) =>
  parameters.filter((parameter) => parameter.in === 'path')

const pathValue = (operation: Operation, { name }: Parameter, seeds: Seeds) =>
  fc.constantFrom(...listPathValues(operation, name, seeds))

/** Lists the IDs that exist for a parameter of the path. */
function listPathValues({ path }: Operation, name: string, { ids }: Seeds): readonly string[] {
  if (name === 'provider') return providers
  if (name === 'session_id') return ['8a6e0804-2bd0-4672-b79d-d97027f9071a', 'x']
  const [segment = '', before = ''] = path
    .slice(0, path.indexOf(`/{${name}}`))
    .split('/')
    .reverse()
  const found = ids[`${before}/${segment}`] ?? ids[segment] ?? []
  return found.length > 0 ? found : ['none']
}

function fillPath(operation: Operation, parts: readonly string[]): string {
  return pathParametersOf(operation).reduce(
    (path, { name }, index) => path.replace(`{${name}}`, encodeURIComponent(parts[index] ?? '')),
    operation.path,
  )
}

const encodePair = ([name, value]: readonly [string, string]) =>
  `${encodeURIComponent(name)}=${encodeURIComponent(toUnicode(value))}`

const toUnicode = (text: string) => text.toWellFormed()

const toBytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Replaces, removes or adds a field anywhere in the body. */
function mutateBody(
  { body }: Operation,
  values: Values,
  valid: fc.Arbitrary<WireRequest>,
): fc.Arbitrary<WireRequest> {
  if (body === null) return valid.map((wire) => withBody(wire, '{"unknown":1}'))
  const flaw = fc.tuple(fc.nat(), fc.nat(2), hostileValue())
  return fc
    .tuple(valid, values.arbitraryOf(body.schema), flaw)
    .map(([wire, value, [at, way, hostile]]) => {
      const copy = structuredClone(value)
      const places = listPlaces(copy)
      const place = places[at % Math.max(1, places.length)]
      if (place === undefined || way === 0)
        return withBody(wire, JSON.stringify(addField(copy, hostile)))
      const [parent, name] = place
      if (way === 1) Reflect.set(parent, name, hostile)
      else Reflect.deleteProperty(parent, name)
      return withBody(wire, JSON.stringify(copy))
    })
}

const addField = (value: unknown, hostile: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? { ...value, unknown_field: hostile }
    : hostile

/** Lists every field and element inside a value. */
function listPlaces(value: unknown): (readonly [parent: object, name: string])[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => [
    [value, name] as const,
    ...listPlaces(inner),
  ])
}

/** Puts a hostile text into the path or the query. */
function mutateTarget(
  operation: Operation,
  seeds: Seeds,
  valid: fc.Arbitrary<WireRequest>,
): fc.Arbitrary<WireRequest> {
  const text = fc.oneof(
    fc.constantFrom(...hostileTexts).map((each) => encodeURIComponent(toUnicode(each))),
    fc.constantFrom(
      '%',
      '%zz',
      '%ff',
      '%C0%AF',
      '..',
      '%2e%2e%2fkeys',
      '.',
      '%00',
      ';a=b',
      '%0d%0aA:1',
    ),
  )
  const parameters = operation.parameters.filter((each) => each.in === 'query')
  const names = ['unknown', 'constructor', ...parameters.map(({ name }) => name)]
  const query = fc
    .tuple(valid, fc.constantFrom(...names), text)
    .map(([wire, name, value]) => withQuery(wire, `${name}=${value}`))
  const repeated = fc
    .tuple(valid, fc.constantFrom(...names))
    .map(([wire, name]) => withQuery(wire, `${name}=1&${name}=2`))
  const paths = pathParametersOf(operation)
  if (paths.length === 0) return fc.oneof(query, repeated)
  const path = fc.tuple(valid, text, fc.nat(paths.length - 1)).map(([wire, value, at]) => {
    const target = paths.reduce((filled, { name }, index) => {
      const [known = ''] = listPathValues(operation, name, seeds)
      return filled.replace(`{${name}}`, () => (index === at ? value : known))
    }, operation.path)
    return { ...wire, target }
  })
  return fc.oneof(query, repeated, path)
}

const withQuery = (wire: WireRequest, query: string): WireRequest => ({
  ...wire,
  target: `${wire.target}${wire.target.includes('?') ? '&' : '?'}${query}`,
})

/** Replaces or adds a header, or leaves the credential out. */
function mutateHeaders(valid: fc.Arbitrary<WireRequest>): fc.Arbitrary<WireRequest> {
  const odd = fc.tuple(valid, fc.constantFrom(...oddHeaders)).map(([wire, header]) => {
    const kept = wire.headers.filter(([name]) => name !== header[0])
    return { ...wire, headers: [...kept, header] }
  })
  const open = valid.map((wire) => ({
    ...wire,
    headers: wire.headers.filter(([name]) => name !== 'Authorization' && name !== 'Cookie'),
  }))
  return fc.oneof({ weight: 3, arbitrary: odd }, { weight: 1, arbitrary: open })
}

/** Sends a body that is no JSON, or as another type. */
function breakBody(valid: fc.Arbitrary<WireRequest>): fc.Arbitrary<WireRequest> {
  const garbage = fc
    .tuple(valid, fc.constantFrom(...brokenBodies))
    .map(([wire, body]) => withBody(wire, body))
  const cut = fc.tuple(valid, fc.nat(50)).map(([wire, length]) => {
    const { body } = wire
    return body === null
      ? wire
      : withBody(wire, body.subarray(0, Math.min(length, body.length - 1)))
  })
  const type = fc.tuple(valid, fc.constantFrom(...contentTypes)).map(([wire, value]) => ({
    ...withBody(wire, wire.body ?? '{}'),
    headers: [
      ...wire.headers.filter(([name]) => name !== 'Content-Type'),
      ['Content-Type', value] as const,
    ],
  }))
  const compressed = valid.map((wire) => ({
    ...withBody(wire, wire.body ?? '{}'),
    headers: [...wire.headers, ['Content-Encoding', 'gzip'] as const],
  }))
  return fc.oneof(garbage, garbage, cut, type, compressed)
}

function changeMethod(valid: fc.Arbitrary<WireRequest>): fc.Arbitrary<WireRequest> {
  return fc.tuple(valid, fc.constantFrom(...METHODS)).map(([wire, method]) => ({ ...wire, method }))
}

function withBody(wire: WireRequest, body: string | Uint8Array): WireRequest {
  const hasType = wire.headers.some(([name]) => name === 'Content-Type')
  return {
    ...wire,
    headers: hasType ? wire.headers : [...wire.headers, ['Content-Type', 'application/json']],
    body: typeof body === 'string' ? toBytes(body) : body,
  }
}
