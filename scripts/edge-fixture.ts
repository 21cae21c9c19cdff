#!/usr/bin/env bun
import { mkdtempSync, rmSync } from 'node:fs'
// Plays the scenarios of the conformance suite through an edge: client → front → edge → primary → fixture. The
// runners of the SDKs start it instead of sdks/conformance/fixture.ts if CONFORMANCE_FIXTURE names it. The
// primary only says that nothing is known, so the edge forwards everything. Needs dist/licet.
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
  request as send,
} from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pages } from './edge-pages.ts'

const POLL_MS = 5
const clientPath = /^\/api\/v1\/(validate|activate|deactivate|seats|offline|revocations)/
const root = join(import.meta.dir, '..')
const directory = mkdtempSync(join(tmpdir(), 'licet-edge-fixture-'))

interface Origin {
  readonly run: string
  readonly headers: IncomingMessage['headers']
  /** Ends a response that no client waits for, before the edge takes the primary for unreachable. */
  giveUp?: () => void
}

/** The origin of each request by its ID: an edge forwards neither its path nor all of its headers. */
const origins = new Map<string, Origin>()
let count = 0

const fixture = Bun.spawn([process.execPath, join(root, 'sdks/conformance/fixture.ts')], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
const fixtureUrl = /"(http:[^"]+)"/.exec(await readUntil(fixture.stdout, '}'))?.[1] ?? ''

/** Grants leases, and tells the edge with each of them to forget what it has heard. */
const primaryUrl = await listen((request, response) => {
  const path = (request.url ?? '').replace('/api/v1/edge', '')
  const id = String(request.headers['x-request-id'])
  const origin = origins.get(id)
  if (path.startsWith('/feed')) {
    setTimeout(() => respond(response, 200, id, readFeed()), POLL_MS)
  } else if (path.startsWith('/forward') && origin !== undefined) {
    origin.giveUp = () => {
      if (!response.headersSent) respond(response, 500, id, {})
    }
    const target = `${fixtureUrl}${origin.run}${path.replace('/forward', '')}`
    pipe(request, response, target, { ...origin.headers, 'x-request-id': id })
  } else respond(response, 404, id, {})
})

const edge = Bun.spawn([join(root, 'dist/licet'), 'edge', '--primary', primaryUrl], {
  env: {
    LICET_EDGE_TOKEN: 'licet_edge_a-token-of-the-conformance-suite',
    LICET_DATA_DIR: directory,
    LICET_PORT: '0',
    LICET_LOG_LEVEL: 'silent',
    LICET_TRUSTED_PROXIES: '127.0.0.1',
  },
  stdio: ['ignore', 'ignore', 'pipe'],
})
const edgeUrl = / at (http:\S+)\n/.exec(await readUntil(edge.stderr, '\n'))?.[1] ?? ''

const url = await listen((request, response) => {
  const [, run = '', path = ''] = /^(\/s\/[^/]+\/[^/]+)(\/.*)/.exec(request.url ?? '') ?? []
  const { headers } = request
  // Vendors call the primary.
  const isDirect = path === '/log' || !clientPath.test(path) || pages.test(run)
  if (isDirect) return pipe(request, response, fixtureUrl + request.url, headers)
  count += 1
  const id = `conformance-${count}`
  origins.set(id, { run, headers })
  response.on('close', () => origins.get(id)?.giveUp?.())
  const address = `10.1.${(count >> 8) % 256}.${count % 256}`
  pipe(request, response, edgeUrl + path, {
    ...headers,
    'x-request-id': id,
    'x-forwarded-for': address,
  })
})
console.log(JSON.stringify({ url }))

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    edge.kill()
    fixture.kill()
    rmSync(directory, { recursive: true, force: true })
    process.exit()
  })
}

function readFeed() {
  const change = { all: true, plans: true, licenses: [], activations: [] }
  return { position: 'conformance.1', good_for_ms: 5000, now_ms: Date.now(), ...change }
}

function respond(response: ServerResponse, status: number, id: string, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': id })
  response.end(JSON.stringify(body))
}

/** Sends a request on, and its response back, with all that goes wrong with either. */
function pipe(
  request: IncomingMessage,
  response: ServerResponse,
  target: string,
  { host: _host, connection: _connection, ...headers }: IncomingMessage['headers'],
): void {
  const forwarded = send(target, { method: request.method ?? 'GET', headers }, (answer) => {
    const id = headers['x-request-id']
    const { statusCode: status = 0 } = answer
    // A primary names the request and the type of the body, and all its errors are problems.
    const type = status >= 500 ? 'application/problem+json' : 'application/json'
    const named = status >= 500 || answer.headers['content-type'] === undefined
    response.writeHead(status, {
      ...answer.headers,
      ...(id && { 'x-request-id': id }),
      ...(named && { 'content-type': type }),
    })
    answer.pipe(response)
    answer.on('error', () => response.destroy())
  })
  forwarded.on('error', () => response.destroy())
  response.on('close', () => forwarded.destroy())
  request.pipe(forwarded)
}

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

async function readUntil(stream: ReadableStream<Uint8Array>, end: string): Promise<string> {
  const decoder = new TextDecoder()
  const reader = stream.getReader()
  let output = ''
  while (!output.includes(end)) {
    const { done, value } = await reader.read()
    if (done) throw new Error(`The process ended: ${output}`)
    output += decoder.decode(value, { stream: true })
  }
  reader.releaseLock()
  return output
}
