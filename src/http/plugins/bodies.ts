import { Elysia } from 'elysia'
import { Fault } from '~/domain/faults.ts'

const BODY_BYTES_MAX = 65_536
const BULK_BODY_BYTES_MAX = 8_388_608
/** Deeper than any of our bodies. What walks values by recursion would run out of stack. */
const DEPTH_MAX = 32
const BULK_PATH = '/api/v1/licenses/bulk'

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i

/** Reads every body: JSON and nothing else, no larger than its route allows, fit to be stored. */
export const bodies = new Elysia({ name: 'bodies' }).onParse(
  { as: 'global' },
  async ({ request, path }) => {
    const text = await readText(request, path === BULK_PATH ? BULK_BODY_BYTES_MAX : BODY_BYTES_MAX)
    if (text === '') return null
    if (!JSON_TYPE.test(request.headers.get('content-type') ?? '')) {
      throw new Fault('unsupported_media_type', 'Send the body as content-type application/json.')
    }
    const body = parseJson(text)
    // Only an escape or the word itself can bring in what the walk looks for.
    if (text.includes('\\u') || text.includes('__proto__')) refuseUnfit(body)
    return body
  },
)

async function readText(request: Request, bytesMax: number): Promise<string> {
  const declared = Number(request.headers.get('content-length') ?? Number.NaN)
  if (declared > bytesMax) throw tooLarge(bytesMax)
  if (declared <= bytesMax) return request.text()
  // Chunked: nobody said how long it is, so it is counted as it comes.
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
    `The body may have ${bytesMax / 1024} KiB. Send less at once.`,
  )
}

function parseJson(text: string): unknown {
  if (isDeeperThan(DEPTH_MAX, text)) {
    throw new Fault(
      'validation_failed',
      `The body nests more than ${DEPTH_MAX} levels. Send fewer.`,
    )
  }
  try {
    return JSON.parse(text)
  } catch {
    throw new Fault('invalid_json', 'The body is not JSON. Send one JSON object.')
  }
}

/** Judged before parsing, which would build what nobody wants to walk. */
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

/** Texts that a database cannot keep as they are, and a name that is none in JavaScript. */
function refuseUnfit(body: unknown): void {
  const waiting: unknown[] = [body]
  while (waiting.length > 0) {
    const value = waiting.pop()
    if (typeof value === 'string') refuseText(value)
    else if (typeof value === 'object' && value !== null) {
      for (const [name, inner] of Object.entries(value)) {
        if (name === '__proto__') {
          throw new Fault('validation_failed', 'The body has a field __proto__. Remove it.')
        }
        refuseText(name)
        waiting.push(inner)
      }
    }
  }
}

function refuseText(text: string): void {
  if (text.includes('\0') || !text.isWellFormed()) {
    throw new Fault(
      'validation_failed',
      'A text in the body holds a NUL or half a surrogate pair. Send well-formed Unicode.',
    )
  }
}
