import fc from 'fast-check'
import type { CompatSource } from '~/domain/compat/sources.ts'
import type { CompatRoute } from '~/http/compat/api.ts'
import { hostileTexts, hostileValue } from '../../openapi/fuzz/values.ts'
import type { WireRequest } from '../../openapi/fuzz/wire.ts'
import type { Known } from './known.ts'

/** A request body and its type; null for none. */
interface Content {
  readonly type: string | null
  readonly text: string
}

type Fields = Readonly<Record<string, unknown>>
type Header = [name: string, value: string]

const FORM = 'application/x-www-form-urlencoded'
const JSON_TYPE = 'application/json'
const BOUNDARY = 'a-boundary'
const BODY_BYTES_MAX = 70_000
const FIELDS_MAX = 300
const DEPTH = 20_000
const ADMIN_TOKEN = 'the-admin-token-of-all-tests'

/** Texts that become others when they are decoded, once or twice. */
const encodedTexts = ['%00', '%2500', 'a\0b', 'x%0d%0aX-Injected: 1', '\r\nX-Injected: 1']
const brokenSegments = ['%', '%zz', '%ff', '%C0%AF', '%00', '..', '%2e%2e', '%0d%0aX-Injected:1']
const oddQueries = ['?', '?%', '?a=%ff', '?auth=license:%00', '?token=%00', '?fingerprint=%00']
const oddBodies = [
  '',
  '{',
  '[]',
  'null',
  'a=%ff%00&a=b',
  '=&=',
  '\0',
  '['.repeat(DEPTH),
  'a=b&'.repeat(FIELDS_MAX),
  Array.from({ length: FIELDS_MAX }, (_none, index) => `a${index}=b`).join('&'),
  'x'.repeat(BODY_BYTES_MAX),
]
const oddTypes = ['application/vnd.api+json', `${JSON_TYPE}; charset=utf-16`, 'multipart/form-data']
const oddCredentials = [
  'License',
  'License \xff',
  `License ${'x'.repeat(9000)}`,
  'Basic',
  'Basic ====',
  'Basic bGljZW5zZTo=',
  'Basic bGljZW5zZTphAGI=',
  'Bearer x',
]
const oddHeaders: readonly Header[] = [
  ['Keygen-Accept-Signature', 'algorithm="ed25519"'],
  ['Keygen-Accept-Signature', 'keyid="x", algorithm="rsa-sha256"'],
  ['Keygen-Accept-Signature', 'keyid="\xe9\xff", algorithm="ed25519"'],
  ['Keygen-Accept-Signature', '",,=='],
  ['Keygen-Version', '0'],
  ['Accept', JSON_TYPE],
  ['User-Agent', 'WordPress/6.5; https://a.example'],
  ['User-Agent', 'WordPress/6.5; https://%00'],
  ['Origin', 'https://evil.example'],
  ['Idempotency-Key', 'x'.repeat(300)],
  ['If-Match', '"0"'],
  ['Prefer', 'wait=x'],
  ['Content-Encoding', 'gzip'],
  ['Cookie', 'licet_session=x'],
]

/** Fields of forms, which some clients send as JSON or in the query. */
const formFields: Readonly<Record<CompatSource, readonly string[]>> = {
  trafficorchestrator: ['token', 'domain'],
  lemonsqueezy: ['license_key', 'instance_name', 'instance_id'],
  gumroad: ['license_key', 'product_id', 'product_permalink', 'increment_uses_count'],
  edd: [
    ...['edd_action', 'license', 'item_id', 'item_name', 'url', 'environment', 'version', 'beta'],
    ...['slug', 'products[a][license]', 'products[a][item_name]', 'products[a][url]'],
  ],
  keygen: ['auth', 'page[size]', 'page[number]', 'limit', 'ttl', 'encrypt', 'include', 'algorithm'],
}

