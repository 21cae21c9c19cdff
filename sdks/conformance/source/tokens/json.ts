import { buildLease, signLease } from '../samples.ts'
import { signText } from '../sign-token.ts'
import { testKeys } from '../test-keys.ts'
import { buildTextCases, licensed, storedLease, type TextRow, type TokenCase } from './case.ts'
import { headerText, payloadText } from './parts.ts'

const DEPTH = 1000
const { active } = testKeys
const withPayload = (payload: string | Uint8Array) => signText(active, headerText, payload)
const insert = (members: string) => withPayload(`{${members},${payloadText.slice(1)}`)
const nested = payloadText.replace('"sso":true', '"sso":false,"sso":true')
const deep = JSON.stringify(buildLease({ sea: null })).replace(
  '"sea":null',
  '"sea":{"id":"seat_1","exp":1,"exp":1900000000}',
)
const bytes = Buffer.from(payloadText)
const badUtf8 = Buffer.from(bytes)
badUtf8[bytes.indexOf('acme')] = 0xff

const texts: readonly TextRow[] = [
  [
    'header-not-json',
    'A header that is not JSON is malformed.',
    signText(active, 'EdDSA', payloadText),
  ],
  [
    'header-list',
    'A header that is a list is malformed.',
    signText(active, '["EdDSA"]', payloadText),
  ],
  [
    'header-duplicate',
    'A header with two kids is malformed.',
    signText(active, `{"kid":"AAAAAAAAAAAAAAAA",${headerText.slice(1)}`, payloadText),
  ],
  [
    'header-deep',
    'A header that is nested a thousand times is malformed, and no reason to crash.',
    signText(active, `{"alg":${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}}`, payloadText),
  ],
  ['payload-not-json', 'A payload that is not JSON is malformed.', withPayload('valid')],
  ['payload-null', 'A payload that is null is malformed.', withPayload('null')],
  ['payload-list', 'A payload that is a list is malformed.', withPayload(`[${payloadText}]`)],
  [
    'payload-truncated',
    'A payload that ends early is malformed.',
    withPayload(payloadText.slice(0, -1)),
  ],
  [
    'payload-trailing-data',
    'Anything after the object is malformed.',
    withPayload(`${payloadText}{}`),
  ],
  [
    'payload-trailing-comma',
    'A comma before the end of the object is malformed.',
    withPayload(`${payloadText.slice(0, -1)},}`),
  ],
  ['payload-comment', 'A comment is malformed.', withPayload(`/* a lease */${payloadText}`)],
  [
    'payload-bom',
    'A byte order mark before the object is malformed.',
    withPayload(`\ufeff${payloadText}`),
  ],
  ['payload-not-utf8', 'A payload that is not UTF-8 is malformed.', withPayload(badUtf8)],
  ['payload-nan', 'NaN is not JSON.', withPayload(payloadText.replace('"rev":12', '"rev":NaN'))],
  [
    'payload-single-quotes',
    'Strings in single quotes are not JSON, although some libraries read them.',
    withPayload(payloadText.replace('"plan"', "'plan'")),
  ],
  [
    'payload-control-character',
    'A line break in a string is not JSON.',
    withPayload(payloadText.replace('professional', 'profes\nsional')),
  ],
  [
    'payload-leading-zero',
    'A number with a leading zero is not JSON.',
    withPayload(payloadText.replace('"rev":12', '"rev":012')),
  ],
  [
    'payload-infinite',
    'A number that no double can hold is malformed.',
    withPayload(payloadText.replace(/"exp":\d+/, '"exp":1e999')),
  ],
  ['duplicate', 'Two members of the same name are malformed.', insert('"exp":4000000000')],
  ['duplicate-equal', 'Two equal members are malformed.', insert('"valid":true')],
  [
    'duplicate-escaped',
    'Two members of the same name are malformed, although one is escaped.',
    insert('"\\u0065xp":4000000000'),
  ],
  ['duplicate-in-features', 'Two features of the same name are malformed.', withPayload(nested)],
  [
    'duplicate-nested',
    'Two members of the same name in a nested object are malformed.',
    withPayload(deep),
  ],
  [
    'duplicate-unknown',
    'Two members of the same name in an unknown claim are malformed.',
    insert('"x":[{"a":1,"a":2}]'),
  ],
  [
    'unknown-claim',
    'A claim that this version does not know is ignored.',
    insert('"future":{"a":[1]}'),
    licensed,
  ],
  [
    'payload-white-space',
    'White space between the members of the payload is allowed.',
    withPayload(JSON.stringify(buildLease(), null, 2)),
    licensed,
  ],
  [
    'same-name-elsewhere',
    'A feature may have the name of a claim.',
    signLease(buildLease({ features: { exp: 1, valid: false } })),
    licensed,
  ],
  [
    'not-ascii-claims',
    'Claims may contain any letters.',
    signLease(buildLease({ plan: 'größe-龍-🐉' })),
    licensed,
  ],
]

/** Cases about JSON in a header and a payload. All of them have a good signature. */
export function listJsonCases(): TokenCase[] {
  return buildTextCases(storedLease, texts)
}
