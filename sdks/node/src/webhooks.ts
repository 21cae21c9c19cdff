import { areEqual, toUtf8 } from './bytes.ts'
import { parseObject } from './json.ts'
import { hmacSha256 } from './sha256.ts'

const TOLERANCE_SECONDS = 300
const SECRET_PREFIX = 'whsec_'

/** An event as Licet sends it. `data.license` is the license, with its key masked. */
export interface WebhookEvent {
  readonly id: string
  readonly type: string
  /** RFC 3339. */
  readonly timestamp: string
  readonly data: Readonly<Record<string, unknown>>
}

export type WebhookHeaders = Headers | Readonly<Record<string, string | string[] | undefined>>

export interface WebhookOptions {
  /** The current time in milliseconds. */
  readonly now?: number
}

/** A request that Licet did not send, or sent too long ago. Answer it with 400. */
export class WebhookError extends Error {
  override readonly name = 'WebhookError'
}

export const Webhooks = {
  /**
   * Returns the event in a webhook request. Throws `WebhookError` unless one of its signatures was made
   * with one of the secrets (`whsec_…`, several during a rotation) within the last five minutes
   * (Standard Webhooks 1.0). `body` is the request body exactly as it arrived.
   */
  verify(
    body: string | Uint8Array,
    headers: WebhookHeaders,
    secret: string | readonly string[],
    { now = Date.now() }: WebhookOptions = {},
  ): WebhookEvent {
    const id = readHeader(headers, 'webhook-id')
    const timestamp = readHeader(headers, 'webhook-timestamp')
    const signatures = readHeader(headers, 'webhook-signature').split(' ')
    const ageSeconds = Math.abs(Math.floor(now / 1000) - Number(timestamp))
    if (!/^\d{1,15}$/.test(timestamp) || ageSeconds > TOLERANCE_SECONDS) {
      throw new WebhookError('The timestamp is missing, or not within five minutes of now.')
    }
    const text = typeof body === 'string' ? body : new TextDecoder().decode(body)
    const secrets = typeof secret === 'string' ? [secret] : secret
    const expected = secrets.map((each) => sign(each, `${id}.${timestamp}.${text}`))
    if (id === '' || !expected.some((bytes) => signatures.some((each) => matches(each, bytes)))) {
      throw new WebhookError('No signature matches.')
    }
    const event = parseObject(text)
    if (event === null) throw new WebhookError('The body is not a JSON object.')
    return event as unknown as WebhookEvent
  },
}

function readHeader(headers: WebhookHeaders, name: string): string {
  if (headers instanceof Headers) return headers.get(name) ?? ''
  const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]
  return (Array.isArray(found) ? found[0] : found) ?? ''
}

function sign(secret: string, message: string): Uint8Array {
  const base64 = secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret
  const key = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  if (key.length === 0) throw new TypeError('A webhook secret is empty.')
  return hmacSha256(key, toUtf8(message))
}

function matches(signature: string, expected: Uint8Array): boolean {
  const [version, text = ''] = signature.split(',')
  return version === 'v1' && areEqual(toUtf8(text), toUtf8(toBase64(expected)))
}

function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
}
