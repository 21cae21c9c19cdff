import { beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { assert } from '~/assert.ts'
import { type Network, openNetwork } from '../support/network.ts'
import { sizeOf, startNodes } from '../support/nodes.ts'
import { createScratchSchema, START_LIMIT_MS, startDatabase } from '../support/postgres.ts'
import type { ServerProcess } from '../support/server.ts'

setDefaultTimeout(180_000)
beforeAll(startDatabase, START_LIMIT_MS)

/** The first request waits for five seconds, and for longer on a machine that stalls. */
const OUTAGE_SECONDS = sizeOf(10, 60)
/** Connecting is tried for five seconds, and what is under way may have begun before. */
const RESPONSE_MS_MAX = 12_000
const order = { plan: 'professional', customer_email: 'dev@example.com' }
const dead = { toServer: { isDead: true }, toClient: { isDead: true } }

/** Starts a server that reaches its database through a network, with a license that it knows. */
async function openNode(env: Readonly<Record<string, string>> = {}) {
  await using stack = new AsyncDisposableStack()
  const scratch = stack.use(await createScratchSchema())
  const address = new URL(scratch.url)
  const network = stack.use(await openNetwork(Number(address.port)))
  address.hostname = '127.0.0.1'
  address.port = String(network.port)
  const cluster = stack.use(await startNodes({ ...scratch, url: address.href }, 1, env))
  const [node] = cluster.nodes
  assert(node !== undefined, 'a server is started')
  const { body: license } = await node.send('POST', '/api/v1/licenses', order)
  const validate = () => node.send('POST', '/api/v1/validate', { key: license.key })
  expect((await validate()).body.valid).toBe(true)
  const moved = stack.move()
  return {
    ...{ node, network, license, validate },
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  }
}

async function expectUnavailable(node: ServerProcess, key: string): Promise<void> {
  const startedAtMs = performance.now()
  const responses = await Promise.all([
    node.send('POST', '/api/v1/validate', { key }),
    node.send('POST', '/api/v1/activate', { key, fingerprint: 'machine' }),
    node.send('POST', '/api/v1/licenses', order),
    node.send('GET', '/api/v1/licenses'),
    node.send('GET', '/api/v1/events'),
  ])
  for (const { status, headers, body } of responses) {
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'unavailable', '5'])
  }
  expect((await node.send('GET', '/livez')).status).toBe(200)
  expect((await node.send('GET', '/readyz')).status).toBe(503)
  expect(performance.now() - startedAtMs).toBeLessThan(2 * RESPONSE_MS_MAX)
}

async function expectService(node: ServerProcess, key: string): Promise<void> {
  const validate = () => node.send('POST', '/api/v1/validate', { key })
  // A connection that was lost may be noticed a moment later than another one.
  while ((await node.send('GET', '/readyz')).status !== 200 || (await validate()).status !== 200);
  expect((await validate()).body.valid).toBe(true)
  expect((await node.send('POST', '/api/v1/licenses', order)).status).toBe(201)
}

const outages: readonly [string, (network: Network) => void][] = [
  [
    'refuses connections',
    (network) => {
      network.change({ isRefusing: true })
      network.cut()
    },
  ],
  ['has vanished from the network', (network) => network.change(dead)],
]

for (const [title, begin] of outages) {
  test(`outage: while the database ${title}, requests get 503 with Retry-After, and the server lives; afterwards it goes on by itself`, async () => {
    await using opened = await openNode()
    const { node, network, license } = opened
    for (let round = 0; round < 2; round += 1) {
      begin(network)
      await expectUnavailable(node, license.key)
      network.change({})
      await expectService(node, license.key)
    }
  })

  test(`outage: while the database ${title}, SIGTERM ends the server`, async () => {
    await using opened = await openNode()
    begin(opened.network)
    const startedAtMs = performance.now()
    await opened.node.stop()
    expect(performance.now() - startedAtMs).toBeLessThan(30_000)
  })

  test(`outage: while the database ${title}, LICET_OUTAGE_SECONDS answers known licenses from memory, with a warning, and not for longer`, async () => {
    await using opened = await openNode({ LICET_OUTAGE_SECONDS: String(OUTAGE_SECONDS) })
    const { node, network, license, validate } = opened
    const askedAtMs = performance.now()
    expect((await validate()).headers.get('warning')).toBeNull()
    begin(network)
    const first = await validate()
    expect([first.body.valid, first.headers.get('warning')]).toEqual([
      true,
      '110 licet "Response is Stale"',
    ])
    const seconds: number[] = []
    let refused = await validate()
    while (refused.status === 200) {
      seconds.push(performance.now())
      refused = await validate()
    }
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5'])
    expect(performance.now() - askedAtMs).toBeGreaterThan((OUTAGE_SECONDS - 1) * 1000)
    expect(seconds.length).toBeGreaterThan(5)
    network.change({})
    await expectService(node, license.key)
    expect((await validate()).headers.get('warning')).toBeNull()
  })
}
