import { createHmac, sign } from 'node:crypto'
import { buildFeed, buildFile, buildLease, signFeed, signFile, signLease, T0 } from '../samples.ts'
import { buildHeader, type Claims, signText, toBase64url, wrapInArmor } from '../sign-token.ts'
import { testKeys } from '../test-keys.ts'
import {
  importedFeed,
  licensed,
  malformed,
  refused,
  storedFile,
  storedLease,
  type TokenCase,
  type TokenExpectation,
  type TokenOptions,
} from './case.ts'

const BYTES_MAX = 16_384
const DEPTH = 1000
const { active } = testKeys

const header = buildHeader(active, 'licet-lease+jwt')
const headerText = JSON.stringify(header)
const payloadText = JSON.stringify(buildLease())
const lease = signLease(buildLease())
const [head = '', body = '', signature = ''] = lease.split('.')
const file = signFile(buildFile())

type Row = readonly [id: string, description: string, text: string, expected?: TokenExpectation]

/** Cases about the text of a token: its parts, encoding, size, header, JSON and armor. */
export function listFormatCases(): TokenCase[] {
  return [
    ...build(storedLease, [...listParts(), ...listEncodings(), ...listHeaders(), ...listJson()]),
    ...build(storedFile, listArmor()),
    ...build(importedFeed, listFeedTexts()),
  ]
}

function listParts(): Row[] {
  return [
    ['empty', 'An empty text is no token.', ''],
    ['two-parts', 'A token without its signature is malformed.', `${head}.${body}`],
    ['empty-signature', 'A token with an empty signature is malformed.', `${head}.${body}.`],
    ['four-parts', 'A token with a fourth part is malformed.', `${lease}.${signature}`],
    ['five-parts', 'An encrypted token has five parts and is malformed.', `${lease}.AAAA.AAAA`],
    ['empty-payload', 'A token with an empty payload is malformed.', `${head}..${signature}`],
    ['space-before', 'A blank before a compact token is malformed.', ` ${lease}`],
    ['newline-after', 'A line break after a compact token is malformed.', `${lease}\n`],
    ['space-inside', 'A blank in a compact token is malformed.', `${head}.${body} .${signature}`],
    ['trailing-byte', 'A NUL after a compact token is malformed.', `${lease}\0`],
    ['truncated', 'A token without its last ten characters is malformed.', lease.slice(0, -10)],
    [
      'extra-signature-bytes',
      'A signature of 65 bytes is malformed.',
      `${head}.${body}.${extend()}`,
    ],
    [
      'size-max',
      `A token of exactly ${BYTES_MAX} bytes is accepted.`,
      buildLeaseOfSize(BYTES_MAX),
      licensed,
    ],
    ['size-exceeded', 'A token of one byte more is malformed.', buildLeaseOfSize(BYTES_MAX + 1)],
  ]
}

function listEncodings(): Row[] {
  const standard = lease.replaceAll('-', '+').replaceAll('_', '/')
  return [
    ['padding-payload', 'Padding in the payload is malformed.', `${head}.${body}==.${signature}`],
    ['padding-signature', 'Padding in the signature is malformed.', `${lease}==`],
    ['standard-base64', 'The alphabet with + and / is malformed.', standard],
    ['not-ascii', 'A letter outside of ASCII is malformed.', `${head}.é${body}.${signature}`],
    [
      'trailing-bits-signature',
      'The last character of a signature has four unused bits, which must be zero.',
      setTrailingBits(lease),
    ],
    [
      'trailing-bits-payload',
      'The unused bits of the payload must be zero, although a valid signature covers them.',
      signEncoded(head, setTrailingBits(encodeWithSpareBits())),
    ],
    [
      'impossible-length',
      'Base64url of 4n + 1 characters is malformed, although a valid signature covers it.',
      signEncoded(head, `${toBase64url('{"a": "bcd"}')}A`),
    ],
  ]
}

