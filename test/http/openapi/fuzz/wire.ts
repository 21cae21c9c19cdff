import { assert } from '~/assert.ts'
import type { TestResponse } from '../../../support/app.ts'
import { connectTo } from '../../../support/sockets.ts'

/** A request as its bytes go over the wire. */
export interface WireRequest {
  readonly method: string
  readonly target: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Uint8Array | null
}

const RESPONSE_MS = 60_000

/** Sends a request exactly as it is, and returns the response. */
export async function sendWire(port: number, request: WireRequest): Promise<TestResponse> {
  const { method, target, headers, body } = request
  const lengths = body === null ? [] : [['Content-Length', String(body.byteLength)] as const]
  const all = [...headers, ...lengths, ['Connection', 'close'] as const]
  const lines = [`${method} ${target} HTTP/1.1`, ...all.map(([name, value]) => `${name}: ${value}`)]
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
  const received = await exchangeBytes(port, Buffer.concat([head, body ?? new Uint8Array()]))
  return parseResponse(received, request)
}

async function exchangeBytes(port: number, bytes: Uint8Array): Promise<Buffer> {
  const socket = await connectTo(port)
  const chunks: Buffer[] = []
  const closed = Promise.withResolvers<void>()
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.on('close', () => closed.resolve())
  // A server that rejects a body may close the connection before it has read all of it.
  socket.on('error', () => undefined)
  socket.setTimeout(RESPONSE_MS, () => socket.destroy())
  socket.write(bytes)
  await closed.promise
  return Buffer.concat(chunks)
}

function parseResponse(received: Buffer, request: WireRequest): TestResponse {
  const end = received.indexOf('\r\n\r\n')
  assert(end !== -1, `there is a response to ${describeRequest(request)}`)
  const [first = '', ...lines] = received.toString('latin1', 0, end).split('\r\n')
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1])
  const headers = new Headers(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).trim()]
    }),
  )
  const rest = received.subarray(end + 4)
  const bytes = headers.get('transfer-encoding') === 'chunked' ? joinChunks(rest) : rest
  const text = request.method === 'HEAD' ? '' : new TextDecoder().decode(bytes)
  const isJson = text !== '' && /\bjson\b/.test(headers.get('content-type') ?? '')
  return { status, headers, text, body: isJson ? JSON.parse(text) : null }
}

function joinChunks(bytes: Buffer): Buffer {
  const chunks: Buffer[] = []
  let rest = bytes
  for (;;) {
    const line = rest.indexOf('\r\n')
    const size = Number.parseInt(rest.toString('latin1', 0, line), 16)
    if (!(size > 0)) return Buffer.concat(chunks)
    chunks.push(rest.subarray(line + 2, line + 2 + size))
    rest = rest.subarray(line + 4 + size)
  }
}

/** Returns a request as text for a person. */
export function describeRequest({ method, target, headers, body }: WireRequest): string {
  const lines = headers.map(([name, value]) => `${name}: ${value.slice(0, 200)}`)
  const text = body === null ? '' : `\n\n${Buffer.from(body).toString('latin1').slice(0, 1000)}`
  return `${method} ${target.slice(0, 500)}\n${lines.join('\n')}${text}`
}
