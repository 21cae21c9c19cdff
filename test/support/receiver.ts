import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { testCertificate, testCertificateKey } from './certificates.ts'

export interface ReceivedRequest {
  readonly line: string
  /** By name in lowercase. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Responds to a request that has arrived completely, or misbehaves. */
export type Behavior = (socket: Socket, request: ReceivedRequest) => void

/** A webhook receiver on its own port, well-behaved or not. */
export interface Receiver extends AsyncDisposable {
  readonly port: number
  readonly url: string
  readonly requests: readonly ReceivedRequest[]
  readonly connectionCount: () => number
  /** Resolves when no connection is open. */
  readonly waitUntilIdle: () => Promise<void>
}

/** Starts a receiver on 127.0.0.1. With `isTls` it has a certificate for hooks.test. */
export async function startReceiver(behavior: Behavior, { isTls = false } = {}): Promise<Receiver> {
  const requests: ReceivedRequest[] = []
  const sockets = new Set<Socket>()
  const idleListeners = new Set<() => void>()
  let connectionCount = 0

  function accept(socket: Socket) {
    connectionCount += 1
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      sockets.delete(socket)
      if (sockets.size === 0) for (const resolve of idleListeners) resolve()
    })
    readRequests(socket, (request) => {
      requests.push(request)
      behavior(socket, request)
    })
  }

  const server = isTls
    ? createTlsServer({ cert: testCertificate, key: testCertificateKey }, accept)
    : createServer(accept)
  const port = await listen(server)
  return {
    port,
    url: `${isTls ? 'https' : 'http'}://127.0.0.1:${port}/hook`,
    requests,
    connectionCount: () => connectionCount,
    waitUntilIdle: () =>
      new Promise((resolve) => (sockets.size === 0 ? resolve() : idleListeners.add(resolve))),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Returns the event types of webhook requests. */
export const typesOf = (requests: readonly ReceivedRequest[]): string[] =>
  requests.map(({ body }) => JSON.parse(body).type)

/** Returns the `webhook-id` of each webhook request. */
export const idsOf = (requests: readonly ReceivedRequest[]) =>
  requests.map(({ headers }) => headers['webhook-id'])

/** Returns a port that no process listens on. */
export async function findClosedPort(): Promise<number> {
  await using receiver = await startReceiver(hang)
  return receiver.port
}

/** Sends a complete response and keeps the connection open. */
export function respond(
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body: string | Uint8Array = '',
): Behavior {
  const bytes = Buffer.from(body)
  const lines = Object.entries({ 'content-length': String(bytes.length), ...headers })
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return (socket) => {
    socket.write(`HTTP/1.1 ${status} Status\r\n${head}\r\n`)
    socket.write(bytes)
  }
}

/** Sends this text, which need not be HTTP, and closes the connection. */
export const sendRaw =
  (text: string): Behavior =>
  (socket) => {
    socket.end(text)
  }

/** Never responds. */
export const hang: Behavior = () => {}

export const reset: Behavior = (socket) => {
  socket.resetAndDestroy()
}

/** Sends `beginning`, then `drop` every few ms without end. */
export const drip =
  (beginning: string, drop: string): Behavior =>
  (socket) => {
    socket.write(beginning)
    const dripping = setInterval(() => socket.write(drop), 5)
    socket.on('close', () => clearInterval(dripping))
  }

/** Sends status 200, then a body without end. */
export const flood: Behavior = (socket) => {
  const wave = Buffer.alloc(64 * 1024, 'a')
  const pour = () => {
    while (!socket.destroyed && socket.write(wave));
  }
  socket.on('drain', pour)
  socket.write('HTTP/1.1 200 OK\r\n\r\n')
  pour()
}

function readRequests(socket: Socket, onRequest: (request: ReceivedRequest) => void): void {
  let unread = Buffer.alloc(0)
  socket.on('data', (chunk) => {
    unread = Buffer.concat([unread, Buffer.from(chunk)])
    const headBytes = unread.indexOf('\r\n\r\n') + 4
    if (headBytes < 4) return
    const [line = '', ...fields] = unread.toString('latin1', 0, headBytes - 4).split('\r\n')
    const headers = Object.fromEntries(fields.map(parseField))
    const bytes = headBytes + Number(headers['content-length'] ?? 0)
    if (unread.length < bytes) return
    const body = unread.toString('utf8', headBytes, bytes)
    unread = unread.subarray(bytes)
    onRequest({ line, headers, body })
  })
}

function parseField(text: string): [string, string] {
  const colon = text.indexOf(':')
  return [text.slice(0, colon).toLowerCase(), text.slice(colon + 1).trim()]
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening on a port')
  return address.port
}