/** Returns arbitrary requests of a route: most of them are nearly valid. */
export function requestFor(
  source: CompatSource,
  route: CompatRoute,
  known: Known,
): fc.Arbitrary<WireRequest> {
  const { method } = route
  const address = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255))
  const odd = rarely<Header[]>([], fc.constantFrom(...oddHeaders.map((header) => [header])))
  const target = targetOf(source, route, known)
  const content = method === 'GET' ? fc.constant(null) : contentOf(source, route, known)
  return fc
    .tuple(target, content, credentialOf(route, known), odd, address)
    .map(([path, sent, credential, more, numbers]) => ({
      method,
      target: path,
      headers: [
        ['Host', 'localhost'],
        // Each request has a client of its own, so that no limit on guesses hides what is behind it.
        ['X-Forwarded-For', `10.${numbers.join('.')}`],
        ...credential,
        ...more,
        ...(sent === null || sent.type === null ? [] : [['Content-Type', sent.type] as const]),
      ],
      body: sent === null ? null : Buffer.from(sent.text),
    }))
}

const rarely = <Value>(usual: Value, odd: fc.Arbitrary<Value>): fc.Arbitrary<Value> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: odd })

const encode = (text: string) => encodeURIComponent(text.toWellFormed())

/** Returns a value that exists, or sometimes one that is hostile. */
const fieldValue = (known: Known, name: string): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 16, arbitrary: fc.constantFrom(...(known[name] ?? ['a'])) },
    { weight: 1, arbitrary: fc.constantFrom(...encodedTexts) },
    { weight: 1, arbitrary: hostileValue() },
  )

function fieldsOf(known: Known, names: readonly string[]): fc.Arbitrary<Fields> {
  const [first = '', ...rest] = names
  const all = Object.fromEntries(names.map((name) => [name, fieldValue(known, name)]))
  return fc.oneof(fc.record(all), fc.record(all, { requiredKeys: [first, ...rest.slice(0, 1)] }))
}

function targetOf(
  source: CompatSource,
  { path, method }: CompatRoute,
  known: Known,
): fc.Arbitrary<string> {
  const segments = path.split('/').map((segment, index, all): fc.Arbitrary<string> => {
    const isParameter = /^[:*]/.test(segment)
    if (!isParameter) return fc.constant(segment)
    const values = known[segment.slice(1)] ?? known[all[index - 1] ?? ''] ?? ['any']
    return fc.oneof(
      { weight: 12, arbitrary: fc.constantFrom(...values).map(encode) },
      { weight: 1, arbitrary: fc.constantFrom(...hostileTexts, ...encodedTexts).map(encode) },
      { weight: 1, arbitrary: fc.constantFrom(...brokenSegments) },
    )
  })
  const own = fieldsOf(known, formFields[source]).map((fields) => `?${toForm(fields)}`)
  const query = fc.oneof(
    { weight: method === 'GET' ? 8 : 1, arbitrary: own },
    { weight: 4, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: fc.constantFrom(...oddQueries) },
  )
  return fc.tuple(fc.tuple(...segments), query).map(([parts, rest]) => parts.join('/') + rest)
}

function credentialOf({ caller }: CompatRoute, known: Known): fc.Arbitrary<Header[]> {
  const [key = ''] = known.key ?? []
  const values = [`License ${key}`, `Basic ${btoa(`license:${key}`)}`]
  const app = values.map((value): Header[] => [['Authorization', value]])
  const vendor: Header[][] = [
    [['Authorization', `Bearer ${ADMIN_TOKEN}`]],
    [['X-API-Key', ADMIN_TOKEN]],
  ]
  const odd = oddCredentials.map((value): Header[] => [['Authorization', value]])
  return fc.oneof(
    { weight: 10, arbitrary: fc.constantFrom(...(caller === 'vendor' ? vendor : app)) },
    { weight: 1, arbitrary: fc.constantFrom<Header[]>(...odd, []) },
  )
}

