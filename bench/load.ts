/** The requests of a run, one after the other in one buffer, built before any clock starts. */
export interface RequestSet {
  readonly bytes: Uint8Array
  /** Where each begins, and at last where the last one ends. */
  readonly offsets: Uint32Array
}

export interface LoadPlan {
  readonly port: number
  readonly connections: number
  readonly requests: RequestSet
  /** Which request is sent next; null ends the run. */
  readonly next: () => number | null
}

export interface LoadResult {
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

const VALIDATE_PATH = '/api/v1/validate'

const EXPECTED = '"valid":true'

/** Keep-alive POSTs of JSON bodies, byte for byte what a client would send. */
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

/** At random, for so long. */
export function randomFor(seconds: number, { offsets }: RequestSet): () => number | null {
  const endsAtMs = performance.now() + seconds * 1000
  const count = offsets.length - 1
  return () => (performance.now() < endsAtMs ? Math.floor(Math.random() * count) : null)
}

/** Each of them once. */
export function eachOnce({ offsets }: RequestSet): () => number | null {
  let index = 0
  return () => (index < offsets.length - 1 ? index++ : null)
}

/**
 * Sends over raw sockets, one request at a time on each connection, until `next` ends the run.
 * Throws at the first answer that is not a valid verdict: a fast refusal is no figure.
 */
export async function runLoad({ port, connections, requests, next }: LoadPlan) {
  const latenciesMs: number[] = []
  const startedAtMs = performance.now()
  await Promise.all(
    Array.from({ length: connections }, () => drive(port, requests, next, latenciesMs)),
  )
  return summarise(latenciesMs, performance.now() - startedAtMs)
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
          reject(new Error(`Not a valid verdict:\n${received}`))
          socket.end()
          return
        }
        received = ''
        send(socket)
      },
      close: () => reject(new Error('The server hung up.')),
      error: (_socket, error) => reject(error),
    },
  })
  connecting.catch(reject)
  return promise
}

function isComplete(text: string): boolean {
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd === -1) return false
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1])
  return text.length >= headEnd + 4 + length
}

function summarise(latenciesMs: readonly number[], durationMs: number): LoadResult {
  const sorted = Float64Array.from(latenciesMs).sort()
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN
  return {
    requestsPerSecond: sorted.length / (durationMs / 1000),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
  }
}
