import { Database } from 'bun:sqlite'
import { afterAll, expect, test } from 'bun:test'
import { copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import {
  ADMIN_TOKEN,
  runLicet,
  Sandbox,
  type ServerProcess,
  startServer,
} from '../support/server.ts'

const DEADLINE_MS = 30_000
const SECOND_MS = 1000

const sandbox = new Sandbox()
afterAll(() => sandbox[Symbol.dispose]())

const env = { LICET_ADMIN_TOKEN: ADMIN_TOKEN, LICET_CHECKPOINTS: 'external' }
const replica = `file://${sandbox.at('replica')}`
const generations = sandbox.at('replica', 'generations')

async function createLicenses(server: ServerProcess, quantity: number): Promise<string[]> {
  const order = { plan: 'starter', customer_email: 'dev@example.com', quantity }
  const { body } = await server.send('POST', '/api/v1/licenses/batch', order)
  return body.data.map(({ id }: { id: string }) => id)
}

function replicate() {
  const command = ['litestream', 'replicate', sandbox.at('data', 'licet.sqlite'), replica]
  return Bun.spawn(command, { stdout: 'ignore', stderr: 'ignore' })
}

/** Returns the licenses in the replica, now or at a time; null if it cannot be restored. */
async function readReplica(...options: readonly string[]): Promise<string[] | null> {
  const copy = sandbox.at('copy.sqlite')
  for (const suffix of ['', '-wal', '-shm']) rmSync(copy + suffix, { force: true })
  const command = ['litestream', 'restore', '-o', copy, ...options, replica]
  const child = Bun.spawn(command, { stdout: 'ignore', stderr: 'ignore' })
  if ((await child.exited) !== 0) return null
  using db = new Database(copy, { readonly: true })
  const rows = db.query<{ id: string }, []>('SELECT id FROM licenses ORDER BY id').all()
  return rows.map(({ id }) => id)
}

async function waitUntil(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + DEADLINE_MS
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error('The condition was not met in time.')
    await Bun.sleep(50)
  }
}

const isReplicated = (ids: readonly string[]) =>
  waitUntil(async () => {
    const found = await readReplica()
    return ids.every((id) => found?.includes(id))
  })

test('litestream: the database is restored to the second, after kill -9 and with thousands of writes', async () => {
  const server = await startServer(sandbox, env)
  const litestream = replicate()
  const first = await createLicenses(server, 100)
  await isReplicated(first)
  // Jobs and commands must not move the log either.
  for (const job of ['maintain-database', 'back-up']) {
    expect(await runLicet(sandbox, ['jobs', 'run', job], env)).toMatchObject({ code: 0 })
  }
  const momentMs = Math.ceil(Date.now() / SECOND_MS) * SECOND_MS
  await waitUntil(() => Date.now() > momentMs + 2 * SECOND_MS)
  const later = await createLicenses(server, 1000)
  const last = await createLicenses(server, 1000)
  await isReplicated([...later, ...last])
  await server.kill()
  litestream.kill('SIGKILL')
  await litestream.exited
  // A second generation would mean that Litestream has missed something.
  expect(readdirSync(generations)).toHaveLength(1)

  const moment = new Date(momentMs).toISOString().replace('.000', '')
  expect(await readReplica('-timestamp', moment)).toEqual(first.toSorted())
  mkdirSync(sandbox.at('restored'))
  copyFileSync(sandbox.at('data', 'master.secret'), sandbox.at('restored', 'master.secret'))
  const elsewhere = { LICET_DATA_DIR: sandbox.at('restored') }
  const restored = await runLicet(sandbox, ['restore', sandbox.at('copy.sqlite')], elsewhere)
  expect(restored).toMatchObject({ code: 0 })
  expect(await runLicet(sandbox, ['check'], elsewhere)).toMatchObject({ code: 0 })
  await using next = await startServer(sandbox, { ...env, ...elsewhere })
  expect((await next.send('GET', `/api/v1/licenses/${first[0]}`)).status).toBe(200)
  expect((await next.send('GET', `/api/v1/licenses/${later[0]}`)).status).toBe(404)
})

test('litestream: a server that was restarted beside it continues the same generation', async () => {
  const litestream = replicate()
  const before = await startServer(sandbox, env)
  await isReplicated(await createLicenses(before, 10))
  const generation = readdirSync(generations).length
  expect(await before.stop()).toBe(0)
  const after = await startServer(sandbox, env)
  await isReplicated(await createLicenses(after, 10))
  expect(readdirSync(generations)).toHaveLength(generation)
  await after.kill()
  litestream.kill('SIGKILL')
  await litestream.exited
})
