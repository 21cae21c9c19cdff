/** All requests of a run in one buffer, built before the measurement starts. */
export interface RequestSet {
  readonly bytes: Uint8Array
  /** The start of each request, followed by the end of the last one. */
  readonly offsets: Uint32Array
  /** A part of every response. Any other response ends the run, because fast errors would look good. */
  readonly expected: string
  /** Whether the `STAMP` at the end of each body is replaced by a number that is never repeated. */
  readonly isStamped: boolean
}

export interface RequestOptions {
  readonly path: string
  readonly expected: string
  readonly token: string | null
  /** A header that differs from request to request. */
  readonly headerOf: ((index: number) => string) | null
}

export interface LoadPlan {
  readonly port: number
  readonly connections: number
  readonly requests: RequestSet
  /** Returns the index of the next request, or null to end the run. */
  readonly next: () => number | null
}

export interface LoadResult {
  readonly count: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

const defaults: RequestOptions = {
  path: '/api/v1/validate',
  expected: '"valid":true',
  token: null,
  headerOf: null,
}

/** The end of the last text in a body that shall differ each time. */
export const STAMP = '000000000000'
const STAMP_END = `${STAMP}"}`
let stamps = 0

/** Builds the bytes of one keep-alive POST per body. */
export function buildRequests(
  bodies: readonly unknown[],
  options: Partial<RequestOptions> = {},
): RequestSet {
  const { path, expected, token, headerOf } = { ...defaults, ...options }
  let isStamped = false
  const parts = bodies.map((body, index) => {
    const json = JSON.stringify(body)
    isStamped ||= json.endsWith(STAMP_END)
    const head = [
      `POST ${path} HTTP/1.1`,
      'Host: 127.0.0.1',
      'Content-Type: application/json',
      ...(token === null ? [] : [`Authorization: Bearer ${token}`]),
      ...(headerOf === null ? [] : [headerOf(index)]),
      `Content-Length: ${Buffer.byteLength(json)}`,
    ]
    return Buffer.from(`${head.join('\r\n')}\r\n\r\n${json}`)
  })
  const offsets = new Uint32Array(parts.length + 1)
  for (const [index, part] of parts.entries()) {
    offsets[index + 1] = (offsets[index] ?? 0) + part.length
  }
  return { bytes: Buffer.concat(parts), offsets, expected, isStamped }
}

/** Picks random requests for this time. */
export function pickRandomFor(seconds: number, { offsets }: RequestSet): () => number | null {
  const endsAtMs = performance.now() + seconds * 1000
  const count = offsets.length - 1
  return () => (performance.now() < endsAtMs ? Math.floor(Math.random() * count) : null)
}

/** Picks every request once. */
export function pickEachOnce({ offsets }: RequestSet): () => number | null {
  let index = 0
  return () => (index < offsets.length - 1 ? index++ : null)
}

/** Sends one of the requests. */
export function sendRequest(
  socket: Pick<Bun.Socket, 'write'>,
  { bytes, offsets, isStamped }: RequestSet,
  index: number,
): void {
  const begin = offsets[index] ?? 0
  const end = offsets[index + 1] ?? 0
  if (isStamped) {
    stamps += 1
    const digits = String(stamps).padStart(STAMP.length, '0')
    const start = end - STAMP_END.length
    for (let at = 0; at < digits.length; at += 1) bytes[start + at] = digits.charCodeAt(at)
  }
  socket.write(bytes, begin, end - begin)
}

/** Sends requests over raw sockets, one at a time per connection, until `next` returns null. */
export async function runLoad({ port, connections, requests, next }: LoadPlan) {
  const latenciesMs: number[] = []
  const startedAtMs = performance.now()
  await Promise.all(
    Array.from({ length: connections }, () => drive(port, requests, next, latenciesMs)),
  )
  return summarize(latenciesMs, performance.now() - startedAtMs)
}

function drive(
  port: number,
  requests: RequestSet,
  next: () => number | null,
  latenciesMs: number[],
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let sentAtMs = 0
  let received = ''

  function send(socket: Bun.Socket): void {
    const index = next()
    if (index === null) {
      resolve()
      socket.end()
      return
    }
    sentAtMs = performance.now()
    sendRequest(socket, requests, index)
  }

  const connecting = Bun.connect({
    hostname: '127.0.0.1',
    port,
    socket: {
      open: send,
      data(socket, chunk) {
        received += chunk.toString('latin1')
        if (!isComplete(received)) return
        latenciesMs.push(performance.now() - sentAtMs)
        if (!received.includes(requests.expected)) {
          reject(new Error(`This response lacks ${requests.expected}:\n${received}`))
          socket.end()
          return
        }
        received = ''
        send(socket)
      },
      close: () => reject(new Error('The server closed the connection.')),
      error: (_socket, error) => reject(error),
    },
  })
  connecting.catch(reject)
  return promise
}

export function isComplete(text: string): boolean {
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd === -1) return false
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1])
  return text.length >= headEnd + 4 + length
}

function summarize(latenciesMs: readonly number[], durationMs: number): LoadResult {
  const sorted = Float64Array.from(latenciesMs).sort()
  return {
    count: sorted.length,
    perSecond: sorted.length / (durationMs / 1000),
    p50Ms: pickQuantile(sorted, 0.5),
    p99Ms: pickQuantile(sorted, 0.99),
  }
}

/** Picks the value that this share of the sorted values is below. */
export function pickQuantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