function listHeaders(): Row[] {
  const withHeader = (changes: Claims) =>
    signText(active, JSON.stringify({ ...header, ...changes }), payloadText)
  const hmac = (secret: string | Buffer) => {
    const signed = `${toBase64url(JSON.stringify({ ...header, alg: 'HS256' }))}.${body}`
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
  }
  const none = `${toBase64url(JSON.stringify({ ...header, alg: 'none' }))}.${body}.`
  const raw = Buffer.from(active.x, 'base64url')
  return [
    ['alg-none', 'The algorithm none, without a signature, is malformed.', none],
    [
      'alg-none-signed',
      'The algorithm none is malformed, even with a valid signature.',
      withHeader({ alg: 'none' }),
    ],
    ['alg-hs256', 'HS256 with the bytes of the public key as its secret is malformed.', hmac(raw)],
    [
      'alg-hs256-text',
      'HS256 with the text of the public key as its secret is malformed.',
      hmac(active.x),
    ],
    [
      'alg-rs256',
      'The algorithm RS256 is malformed, even with a valid signature.',
      withHeader({ alg: 'RS256' }),
    ],
    [
      'alg-es256',
      'The algorithm ES256 is malformed, even with a valid signature.',
      withHeader({ alg: 'ES256' }),
    ],
    [
      'alg-ed25519',
      'The algorithm must be written EdDSA, not Ed25519.',
      withHeader({ alg: 'Ed25519' }),
    ],
    ['alg-case', 'The algorithm must be written EdDSA, not eddsa.', withHeader({ alg: 'eddsa' })],
    ['alg-list', 'A list of algorithms is malformed.', withHeader({ alg: ['EdDSA'] })],
    ['crit', 'A header with crit is malformed.', withHeader({ crit: ['exp'], exp: T0 })],
    ['b64-false', 'A header with b64 is malformed.', withHeader({ b64: false, crit: ['b64'] })],
    [
      'header-jwk',
      'A header that brings its own key is malformed.',
      withHeader({ jwk: { crv: 'Ed25519', kty: 'OKP', x: active.x } }),
    ],
    [
      'header-jku',
      'A header with the address of a key is malformed.',
      withHeader({ jku: 'https://example.com/jwks' }),
    ],
    ['kid-number', 'A kid that is a number is malformed.', withHeader({ kid: 1 })],
    ['kid-missing', 'A header without a kid is malformed.', withHeader({ kid: undefined })],
    ['typ-missing', 'A header without a type is malformed.', withHeader({ typ: undefined })],
    [
      'typ-jwt',
      'The type JWT is not expected.',
      withHeader({ typ: 'JWT' }),
      refused('TYPE_UNEXPECTED'),
    ],
    [
      'typ-case',
      'A type in another case is not expected.',
      withHeader({ typ: 'Licet-Lease+JWT' }),
      refused('TYPE_UNEXPECTED'),
    ],
    [
      'typ-media',
      'A type with application/ before it is not expected.',
      withHeader({ typ: 'application/licet-lease+jwt' }),
      refused('TYPE_UNEXPECTED'),
    ],
    [
      'header-order',
      'The members of a header may be in any order.',
      signText(
        active,
        JSON.stringify({ typ: 'licet-lease+jwt', kid: active.kid, alg: 'EdDSA' }),
        payloadText,
      ),
      licensed,
    ],
  ]
}

