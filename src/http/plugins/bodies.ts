import { Elysia } from 'elysia'
import { Fault } from '~/domain/faults.ts'
import { requireScope } from './auth.ts'
import { invalidJson, type JsonLimits, parseJson } from './json.ts'
import { requestState } from './requests.ts'
import type { RouteIndex } from './route-index.ts'

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i
const CHARSET = /;\s*charset\s*=\s*"?([^\s;"]*)/gi

/** The largest batch of usage that an edge sends, see `wire/edge-usage.ts`. */
const edgeLimits: JsonLimits = { parts: 80_000, literalsLength: 1_048_576 }

/** Strips a byte order mark, which some editors write. */
const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Parses request bodies: only JSON in UTF-8, only up to the route's limit. Those of management calls
 * must have only strings that can be stored, and only numbers that stay the same. A body that the
 * headers or a missing scope already rule out is not read. Signed bodies remain bytes.
 */
export const bodies = ({ rulesOf }: RouteIndex) =>
  new Elysia({ name: 'bodies' }).onParse({ as: 'global' }, async ({ request, route }) => {
    const { bodyBytesMax, scope, credential, isRaw } = rulesOf(request.method, route)
    if (scope !== null) requireScope(request, scope)
    if (isRaw) return readBytes(request, bodyBytesMax)
    const bytes = await readBody(request, bodyBytesMax)
    if (credential === 'edge token') return parseBody(bytes, false, edgeLimits)
    if (credential !== 'license key') return requireObject(bytes, parseBody(bytes, true))
    requestState(request).bodyBytes = bytes
    return parseBody(bytes, false)
  })

/** Reads a body. Throws a Fault if it is too large, or its headers say that it is not JSON in UTF-8. */
export function readBody(request: Request, bytesMax: number): Promise<Uint8Array> {
  checkEncoding(request.headers)
  return readBytes(request, bytesMax, checkType)
}

/** Reads a body of any type. Throws a Fault if it is too large, or does not arrive as a whole. */
export function readBytes(
  request: Request,
  bytesMax: number,
  check: (headers: Headers) => void = () => undefined,
): Promise<Uint8Array> {
  const { headers } = request
  const declaredBytes = Number(headers.get('content-length') ?? Number.NaN)
  if (declaredBytes > bytesMax) throw tooLarge(bytesMax)
  if (declaredBytes > 0) check(headers)
  const reading = declaredBytes <= bytesMax ? request.bytes() : readChunks(request, bytesMax, check)
  return reading.catch(rejectIncomplete)
}

/** A client that goes away, or sends so slowly that its time is over, is no failure of ours. */
function rejectIncomplete(error: unknown): never {
  if (error instanceof Fault) throw error
  const detail = 'The connection was closed before the request body was complete. Send it again.'
  throw new Fault('invalid_request', detail, { cause: error })
}

/**
 * Parses a body; null if it is empty. Client calls are not strict, because their apps cannot be
 * changed: see `parseJson`. Throws a Fault for anything else than JSON in UTF-8.
 */
export function parseBody(bytes: Uint8Array, isStrict: boolean, limits?: JsonLimits): unknown {
  const text = decodeText(bytes)
  if (text === '') return null
  const body = parseJson(text, isStrict, limits)
  // Neither can occur without one of these, so the walk is skipped for nearly all bodies.
  if (text.includes('\\u') || text.includes('__proto__')) rejectUnstorable(body, isStrict)
  return body
}

/** Elysia does not check an optional body unless it is an object with members. */
function requireObject(bytes: Uint8Array, body: unknown): unknown {
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body)
  if (isObject || bytes.byteLength === 0) return body
  const detail = 'Must be an object.'
  throw new Fault('validation_failed', `The request body is invalid. body: ${detail}`, {
    errors: [{ pointer: '', detail }],
  })
}

function checkEncoding(headers: Headers): void {
  if (headers.has('content-encoding')) {
    throw unsupported('Send the request body without Content-Encoding, that is, not compressed.')
  }
}

/** Whether a content type is JSON, also in a format of its own such as `application/vnd.api+json`. */
export const isJsonType = (type: string): boolean => JSON_TYPE.test(type)

function checkType(headers: Headers): void {
  const type = headers.get('content-type') ?? ''
  if (type === 'application/json') return
  if (!isJsonType(type)) {
    throw unsupported('Send the request body with Content-Type: application/json.')
  }
  for (const [, charset = ''] of type.matchAll(CHARSET)) {
    if (!/^utf-?8$/i.test(charset)) throw unsupported('Send the request body in UTF-8.')
  }
}

/** Throws a Fault for a body that declares another type than JSON in UTF-8, even if it is empty. */
export function requireJsonType(headers: Headers): void {
  if (headers.has('content-type')) checkType(headers)
}

function unsupported(detail: string): Fault {
  return new Fault('unsupported_media_type', detail)
}

function decodeText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw invalidJson('The request body is not valid UTF-8. Send JSON in UTF-8.')
  }
}

/** Reads a chunked body, which declares no length, so its bytes are counted as they arrive. */
async function readChunks(
  request: Request,
  bytesMax: number,
  check: (headers: Headers) => void,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  const reader = request.body?.getReader()
  try {
    for (let chunk = await reader?.read(); chunk?.value; chunk = await reader?.read()) {
      if (chunk.value.byteLength === 0) continue
      if (bytes === 0) check(request.headers)
      bytes += chunk.value.byteLength
      if (bytes > bytesMax) throw tooLarge(bytesMax)
      chunks.push(chunk.value)
    }
  } catch (error) {
    // Not awaited: that of a copy ends only with that of its original.
    reader?.cancel().catch(() => undefined)
    throw error
  }
  return Buffer.concat(chunks)
}

const formatSize = (bytes: number) =>
  bytes < 1024 ** 2 ? `${bytes / 1024} KiB` : `${bytes / 1024 ** 2} MiB`

function tooLarge(bytesMax: number): Fault {
  return new Fault(
    'payload_too_large',
    `The request body exceeds ${formatSize(bytesMax)}. Send a smaller one.`,
  )
}

/**
 * Throws for the field `__proto__`, and in a strict body for strings that a database cannot store
 * unchanged. Client calls clean their names instead.
 */
function rejectUnstorable(body: unknown, isStrict: boolean): void {
  const values: unknown[] = [body]
  while (values.length > 0) {
    const value = values.pop()
    if (typeof value === 'string' && isStrict) rejectMalformedText(value)
    else if (typeof value === 'object' && value !== null) {
      for (const [name, inner] of Object.entries(value)) {
        if (name === '__proto__') {
          throw new Fault(
            'validation_failed',
            'The request body contains a field __proto__. Remove it.',
          )
        }
        if (isStrict) rejectMalformedText(name)
        values.push(inner)
      }
    }
  }
}

function rejectMalformedText(text: string): void {
  if (text.includes('\0') || !text.isWellFormed()) {
    throw new Fault(
      'validation_failed',
      'The request body contains a string with a NUL or an unpaired surrogate. Send valid Unicode.',
    )
  }
}
