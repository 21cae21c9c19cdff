import { beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { assert } from '~/assert.ts'
import { LEASE_MS, POLL_MS } from '~/domain/edge-leases.ts'
import { readResponse } from '../support/app.ts'
import { startNodes } from '../support/nodes.ts'
import { createScratchSchema, START_LIMIT_MS, startDatabase } from '../support/postgres.ts'
import { Sandbox, type ServerProcess, startEdge } from '../support/server.ts'

setDefaultTimeout(120_000)
beforeAll(startDatabase, START_LIMIT_MS)

const ROUNDS = 6
const order = { plan: 'professional', customer_email: 'dev@example.com' }

/** Sends each request to the next server, like a load balancer. */
function startBalancer(nodes: readonly ServerProcess[]) {
  let next = 0
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    fetch(request) {
      const { pathname, search } = new URL(request.url)
      const node = nodes[next++ % nodes.length]
      assert(node !== undefined, 'there are servers')
      return fetch(new Request(`${node.url}${pathname}${search}`, request), { decompress: false })
    },
  })
  return { url: `http://127.0.0.1:${server.port}`, [Symbol.asyncDispose]: () => server.stop(true) }
}

/** Starts two servers, and an edge that asks both of them in turn. */
async function startWithEdge() {
  await using started = new AsyncDisposableStack()
  const scratch = started.use(await createScratchSchema())
  const { nodes } = started.use(await startNodes(scratch, 2))
  const [one, other] = nodes
  assert(one !== undefined && other !== undefined, 'two servers are started')
  const { body } = await one.send('POST', '/api/v1/edges', { name: 'eu-1' })
  const balancer = started.use(startBalancer(nodes))
  const sandbox = started.use(new Sandbox())
  const env = { LICET_EDGE_TOKEN: body.token, LICET_DATA_DIR: sandbox.at('edge') }
  const edge = started.use(await startEdge({ cwd: sandbox.path, env }, balancer.url))
  await edge.waitForLog('"listening"')
  const stack = started.move()

  /** Repeats what gets 503: for an edge, servers on a machine that stalls for seconds are away. */
  async function validate(key: string) {
    const headers = { 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body: JSON.stringify({ key }) }
    for (;;) {
      const response = await readResponse(await fetch(`${edge.url}/api/v1/validate`, init))
      if (response.status !== 503) return response
    }
  }

  /** Returns how many validations the edge has confirmed from memory. */
  async function countConfirmed(): Promise<number> {
    const headers = { authorization: `Bearer ${body.token}` }
    const text = await (await fetch(`${edge.url}/metrics`, { headers })).text()
    return Number(/^licet_edge_requests_total\{from="memory"\} (\d+)$/m.exec(text)?.[1] ?? 0)
  }

  /** Validates until the edge confirms the license itself. */
  async function warm(key: string): Promise<void> {
    const before = await countConfirmed()
    while ((await countConfirmed()) === before) expect((await validate(key)).body.valid).toBe(true)
  }

  return { one, other, validate, warm, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

test('nodes: an edge that asks two servers in turn confirms licenses from memory, and no longer once a revocation on either has been waited for', async () => {
  await using system = await startWithEdge()
  const { one, other, validate, warm } = system
  for (let round = 0; round < ROUNDS; round += 1) {
    const [here, there] = round % 2 === 0 ? [one, other] : [other, one]
    const { body } = await here.send('POST', '/api/v1/licenses', order)
    await warm(body.key)
    const path = `/api/v1/licenses/${body.id}/revoke`
    const { status, headers } = await there.send('POST', path, undefined, { prefer: 'wait=30' })
    expect([status, headers.get('licet-edges')]).toEqual([200, '1/1'])
    expect((await validate(body.key)).body.error).toBe('LICENSE_REVOKED')
  }
})

test('nodes: an edge is told of a change on either server, long before its lease ends', async () => {
  await using system = await startWithEdge()
  const { one, other, validate, warm } = system
  for (const node of [one, other]) {
    const durationsMs: number[] = []
    for (let round = 0; round < ROUNDS / 2; round += 1) {
      const { body } = await node.send('POST', '/api/v1/licenses', order)
      await warm(body.key)
      await node.send('POST', `/api/v1/licenses/${body.id}/suspend`)
      const sinceMs = performance.now()
      while ((await validate(body.key)).body.valid) await Bun.sleep(5)
      durationsMs.push(performance.now() - sinceMs)
    }
    // A machine that is busy delays single rounds. The lease is renewed each second, so its end never comes as soon.
    expect(Math.min(...durationsMs)).toBeLessThan(LEASE_MS - 2 * POLL_MS)
  }
})
