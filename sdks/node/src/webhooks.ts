import { areEqual, concat, toBase64, toUtf8 } from './bytes.ts'
import { parseObject } from './json.ts'
import { hmacSha256 } from './sha256.ts'

const TOLERANCE_SECONDS = 300
const SECRET_PREFIX = 'whsec_'
const SECONDS = /^\d{1,15}$/

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

export type WebhookFault =
  | 'HEADER_MISSING'
  | 'TIMESTAMP_TOO_OLD'
  | 'TIMESTAMP_TOO_NEW'
  | 'SIGNATURE_INVALID'
  | 'BODY_INVALID'

/** A request that Licet did not send, or sent too long ago. Answer it with 400. */
export class WebhookError extends Error {
  override readonly name = 'WebhookError'
  readonly code: WebhookFault

  constructor(code: WebhookFault, message: string) {
    super(message)
    this.code = code
  }
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
    const signatures = readHeader(headers, 'webhook-signature')
    if (id === '' || signatures === '' || !SECONDS.test(timestamp)) {
      throw new WebhookError('HEADER_MISSING', 'The request has no webhook headers.')
    }
    checkAge(Math.floor(now / 1000) - Number(timestamp))
    const bytes = typeof body === 'string' ? toUtf8(body) : body
    const message = concat(toUtf8(`${id}.${timestamp}.`), bytes)
    const secrets = typeof secret === 'string' ? [secret] : secret
    const expected = secrets.map((each) => sign(each, message))
    const isSigned = signatures
      .split(' ')
      .some((each) => expected.some((own) => matches(each, own)))
    if (!isSigned) throw new WebhookError('SIGNATURE_INVALID', 'No signature matches.')
    const event = parseObject(new TextDecoder().decode(bytes))
    if (event === null) throw new WebhookError('BODY_INVALID', 'The body is not a JSON object.')
    return event as unknown as WebhookEvent
  },
}

function checkAge(seconds: number): void {
  if (seconds > TOLERANCE_SECONDS) {
    throw new WebhookError('TIMESTAMP_TOO_OLD', 'The request is more than five minutes old.')
  }
  if (seconds < -TOLERANCE_SECONDS) {
    throw new WebhookError('TIMESTAMP_TOO_NEW', 'The request is more than five minutes ahead.')
  }
}

function readHeader(headers: WebhookHeaders, name: string): string {
  if (headers instanceof Headers) return headers.get(name) ?? ''
  const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]
  return (Array.isArray(found) ? found[0] : found) ?? ''
}

function sign(secret: string, message: Uint8Array): string {
  const base64 = secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret
  const key = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  if (key.length === 0) throw new TypeError('A webhook secret is empty.')
  return toBase64(hmacSha256(key, message))
}

function matches(signature: string, expected: string): boolean {
  const [version, text = ''] = signature.split(',')
  return version === 'v1' && areEqual(toUtf8(text), toUtf8(expected))
}
