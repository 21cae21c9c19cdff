/** All requests of a run in one buffer, built before the measurement starts. */
export interface RequestSet {
  readonly bytes: Uint8Array
  /** The start of each request, followed by the end of the last one. */
  readonly offsets: Uint32Array
}

export interface LoadPlan {
  readonly port: number
  readonly connections: number
  readonly requests: RequestSet
  /** Returns the index of the next request, or null to end the run. */
  readonly next: () => number | null
}

export interface LoadResult {
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

const VALIDATE_PATH = '/api/v1/validate'

const EXPECTED = '"valid":true'

/** Builds the bytes of one keep-alive POST per body. */
export function buildRequests(bodies: readonly unknown[]): RequestSet {
  const parts = bodies.map((body) => {
    const json = JSON.stringify(body)
    const length = Buffer.byteLength(json)
    const head = `POST ${VALIDATE_PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n`
    return Buffer.from(`${head}Content-Length: ${length}\r\n\r\n${json}`)
  })
  const offsets = new Uint32Array(parts.length + 1)
  for (const [index, part] of parts.entries()) {
    offsets[index + 1] = (offsets[index] ?? 0) + part.length
  }
  return { bytes: Buffer.concat(parts), offsets }
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

/**
 * Sends requests over raw sockets, one at a time per connection, until `next` returns null.
 * Throws at the first response that is not a valid verdict, because fast errors would look good.
 */
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
  { bytes, offsets }: RequestSet,
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
    const begin = offsets[index] ?? 0
    sentAtMs = performance.now()
    socket.write(bytes, begin, (offsets[index + 1] ?? 0) - begin)
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
        if (!received.includes(EXPECTED)) {
          reject(new Error(`This is not a valid verdict:\n${received}`))
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
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN
  return {
    requestsPerSecond: sorted.length / (durationMs / 1000),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
  }
}
