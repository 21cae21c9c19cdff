import { Elysia } from 'elysia'
import { Fault } from '~/domain/faults.ts'
import type { Route } from './route-options.ts'

const BODY_BYTES_MAX = 65_536
/** Deeper than any body of ours. A recursive walk over a deeper one would overflow the stack. */
const DEPTH_MAX = 32

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i

type BodyBytesMaxOf = (pattern: string) => number

/** Returns the body limit of each route by its pattern, such as `/api/v1/licenses/:id`. */
export function createBodyBytesMaxOf(routes: readonly Route[]): BodyBytesMaxOf {
  const limits = new Map<string, number>()
  for (const { path, hooks } of routes) {
    const bytesMax = hooks.detail?.['x-body-bytes-max']
    if (bytesMax !== undefined) limits.set(path, bytesMax)
  }
  return (pattern) => limits.get(pattern) ?? BODY_BYTES_MAX
}

/** Parses request bodies: only JSON, only up to the route's limit, only strings that can be stored. */
export const bodies = (bytesMaxOf: BodyBytesMaxOf) =>
  new Elysia({ name: 'bodies' }).onParse({ as: 'global' }, async ({ request, route }) => {
    const text = await readText(request, bytesMaxOf(route))
    if (text === '') return null
    if (!JSON_TYPE.test(request.headers.get('content-type') ?? '')) {
      throw new Fault(
        'unsupported_media_type',
        'Send the request body with Content-Type: application/json.',
      )
    }
    const body = parseJson(text)
    // Neither can occur without one of these, so the walk is skipped for nearly all bodies.
    if (text.includes('\\u') || text.includes('__proto__')) rejectUnstorable(body)
    return body
  })

async function readText(request: Request, bytesMax: number): Promise<string> {
  const declaredBytes = Number(request.headers.get('content-length') ?? Number.NaN)
  if (declaredBytes > bytesMax) throw tooLarge(bytesMax)
  if (declaredBytes <= bytesMax) return request.text()
  // A chunked body declares no length, so count its bytes as they arrive.
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > bytesMax) throw tooLarge(bytesMax)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function tooLarge(bytesMax: number): Fault {
  return new Fault(
    'payload_too_large',
    `The request body exceeds ${bytesMax / 1024} KiB. Send a smaller one.`,
  )
}

function parseJson(text: string): unknown {
  if (isDeeperThan(DEPTH_MAX, text)) {
    throw new Fault(
      'validation_failed',
      `The request body is nested deeper than ${DEPTH_MAX} levels. Use fewer levels.`,
    )
  }
  try {
    return JSON.parse(text)
  } catch {
    throw invalidJson()
  }
}

export function invalidJson(): Fault {
  return new Fault('invalid_json', 'The request body is not valid JSON. Send a single JSON object.')
}

/** Measures the depth before parsing, so that no deep value is ever built. */
function isDeeperThan(depthMax: number, text: string): boolean {
  let depth = 0
  let isQuoted = false
  for (let index = 0; index < text.length; index += 1) {
    const symbol = text[index]
    if (symbol === '"') isQuoted = !isQuoted
    else if (isQuoted && symbol === '\\') index += 1
    else if (isQuoted) continue
    else if (symbol === '{' || symbol === '[') depth += 1
    else if (symbol === '}' || symbol === ']') depth -= 1
    if (depth > depthMax) return true
  }
  return false
}

/** Throws for strings that a database cannot store unchanged, and for the field `__proto__`. */
function rejectUnstorable(body: unknown): void {
  const values: unknown[] = [body]
  while (values.length > 0) {
    const value = values.pop()
    if (typeof value === 'string') rejectMalformedText(value)
    else if (typeof value === 'object' && value !== null) {
      for (const [name, inner] of Object.entries(value)) {
        if (name === '__proto__') {
          throw new Fault(
            'validation_failed',
            'The request body contains a field __proto__. Remove it.',
          )
        }
        rejectMalformedText(name)
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
