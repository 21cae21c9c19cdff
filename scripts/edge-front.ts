#!/usr/bin/env bun
// Starts an edge of the server LICET_URL, and a front that sends each request to the edge, or to the server
// if the edge does not serve it, as a load balancer does. Prints the address of the front.
// The arguments are the program of Licet and an empty directory.

const { LICET_URL: primaryUrl = '', LICET_TOKEN: adminToken = '' } = process.env
const [program = '', directory = ''] = process.argv.slice(2)
const MISDIRECTED = 421
const BODY_BYTES_MAX = 4 * 1024 * 1024

const response = await fetch(`${primaryUrl}/api/v1/edges`, {
  method: 'POST',
  headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
  body: JSON.stringify({ name: `front-${process.pid}` }),
})
const { token } = (await response.json()) as { token?: string }
if (token === undefined)
  throw new Error(`No edge was created: the server responds ${response.status}.`)

const edge = Bun.spawn([program, 'edge', '--primary', primaryUrl], {
  env: {
    LICET_EDGE_TOKEN: token,
    LICET_DATA_DIR: directory,
    LICET_PORT: '0',
    LICET_LOG_LEVEL: 'error',
  },
  stdio: ['ignore', 'ignore', 'pipe'],
})
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    edge.kill()
    process.exit()
  })
}
const edgeUrl = await readUrl(edge.stderr)

const front = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  idleTimeout: 0,
  maxRequestBodySize: BODY_BYTES_MAX,
  async fetch(request) {
    const body = await request.arrayBuffer()
    const answered = await send(edgeUrl, request, body)
    return answered.status === MISDIRECTED ? send(primaryUrl, request, body) : answered
  },
})
console.log(front.url.origin)

async function send(origin: string, request: Request, body: ArrayBuffer): Promise<Response> {
  const { pathname, search } = new URL(request.url)
  const { method } = request
  const headers = new Headers(request.headers)
  headers.delete('host')
  const init = { method, headers, redirect: 'manual', decompress: false } as const
  return fetch(origin + pathname + search, { ...init, ...(body.byteLength > 0 && { body }) })
}

/** Reads the address that an edge prints once it listens. */
async function readUrl(stderr: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  let output = ''
  for await (const chunk of stderr) {
    output += decoder.decode(chunk, { stream: true })
    const url = / at (http:\S+)\n/.exec(output)?.[1]
    if (url !== undefined) return url
  }
  throw new Error(`The edge did not start: ${output}`)
}

export {}
