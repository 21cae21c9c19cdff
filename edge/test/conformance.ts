#!/usr/bin/env bun
// Plays the HTTP scenarios of the SDKs through the handler: the Node SDK calls it, and its primary is the
// fixture server. Prints a line for each scenario. SCRIPT is where the bundled tests are written.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pages } from '../../scripts/edge-pages.ts'
import { startFixture } from '../../sdks/node/test/client/fixture.ts'
import { bundleTests } from '../../sdks/node/web-tests/bundle.ts'
import { createEdge, type Edge, memory } from '../src/index.ts'

interface Scenario {
  readonly id: string
  readonly steps: readonly { readonly call: string }[]
}

const [script = ''] = process.argv.slice(2)
const FORWARD = '/api/v1/edge/forward'
const vectors = join(import.meta.dir, '../../sdks/conformance/vectors/http.json')
const { scenarios }: { scenarios: readonly Scenario[] } = JSON.parse(readFileSync(vectors, 'utf8'))

await using fixture = await startFixture()
const edges = new Map<string, Edge>()

/** The fixture server plays the routes of apps, and knows no edges. */
async function fetchFromFixture(request: Request): Promise<Response> {
  if (!request.url.includes(FORWARD)) return respondAsPrimary(new Response(null, { status: 404 }))
  return respondAsPrimary(await fetch(new Request(request.url.replace(FORWARD, ''), request)))
}

/** A primary names the request and the type of the body, and all its errors are problems. */
function respondAsPrimary({ status, body, headers: given }: Response): Response {
  const headers = new Headers(given)
  headers.set('x-request-id', 'conformance')
  const isTyped = status < 500 && headers.has('content-type')
  const type = status < 500 ? 'application/json' : 'application/problem+json'
  if (!isTyped) headers.set('content-type', type)
  return new Response(body, { status, headers })
}

function findEdge(run: string): Edge {
  const primary = fixture.url + run
  const edge =
    edges.get(run) ??
    createEdge({
      primary,
      token: 'licet_edge_fake',
      cache: memory(),
      fetch: fetchFromFixture,
      onProblem: () => undefined,
    })
  edges.set(run, edge)
  return edge
}

const front = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  idleTimeout: 60,
  fetch(request) {
    const { origin, pathname } = new URL(request.url)
    const [, run = '', path = ''] = /^(\/s\/[^/]+\/[^/]+)(\/.*)$/.exec(pathname) ?? []
    if (path === '/log' || pages.test(run)) {
      return fetch(new Request(fixture.url + pathname, request), { redirect: 'manual' })
    }
    return findEdge(run)(new Request(origin + path, request))
  },
})

await Bun.write(script, await bundleTests('worker.ts', front.url.href))
const worker: { default: { fetch(): Promise<Response> } } = await import(script)
const response = await worker.default.fetch()
const isForVendors = ({ steps }: Scenario) => steps.some(({ call }) => call.startsWith('admin.'))
const names = scenarios.filter((each) => !isForVendors(each)).map(({ id }) => `http.json, ${id}:`)
for (const result of (await response.text()).split(/\n(?=ok - |not ok - )/)) {
  if (names.some((name) => result.includes(` - ${name}`)))
    console.log(result.replace(' - ', ' - Node SDK: '))
}
await front.stop(true)
