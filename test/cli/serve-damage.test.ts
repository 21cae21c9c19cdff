import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import {
  closeSync,
  copyFileSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs'
import { reasonsOf, waitForStatus } from '../support/degraded.ts'
import {
  ADMIN_TOKEN,
  runLicet,
  Sandbox,
  type ServerProcess,
  startServer,
} from '../support/server.ts'

const PAGE_BYTES = 4096

const sandbox = new Sandbox()
afterAll(() => sandbox[Symbol.dispose]())

const original = sandbox.at('original')
const order = { plan: 'professional', customer_email: 'dev@example.com' }
let key: string
let id: string

beforeAll(async () => {
  await using server = await startServer(sandbox, envOf(original))
  const { body } = await server.send('POST', '/api/v1/licenses', order)
  key = body.key
  id = body.id
  await validate(server)
  await server.stop()
})

const envOf = (directory: string) => ({
  LICET_DATA_DIR: directory,
  LICET_ADMIN_TOKEN: ADMIN_TOKEN,
})

const validate = (server: ServerProcess) =>
  server.send('POST', '/api/v1/validate', { key, domain: 'example.com' })

const create = (server: ServerProcess) => server.send('POST', '/api/v1/licenses', order)

/** Overwrites the first page of a table or index in the database. */
function damage(directory: string, name: string): void {
  const path = `${directory}/licet.sqlite`
  using db = new Database(path)
  db.run('PRAGMA wal_checkpoint(TRUNCATE)')
  const [page] = db.query('SELECT rootpage FROM sqlite_schema WHERE name = ?').values(name)[0] ?? []
  db.close()
  const file = openSync(path, 'r+')
  writeSync(file, 'damaged '.repeat(PAGE_BYTES / 8), (Number(page) - 1) * PAGE_BYTES)
  closeSync(file)
}

for (const suffix of ['-wal', '-shm'] as const) {
  test(`serve: when the ${suffix} file is deleted while running, nothing is lost, even by a kill, and no change is accepted before a restart`, async () => {
    const directory = sandbox.copy(original)
    await using server = await startServer(sandbox, envOf(directory))
    const { body } = await create(server)
    rmSync(`${directory}/licet.sqlite${suffix}`)
    const refused = await create(server)
    expect(refused.status).toBe(503)
    expect(refused.body.detail).toStartWith(`licet.sqlite${suffix} was moved, replaced or deleted`)
    expect((await validate(server)).body.valid).toBe(true)
    expect(await reasonsOf(server)).toEqual(['database_unwritable'])
    // The log is moved into the database by a timer.
    await Bun.sleep(1500)
    await server.kill()
    await using next = await startServer(sandbox, envOf(directory))
    expect((await next.send('GET', `/api/v1/licenses/${body.id}`)).status).toBe(200)
    expect((await create(next)).status).toBe(201)
    expect(await reasonsOf(next)).toEqual([])
  })
}

test('serve: when a log is deleted while nothing changes, /readyz says so', async () => {
  const directory = sandbox.copy(original)
  await using server = await startServer(sandbox, envOf(directory))
  rmSync(`${directory}/licet.sqlite-wal`)
  await waitForStatus(server, 'degraded')
  expect(await reasonsOf(server)).toEqual(['database_unwritable'])
})

test('serve: a request that needs a damaged page gets 503, others work, and /readyz says so until a restart', async () => {
  const directory = sandbox.copy(original)
  damage(directory, 'events')
  await using server = await startServer(sandbox, envOf(directory))
  for (const response of [await server.send('GET', '/api/v1/events'), await create(server)]) {
    expect(response).toMatchObject({ status: 503, body: { code: 'unavailable' } })
    expect(response.body.detail).toStartWith('The database is damaged.')
  }
  expect((await server.send('GET', `/api/v1/licenses/${id}`)).status).toBe(200)
  expect((await validate(server)).body.valid).toBe(true)
  expect(await reasonsOf(server)).toEqual(['database_damaged'])
})

test('serve: damage that prevents the start is reported with the way to restore', async () => {
  const directory = sandbox.copy(original)
  damage(directory, 'products')
  const { code, stderr } = await runLicet(sandbox, ['serve'], envOf(directory))
  expect(stderr).toStartWith('The database is damaged: ')
  expect(stderr).toContain('licet restore FILE')
  expect(stderr.trim().split('\n')).toHaveLength(1)
  expect(code).toBe(1)
})

test('serve: while the data directory is elsewhere, known keys are valid, and everything works once it is back', async () => {
  const directory = sandbox.copy(original)
  await using server = await startServer(sandbox, envOf(directory))
  renameSync(directory, `${directory}-elsewhere`)
  expect((await create(server)).status).toBe(503)
  expect((await validate(server)).body.valid).toBe(true)
  expect(await reasonsOf(server)).toContain('database_unwritable')
  renameSync(`${directory}-elsewhere`, directory)
  await waitForStatus(server, 'ok')
  expect((await create(server)).status).toBe(201)
  expect(await server.stop()).toBe(0)
})

test('serve: a stop that cannot write its files says what is missing, and fails', async () => {
  const directory = sandbox.copy(original)
  rmSync(`${directory}/usage.sqlite`)
  symlinkSync(sandbox.at('nowhere', 'usage.sqlite'), `${directory}/usage.sqlite`)
  await using server = await startServer(sandbox, envOf(directory))
  expect(await reasonsOf(server)).toEqual(['usage_unavailable'])
  await validate(server)
  copyFileSync(`${directory}/licet.sqlite`, `${directory}/copy`)
  renameSync(`${directory}/copy`, `${directory}/licet.sqlite`)
  await server.send('POST', '/api/v1/activate', { key, domain: 'example.org' })
  expect(await server.stop()).toBe(1)
  const lines = server.banner().trim().split('\n').slice(-2)
  expect(lines.join('\n')).toMatch(
    /^The usage file could not be written, .* the last validations: /m,
  )
  expect(server.banner()).not.toMatch(/^ +at /m)
})