function contentOf(
  source: CompatSource,
  route: CompatRoute,
  known: Known,
): fc.Arbitrary<Content | null> {
  const isDocument = source === 'keygen' || route.caller === 'vendor'
  const usual = isDocument
    ? documentOf(source, route, known).map(toJson)
    : fc
        .tuple(fieldsOf(known, formFields[source]), fc.nat(2))
        .map(([fields, format]) => toContent(fields, format))
  const broken = fc
    .tuple(fc.constantFrom(JSON_TYPE, FORM, ...oddTypes, null), fc.constantFrom(...oddBodies))
    .map(([type, text]) => ({ type, text }))
  return fc.oneof(
    { weight: 12, arbitrary: usual },
    { weight: 1, arbitrary: broken },
    { weight: 1, arbitrary: fc.constant(null) },
  )
}

function toContent(fields: Fields, format: number): Content {
  if (format === 0) return toJson(fields)
  if (format === 1) return { type: FORM, text: toForm(fields) }
  return { type: `multipart/form-data; boundary=${BOUNDARY}`, text: toMultipart(fields) }
}

const toJson = (value: unknown): Content => ({
  type: JSON_TYPE,
  text: JSON.stringify(value) ?? '',
})

const toText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

const toForm = (fields: Fields) =>
  Object.entries(fields)
    .map(([name, value]) => `${encode(name)}=${encode(toText(value))}`)
    .join('&')

function toMultipart(fields: Fields): string {
  const parts = Object.entries(fields).map(([name, value]) => {
    const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"`
    return `${head}\r\n\r\n${toText(value)}\r\n`
  })
  return `${parts.join('')}--${BOUNDARY}--\r\n`
}

/** Returns what the routes of Keygen, and those of vendors, read as JSON. */
function documentOf(
  source: CompatSource,
  { path }: CompatRoute,
  known: Known,
): fc.Arbitrary<unknown> {
  const document =
    source === 'keygen'
      ? keygenDocument(path.endsWith('/machines'), known)
      : fc.record(vendorFields(path, known))
  return fc.oneof({ weight: 12, arbitrary: document }, { weight: 1, arbitrary: hostileValue() })
}

function vendorFields(path: string, known: Known): Record<string, fc.Arbitrary<unknown>> {
  const value = (name: string) => fieldValue(known, name)
  const list = (name: string) => fc.array(value(name), { minLength: 1, maxLength: 3 })
  if (path.endsWith('/batch')) return { action: value('action'), licenseIds: list('licenseId') }
  if (path.endsWith('/domains')) return { domain: value('domain') }
  if (path.includes('webhooks')) return { url: value('hook'), events: list('events') }
  if (path.includes('api-keys')) return { name: value('name'), scopes: list('scopes') }
  if (path.endsWith('/:id')) return { status: value('status') }
  return { appName: value('appName'), domain: value('domain'), planId: value('planId') }
}

function keygenDocument(isMachine: boolean, known: Known): fc.Arbitrary<unknown> {
  const value = (name: string) => fieldValue(known, name)
  const list = (name: string) => fc.array(value(name), { maxLength: 3 })
  const number = fc.oneof({ weight: 8, arbitrary: fc.nat() }, hostileValue())
  if (isMachine) {
    const names = ['fingerprint', 'name', 'ip', 'hostname', 'platform']
    const attributes: Record<string, fc.Arbitrary<unknown>> = {
      ...Object.fromEntries(names.map((name) => [name, value(name)])),
      cores: number,
    }
    const license = fc.record({
      data: fc.record({ type: fc.constant('licenses'), id: value('licenses') }),
    })
    return fc.record({
      data: fc.record({
        type: fc.constant('machines'),
        id: fc.oneof(fc.uuid(), fc.uuid(), hostileValue()),
        attributes: fc.record(attributes, { requiredKeys: ['fingerprint'] }),
        relationships: fc.record({ license }),
      }),
    })
  }
  const names = ['fingerprint', 'machine', 'product', 'policy', 'user', 'environment', 'version']
  const texts = Object.fromEntries(names.map((name) => [name, value(name)]))
  const lists = { fingerprints: list('fingerprint'), entitlements: list('product') }
  const scope = fc.record({ ...texts, ...lists }, { requiredKeys: [] })
  const meta = { key: value('key'), scope, nonce: number, ttl: value('ttl') }
  return fc.record({ meta: fc.record(meta, { requiredKeys: ['key'] }) })
}
