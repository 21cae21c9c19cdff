import { beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { assert } from '~/assert.ts'
import { sizeOf, startNodes } from '../support/nodes.ts'
import { createScratchSchema, START_LIMIT_MS, startDatabase } from '../support/postgres.ts'
import { idsOf, respond, startReceiver } from '../support/receiver.ts'
import type { ServerProcess } from '../support/server.ts'

setDefaultTimeout(sizeOf(120_000, 900_000))
beforeAll(startDatabase, START_LIMIT_MS)

const WRITERS = 16
const EVENTS = sizeOf(4000, 100_000)
const DELIVERIES = sizeOf(1000, 20_000)
const order = { plan: 'professional', customer_email: 'dev@example.com' }

/** Creates this many licenses, and so events, in transactions of different sizes by 16 writers on all servers. */
async function writeEvents(nodes: readonly ServerProcess[], total: number): Promise<void> {
  let left = total
  const write = async (_: unknown, writer: number) => {
    for (let turn = 0; left > 0; turn += 1) {
      const quantity = Math.min(left, 1 + ((writer * 7 + turn * 13) % 60))
      left -= quantity
      const node = nodes[(writer + turn) % nodes.length]
      const created = await node?.send('POST', '/api/v1/licenses', { ...order, quantity })
      assert(created?.status === 201, `licenses are created: ${created?.text}`)
    }
  }
  await Promise.all(Array.from({ length: WRITERS }, write))
}

test('queues: a reader that follows the events through three servers while 16 writers add some skips none, and gets none twice', async () => {
  await using scratch = await createScratchSchema()
  await using cluster = await startNodes(scratch, 3)
  const { nodes } = cluster
  await nodes[0]?.send('POST', '/api/v1/licenses', order)
  const first = await nodes[0]?.send('GET', '/api/v1/events')
  let after: string = first?.body.data[0].id
  let isWritten = false
  const writing = writeEvents(nodes, EVENTS).finally(() => {
    isWritten = true
  })
  const read: string[] = []
  for (let turn = 0; ; turn += 1) {
    const isLast = isWritten
    const page = await nodes[turn % nodes.length]?.send(
      'GET',
      `/api/v1/events?limit=100&after=${after}`,
    )
    assert(page?.status === 200, `events are listed: ${page?.text}`)
    const ids: string[] = page.body.data.map(({ id }: { id: string }) => id)
    read.push(...ids)
    const last = ids.at(-1)
    if (last !== undefined) after = last
    else if (isLast) break
  }
  await writing
  expect(read).toHaveLength(EVENTS)
  expect(new Set(read).size).toBe(EVENTS)
})

test('queues: three servers deliver every event once', async () => {
  await using receiver = await startReceiver(respond(200))
  await using scratch = await createScratchSchema()
  await using cluster = await startNodes(scratch, 3)
  const { nodes } = cluster
  await nodes[0]?.send('POST', '/api/v1/webhooks', { url: receiver.url })
  await writeEvents(nodes, DELIVERIES)
  while (receiver.requests.length < DELIVERIES) await Bun.sleep(20)
  // Whatever is sent twice arrives before the last of them is settled.
  const countPending = async () =>
    (await nodes[0]?.send('GET', '/api/v1/overview'))?.body.webhooks.pending
  while ((await countPending()) !== 0) await Bun.sleep(20)
  expect(receiver.requests).toHaveLength(DELIVERIES)
  expect(new Set(idsOf(receiver.requests)).size).toBe(DELIVERIES)
})
