import { beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { assert } from '~/assert.ts'
import { sizeOf, startNodes } from '../support/nodes.ts'
import { createScratchSchema, START_LIMIT_MS, startDatabase } from '../support/postgres.ts'

setDefaultTimeout(sizeOf(120_000, 900_000))
beforeAll(startDatabase, START_LIMIT_MS)

const ROUNDS = sizeOf(100, 2000)
const order = { plan: 'professional', customer_email: 'dev@example.com' }

test('nodes: a license is valid on every server as soon as it is created, and refused as soon as it is revoked', async () => {
  await using scratch = await createScratchSchema()
  await using cluster = await startNodes(scratch, 3)
  const { nodes } = cluster
  const contradictions: string[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const node = nodes[round % nodes.length]
    assert(node !== undefined, 'three servers are started')
    const { body } = await node.send('POST', '/api/v1/licenses', order)
    const ask = () =>
      Promise.all(nodes.map((each) => each.send('POST', '/api/v1/validate', { key: body.key })))
    for (const { body: verdict, text } of await ask()) if (!verdict.valid) contradictions.push(text)
    const revoked = await node.send('POST', `/api/v1/licenses/${body.id}/revoke`)
    expect(revoked.status).toBe(200)
    for (const { body: verdict, text } of await ask()) {
      if (verdict.error !== 'LICENSE_REVOKED') contradictions.push(text)
    }
  }
  expect(contradictions).toEqual([])
})

test('nodes: of 1,000 devices that ask three servers for 3 slots at the same time, exactly 3 get one', async () => {
  await using scratch = await createScratchSchema()
  await using cluster = await startNodes(scratch, 3)
  const { nodes } = cluster
  const [first] = nodes
  assert(first !== undefined, 'three servers are started')
  const limited = { ...order, max_devices: 3 }
  const { body: license } = await first.send('POST', '/api/v1/licenses', limited)
  const claims = Array.from({ length: 1000 }, (_, index) => {
    const body = { key: license.key, fingerprint: `device-number-${index}` }
    return nodes[index % nodes.length]?.send('POST', '/api/v1/activate', body)
  })
  const statuses = (await Promise.all(claims)).map((response) => response?.status)
  expect(statuses.filter((status) => status === 200)).toHaveLength(3)
  const { body } = await first.send('GET', `/api/v1/licenses/${license.id}/activations`)
  expect(body.data).toHaveLength(3)
})

test('nodes: a request that is repeated on another server at the same time runs once', async () => {
  await using scratch = await createScratchSchema()
  await using cluster = await startNodes(scratch, 2)
  const headers = { 'idempotency-key': 'the-same-order' }
  const sent = cluster.nodes.map((node) => node.send('POST', '/api/v1/licenses', order, headers))
  const statuses = (await Promise.all(sent)).map(({ status }) => status)
  expect(statuses.every((status) => status === 201 || status === 409)).toBe(true)
  const listed = await cluster.nodes[0]?.send('GET', '/api/v1/licenses')
  expect(listed?.body.data).toHaveLength(1)
})
