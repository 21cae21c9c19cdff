#!/usr/bin/env bun
// Plays the scenarios of vectors/http.json: see README.md, "The fixture server".
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { buildResponse, type FixtureResponse } from './source/http/replies.ts'
import type { Reply, Scenario } from './source/http/scenario.ts'
import { scenarios } from './vectors/http.json'

/** A forgotten client must not occupy the server without end. */
const RUNS_MAX = 10_000
const BODY_BYTES_MAX = 1024 * 1024
const HANG_MS_MAX = 60_000
const SLOW_MS = 100
const CHUNK = 'x'.repeat(64 * 1024)

/** Pages of any origin may call the app's routes, and read what a client needs from the response. */
const corsHeaders = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST, OPTIONS',
  'access-control-allow-headers': 'content-type, x-request-id',
  'access-control-expose-headers': 'date, ratelimit, ratelimit-policy, retry-after, x-request-id',
}

const byId = new Map(scenarios.map((scenario) => [scenario.id, scenario as Scenario]))

interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly atMs: number
}

interface Run {
  readonly requests: SeenRequest[]
  /** The first response, to be replayed. */
  first: FixtureResponse | null
}

const runs = new Map<string, Run>()

const server = createServer((request, response) => {
  play(request, response).catch((error) => {
    console.error(error)
    response.destroy()
  })
})
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : null
  console.log(JSON.stringify({ url: `http://127.0.0.1:${port}` }))
})

async function play(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const atMs = Date.now()
  for (const [name, value] of Object.entries(corsHeaders)) response.setHeader(name, value)
  // Browsers ask before a request of a page, as they ask Licet. It is not part of a scenario.
  if (request.method === 'OPTIONS')
    return sendResponse(response, { status: 204, headers: {}, body: '' })
  const [, id = '', name = '', path = ''] =
    /^\/s\/([^/]+)\/([^/]+)(\/[^?]*)/.exec(request.url ?? '') ?? []
  const scenario = byId.get(decodeURIComponent(id))
  if (scenario === undefined)
    return sendJson(response, 404, { error: 'There is no such scenario.' })
  const run = findRun(`${id}/${name}`)
  if (request.method === 'GET' && path === '/log')
    return sendJson(response, 200, { requests: run.requests })
  const { method = '', headers } = request
  // The order is that of arrival, so the request is noted before its body has been read.
  const index = run.requests.push({ method, path, headers, body: '', atMs }) - 1
  const body = await readBody(request)
  run.requests[index] = { method, path, headers, body, atMs }
  const reply = scenario.replies[index] ?? scenario.replies.at(-1)
  if (reply === undefined) return
  if ('delayMs' in reply) await new Promise((resolve) => setTimeout(resolve, reply.delayMs))
  send(response, reply, run, { path, body })
}

function findRun(name: string): Run {
  const run = runs.get(name) ?? { requests: [], first: null }
  if (runs.size >= RUNS_MAX) runs.clear()
  runs.set(name, run)
  return run
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += chunk.length
    if (bytes <= BODY_BYTES_MAX) chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function send(
  response: ServerResponse,
  reply: Reply,
  run: Run,
  request: { readonly path: string; readonly body: string },
): void {
  switch (reply.send) {
    case 'nothing':
      setTimeout(() => response.destroy(), HANG_MS_MAX).unref()
      return
    case 'reset':
      response.socket?.destroy()
      return
    case 'slow':
      sendSlowly(response)
      return
    case 'endless':
      sendWithoutEnd(response)
      return
    case 'replay':
      if (run.first !== null) sendResponse(response, run.first)
      return
    default: {
      const built = buildResponse(reply, request, Math.floor(Date.now() / 1000))
      run.first ??= built
      sendResponse(response, built)
    }
  }
}

function sendResponse(response: ServerResponse, { status, headers, body }: FixtureResponse): void {
  response.writeHead(status, headers)
  response.end(body)
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  const headers = { 'content-type': 'application/json' }
  sendResponse(response, { status, headers, body: JSON.stringify(body) })
}

function sendSlowly(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.write('{')
  const timer = setInterval(() => response.write(' '), SLOW_MS)
  response.on('close', () => clearInterval(timer))
}

function sendWithoutEnd(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  const write = () => {
    while (!response.destroyed && response.write(CHUNK)) {}
  }
  response.on('drain', write)
  write()
}
