import { beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { SQL } from 'bun'
import { assert } from '~/assert.ts'
import { type Load, listReferences, startLoad } from '../support/load.ts'
import { sizeOf, startNodes } from '../support/nodes.ts'
import { createScratchSchema, START_LIMIT_MS, startDatabase } from '../support/postgres.ts'
import { startOwnPostgres } from '../support/postgres-server.ts'
import type { ServerProcess } from '../support/server.ts'

setDefaultTimeout(120_000)
beforeAll(startDatabase, START_LIMIT_MS)

const CLIENTS = 8
/** Orders that are acknowledged between two disturbances. */
const ORDERS_BETWEEN = 60

async function waitForOrders({ acknowledged }: Load, count: number): Promise<void> {
  while (acknowledged.size < count) await Bun.sleep(5)
}

/** Checks that each order made one license, and that each failure was a refusal to retry later. */
async function expectNothingLost(load: Load, nodes: readonly ServerProcess[]): Promise<void> {
  await load.stop()
  const [node] = nodes
  assert(node !== undefined, 'a server is started')
  const references = await listReferences(node)
  expect(references.toSorted()).toEqual([...load.acknowledged.keys()].toSorted())
  expect(load.contradictions).toEqual([])
  const allowed = ['503 5', '409 1']
  expect(load.failures.filter((failure) => !allowed.includes(failure))).toEqual([])
  for (const each of nodes) {
    expect((await each.send('GET', '/livez')).status).toBe(200)
    while ((await each.send('GET', '/readyz')).body.status !== 'ok');
    for (const { key } of load.acknowledged.values()) {
      expect((await each.send('POST', '/api/v1/validate', { key })).body.valid).toBe(true)
    }
  }
}

test('disturbance: connections that the database ends in the middle of commands lose nothing, and repeat nothing', async () => {
  await using scratch = await createScratchSchema()
  await using cluster = await startNodes(scratch, 2)
  const load = startLoad(cluster.nodes, CLIENTS)
  const admin = new SQL({ url: scratch.url, max: 1 })
  for (let round = 1; round <= sizeOf(5, 50); round += 1) {
    await waitForOrders(load, round * ORDERS_BETWEEN)
    // Other tests use the same server: the connections of these nodes are those with locks on their tables.
    await admin.unsafe(
      `SELECT pg_terminate_backend(pid) FROM (
         SELECT DISTINCT pid FROM pg_locks
         WHERE relation IN (SELECT oid FROM pg_class WHERE relnamespace = '${scratch.schema}'::regnamespace)
       ) AS busy`,
    )
  }
  await admin.close({ timeout: 1 })
  await expectNothingLost(load, cluster.nodes)
})

test('disturbance: a database that crashes and starts again under load loses nothing that was acknowledged, and the servers go on', async () => {
  await using postgres = await startOwnPostgres()
  const place = { url: postgres.url, schema: 'public' }
  await using cluster = await startNodes(place, 2)
  const load = startLoad(cluster.nodes, CLIENTS)
  for (let round = 1; round <= sizeOf(2, 10); round += 1) {
    await waitForOrders(load, round * ORDERS_BETWEEN)
    await postgres.stop()
    const before = load.failures.length
    while (load.failures.length === before) await Bun.sleep(5)
    await postgres.start()
  }
  await waitForOrders(load, load.acknowledged.size + ORDERS_BETWEEN)
  expect(load.failures.length).toBeGreaterThan(0)
  await expectNothingLost(load, cluster.nodes)
})