function listJson(): Row[] {
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
  return [
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
}

function listArmor(): Row[] {
  const armor = wrapInArmor(file, 'LICENSE')
  const lines = armor.trimEnd().split('\n')
  const rewrapped = [lines[0], file.slice(0, 100), file.slice(100), lines.at(-1)].join('\n')
  return [
    ['armor', 'A file in its armor is accepted.', armor, licensed],
    ['armor-none', 'A file without its armor is accepted.', file, licensed],
    ['armor-crlf', 'Line ends of Windows are accepted.', armor.replaceAll('\n', '\r\n'), licensed],
    [
      'armor-blank-lines',
      'Blank lines before and after the armor are accepted.',
      `\n \r\n\t${armor}\n\n`,
      licensed,
    ],
    ['armor-no-last-newline', 'The last line needs no line end.', armor.trimEnd(), licensed],
    [
      'armor-bom',
      'A byte order mark at the start, as Notepad writes it, is accepted.',
      `\ufeff${armor}`,
      licensed,
    ],
    [
      'armor-rewrapped',
      'Lines of another length, as mail programs make them, are accepted.',
      rewrapped,
      licensed,
    ],
    [
      'armor-indented',
      'White space around the lines inside is accepted.',
      lines
        .map((line, index) => (index % (lines.length - 1) === 0 ? line : `  ${line} `))
        .join('\n'),
      licensed,
    ],
    [
      'armor-wrong-label',
      'The label of a feed around a file is malformed.',
      wrapInArmor(file, 'REVOCATIONS'),
    ],
    [
      'armor-mixed-labels',
      'Different labels at the start and the end are malformed.',
      armor.replace('END LICET LICENSE', 'END LICET REVOCATIONS'),
    ],
    ['armor-lower-case', 'A label in lower case is malformed.', armor.replaceAll('LICET', 'licet')],
    ['armor-text-before', 'Text before the armor is malformed.', `Your license:\n${armor}`],
    ['armor-text-after', 'Text after the armor is malformed.', `${armor}Thank you!\n`],
    [
      'armor-header-inside',
      'A header line in the armor is malformed.',
      armor.replace('\n', '\nVersion: 1\n'),
    ],
    [
      'armor-quoted',
      'An armor quoted in a reply is malformed.',
      lines.map((line) => `> ${line}`).join('\n'),
    ],
    ['armor-twice', 'Two files in one text are malformed.', armor + armor],
    [
      'armor-unfinished',
      'An armor without its last line is malformed.',
      lines.slice(0, -1).join('\n'),
    ],
    ['armor-empty', 'An armor without contents is malformed.', `${lines[0]}\n${lines.at(-1)}\n`],
    [
      'armor-missing-line',
      'An armor without its last line of contents is malformed.',
      [...lines.slice(0, -2), lines.at(-1)].join('\n'),
    ],
    [
      'armor-no-line-break',
      'The first line of an armor ends with a line break.',
      armor.replace('\n', ''),
    ],
  ]
}

function listFeedTexts(): Row[] {
  const revoked = Array.from({ length: 500 }, (_, index) => [
    `lic_${String(index).padStart(26, '0')}`,
    T0,
  ])
  const expected = { ok: true, to: 14, more: false } as const
  return [
    ['feed', 'A feed is accepted.', signFeed(buildFeed()), expected],
    [
      'feed-armor',
      'A feed in its armor is accepted.',
      wrapInArmor(signFeed(buildFeed()), 'REVOCATIONS'),
      expected,
    ],
    [
      'feed-wrong-label',
      'The label of a file around a feed is malformed.',
      wrapInArmor(signFeed(buildFeed()), 'LICENSE'),
    ],
    [
      'feed-large',
      `A feed may be larger than ${BYTES_MAX} bytes.`,
      signFeed(buildFeed({ revoked })),
      expected,
    ],
    [
      'feed-more',
      'A feed may say that there is more after it.',
      signFeed(buildFeed({ more: true })),
      { ...expected, more: true },
    ],
  ]
}

function build(options: TokenOptions, rows: readonly Row[]): TokenCase[] {
  return rows.map(([id, description, text, expected = malformed]) => ({
    id,
    description,
    text,
    options,
    expected,
  }))
}

function extend(): string {
  return Buffer.concat([Buffer.from(signature, 'base64url'), Buffer.alloc(1)]).toString('base64url')
}

/** Returns a lease of this size: the length of a feature gets it close, that of the plan exact. */
function buildLeaseOfSize(bytes: number): string {
  for (let length = Math.floor((bytes * 3) / 4); length > 0; length -= 1) {
    const token = signLease(buildLease({ features: { filler: 'x'.repeat(length) } }))
    if (token.length === bytes) return token
  }
  throw new Error(`No lease has ${bytes} bytes.`)
}

/** Sets the lowest bit of the last character, which encodes nothing. */
function setTrailingBits(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return text.slice(0, -1) + alphabet.charAt(alphabet.indexOf(text.slice(-1)) | 1)
}

/** Returns the encoding of a payload whose length is not a multiple of three. */
function encodeWithSpareBits(): string {
  const padding = ['', ' ', '  '].find((blanks) => (payloadText.length + blanks.length) % 3 === 1)
  return toBase64url(payloadText + padding)
}

/** Signs parts that are already encoded, so that the encoding itself can be wrong. */
function signEncoded(encodedHeader: string, encodedPayload: string): string {
  const signed = `${encodedHeader}.${encodedPayload}`
  return `${signed}.${sign(null, Buffer.from(signed), active.privateKey).toString('base64url')}`
}
