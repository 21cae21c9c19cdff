import { beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { join } from 'node:path'
import { nodeEnvironment, startNodes } from '../support/nodes.ts'
import { createScratchSchema, START_LIMIT_MS, startDatabase } from '../support/postgres.ts'
import { startOwnPostgres } from '../support/postgres-server.ts'
import { findClosedPort } from '../support/receiver.ts'
import { runLicet, Sandbox, startServer } from '../support/server.ts'

setDefaultTimeout(120_000)
beforeAll(startDatabase, START_LIMIT_MS)

const order = { plan: 'professional', customer_email: 'dev@example.com' }

test('start: three servers that start at the same time on an empty database prepare it once', async () => {
  await using scratch = await createScratchSchema()
  const started = await Promise.all(Array.from({ length: 3 }, () => startNodes(scratch, 1)))
  await using stack = new AsyncDisposableStack()
  for (const one of started) stack.use(one)
  const nodes = started.flatMap((cluster) => cluster.nodes)
  for (const node of nodes) {
    expect((await node.send('GET', '/api/v1/products')).body.data).toHaveLength(1)
    expect((await node.send('GET', '/api/v1/keys')).body.data).toHaveLength(1)
    expect((await node.send('POST', '/api/v1/licenses', order)).status).toBe(201)
  }
  const kids = await Promise.all(
    nodes.map(async (node) => (await node.send('GET', '/.well-known/licet/jwks.json')).text),
  )
  expect(new Set(kids).size).toBe(1)
})

test('start: without a database, a server waits for twenty seconds, and then ends with what to check', async () => {
  using sandbox = new Sandbox()
  const url = `postgres://licet@127.0.0.1:${await findClosedPort()}/licet`
  const startedAtMs = performance.now()
  const env = { ...nodeEnvironment({ url, schema: 'public' }), LICET_PORT: '0' }
  const { code, stdout, stderr } = await runLicet(sandbox, ['serve'], env)
  expect(code).not.toBe(0)
  expect(performance.now() - startedAtMs).toBeGreaterThan(19_000)
  expect(stdout).toContain('waiting for the database')
  expect(stderr).toContain('The database at 127.0.0.1')
  expect(stderr).toContain('cannot be reached')
  expect(stderr).toContain('LICET_DATABASE_URL')
})

test('start: a server that starts before its database serves once that is there', async () => {
  await using postgres = await startOwnPostgres()
  await postgres.stop()
  const starting = startNodes({ url: postgres.url, schema: 'public' }, 1)
  await Bun.sleep(1000)
  await postgres.start()
  await using cluster = await starting
  const created = await cluster.nodes[0]?.send('POST', '/api/v1/licenses', order)
  expect(created?.status).toBe(201)
})

test('start: a server whose clock is a minute ahead is not ready, and says by how much', async () => {
  await using scratch = await createScratchSchema()
  using sandbox = new Sandbox()
  const preload = join(import.meta.dir, '../support/shifted-clock.ts')
  const env = {
    ...nodeEnvironment(scratch),
    BUN_OPTIONS: `--preload ${preload}`,
    TEST_CLOCK_MS: String(Date.now() + 60_000),
  }
  await using node = await startServer({ cwd: sandbox.path, program: 'source' }, env)
  const { status, body } = await node.send('GET', '/readyz')
  expect(status).toBe(503)
  expect(body.detail).toMatch(
    /^The clock of this server is [3-6]\d\.\d s ahead of that of the database\./,
  )
  const { text } = await node.send('GET', '/metrics')
  expect(Number(/^licet_clock_skew_seconds (\S+)$/m.exec(text)?.[1])).toBeWithin(30, 61)
  expect((await node.send('GET', '/livez')).status).toBe(200)
})
