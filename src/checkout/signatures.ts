import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Provider } from '~/domain/purchases.ts'
import { SECOND_MS } from '~/domain/times.ts'

/** In both directions, because clocks differ. */
const TOLERANCE_MS = 300_000
const HEADER_LENGTH_MAX = 4096
const BASE64_SECRET_PREFIX = 'whsec_'

const SECONDS = /^\d{1,12}$/
const PAIR = /^ *([a-z]\w*)=([^\s,;]*) *$/
const VERSIONED = /^(v\w+),([A-Za-z0-9+/=]*)$/
/** The ID of an event, as Standard Webhooks sends it in a header. */
const EVENT_ID = /^[\x21-\x7e]{1,255}$/

/** The headers of a signed event, whose signatures are not verified yet. */
interface Claim {
  /** Null if the provider signs no time. */
  readonly atSeconds: number | null
  /** The part of the signed text before the body. */
  readonly prefix: string
  readonly signatures: readonly string[]
}

interface Scheme {
  /** Returns null for headers that are missing or malformed. */
  readonly read: (headers: Headers) => Claim | null
  readonly encoding: 'hex' | 'base64'
  readonly toKey: (secret: string) => Buffer
}

const toUtf8 = (secret: string) => Buffer.from(secret, 'utf8')

const schemes: Readonly<Record<Provider, Scheme>> = {
  stripe: {
    read: (headers) =>
      readPairs(
        headers.get('stripe-signature'),
        { separator: ',', time: 't', signature: 'v1' },
        '.',
      ),
    encoding: 'hex',
    toKey: toUtf8,
  },
  paddle: {
    read: (headers) =>
      readPairs(
        headers.get('paddle-signature'),
        { separator: ';', time: 'ts', signature: 'h1' },
        ':',
      ),
    encoding: 'hex',
    toKey: toUtf8,
  },
  lemonsqueezy: {
    read: (headers) => ({
      atSeconds: null,
      prefix: '',
      signatures: [headers.get('x-signature') ?? ''],
    }),
    encoding: 'hex',
    toKey: toUtf8,
  },
  polar: { read: readStandardHeaders, encoding: 'base64', toKey: toUtf8 },
  standard: { read: readStandardHeaders, encoding: 'base64', toKey: toStandardKey },
}

/**
 * Returns whether one of the secrets has signed the body, as bytes, within five minutes. All secrets
 * and all listed signatures are tried, because both are several during a rotation.
 */
export function isSigned(
  provider: Provider,
  { headers, body }: { readonly headers: Headers; readonly body: Uint8Array },
  secrets: readonly string[],
  nowMs: number,
): boolean {
  const { read, encoding, toKey } = schemes[provider]
  const claim = read(headers)
  if (claim === null || !isRecent(claim, nowMs)) return false
  const signatures = claim.signatures.map((signature) => decode(signature, encoding))
  const expected = secrets.map((secret) =>
    createHmac('sha256', toKey(secret)).update(claim.prefix).update(body).digest(),
  )
  return expected.some((one) => signatures.some((signature) => isEqual(one, signature)))
}

interface Pairs {
  readonly separator: string
  /** The names of the pairs. */
  readonly time: string
  readonly signature: string
}

/** Reads a header such as `t=1772798400,v1=…,v1=…`. Pairs with other names are ignored. */
function readPairs(
  header: string | null,
  { separator, time, signature }: Pairs,
  joint: string,
): Claim | null {
  if (header === null || header.length > HEADER_LENGTH_MAX) return null
  const pairs = header.split(separator).map((part) => PAIR.exec(part))
  const valuesOf = (name: string) =>
    pairs.flatMap((pair) => (pair?.[1] === name ? [pair[2] ?? ''] : []))
  const [seconds = '', ...more] = valuesOf(time)
  // A header that is sent twice has two times, or a pair with a comma in its value.
  if (pairs.includes(null) || more.length > 0 || !SECONDS.test(seconds)) return null
  return {
    atSeconds: Number(seconds),
    prefix: `${seconds}${joint}`,
    signatures: valuesOf(signature),
  }
}

/** Reads the headers of Standard Webhooks 1.0, §Webhook Headers. */
function readStandardHeaders(headers: Headers): Claim | null {
  const id = headers.get('webhook-id') ?? ''
  const seconds = headers.get('webhook-timestamp') ?? ''
  const header = headers.get('webhook-signature') ?? ''
  if (!EVENT_ID.test(id) || !SECONDS.test(seconds) || header.length > HEADER_LENGTH_MAX) return null
  const versioned = header.split(' ').map((part) => VERSIONED.exec(part))
  if (versioned.includes(null)) return null
  return {
    atSeconds: Number(seconds),
    prefix: `${id}.${seconds}.`,
    signatures: versioned.flatMap((found) => (found?.[1] === 'v1' ? [found[2] ?? ''] : [])),
  }
}

/** The bytes are in base64 after `whsec_`; shops without that convention use the text itself. */
function toStandardKey(secret: string): Buffer {
  return secret.startsWith(BASE64_SECRET_PREFIX)
    ? Buffer.from(secret.slice(BASE64_SECRET_PREFIX.length), 'base64')
    : toUtf8(secret)
}

function isRecent({ atSeconds }: Claim, nowMs: number): boolean {
  return atSeconds === null || Math.abs(nowMs - atSeconds * SECOND_MS) <= TOLERANCE_MS
}

/** Returns no bytes for a text that is not the encoding of bytes, such as one that is cut off. */
function decode(text: string, encoding: 'hex' | 'base64'): Buffer {
  const bytes = Buffer.from(text, encoding)
  const isWhole = bytes.toString(encoding) === (encoding === 'hex' ? text.toLowerCase() : text)
  return isWhole ? bytes : Buffer.alloc(0)
}

/** Takes the same time wherever the first difference is. */
function isEqual(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other)
}
