import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { reasonsOf, waitFor, waitForStatus } from '../support/degraded.ts'
import { testMounting } from '../support/mounting.ts'
import {
  ADMIN_TOKEN,
  runLicet,
  Sandbox,
  type ServerProcess,
  spawn,
  startServer,
} from '../support/server.ts'

const sandbox = new Sandbox()
afterAll(() => sandbox[Symbol.dispose]())

const original = sandbox.at('original')
let key: string
let id: string

beforeAll(async () => {
  await using server = await startServer(sandbox, envOf(original))
  const order = { plan: 'professional', customer_email: 'dev@example.com' }
  const { body } = await server.send('POST', '/api/v1/licenses', order)
  key = body.key
  id = body.id
  for (let count = 0; count < 3; count += 1) await validate(server)
  await server.stop()
})

const envOf = (directory: string) => ({
  LICET_DATA_DIR: directory,
  LICET_ADMIN_TOKEN: ADMIN_TOKEN,
})

const order = { plan: 'starter', customer_email: 'dev@example.com' }
const degraded = { status: 503, body: { code: 'unavailable' } }

const copyOriginal = () => sandbox.copy(original)

const validate = (server: ServerProcess) =>
  server.send('POST', '/api/v1/validate', { key, domain: 'example.com' })

/** Tries everything that a license is used for. Returns the statuses. */
async function useLicense(server: ServerProcess) {
  const path = `/api/v1/licenses/${id}`
  return {
    validate: (await validate(server)).status,
    activate: (await server.send('POST', '/api/v1/activate', { key, domain: 'example.org' }))
      .status,
    create: (await server.send('POST', '/api/v1/licenses', order)).status,
    read: (await server.send('GET', path)).status,
    list: (await server.send('GET', '/api/v1/licenses')).status,
    update: (await server.send('PUT', path, { customer_name: 'Ada' })).status,
    suspend: (await server.send('POST', `${path}/suspend`)).status,
    reinstate: (await server.send('POST', `${path}/reinstate`)).status,
  }
}

const allWork = {
  validate: 200,
  activate: 200,
  create: 201,
  read: 200,
  list: 200,
  update: 200,
  suspend: 200,
  reinstate: 200,
}

test('serve: with a damaged usage file everything works, and /readyz, metrics, terminal, log and check say so', async () => {
  const directory = copyOriginal()
  writeFileSync(`${directory}/usage.sqlite`, 'random bytes '.repeat(1000))
  await using server = await startServer(sandbox, envOf(directory))
  await server.waitForLog('"reason":"usage_set_aside"')
  expect(server.banner()).toMatch(
    /WARNING: The usage file could not be used, so it was moved to \S+/,
  )
  expect(await useLicense(server)).toEqual(allWork)
  expect((await server.send('GET', `/api/v1/licenses/${id}/usage`)).status).toBe(200)
  expect(await reasonsOf(server)).toEqual(['usage_set_aside'])

  const checked = await runLicet(sandbox, ['check'], envOf(directory))
  expect(checked.stdout).toContain('FAILED  no usage file was set aside')
  const kept = readdirSync(directory).filter((name) => name.startsWith('usage.sqlite.damaged-'))
  for (const name of kept) renameSync(`${directory}/${name}`, sandbox.at(name))
  expect(await reasonsOf(server)).toEqual([])
  expect(await runLicet(sandbox, ['check'], envOf(directory))).toMatchObject({ code: 0 })
})

/** Locks a usage file so that nothing else can even read it. */
function lockUsage(directory: string): Database {
  const lock = new Database(`${directory}/usage.sqlite`)
  lock.run('PRAGMA busy_timeout = 10000')
  lock.run('PRAGMA locking_mode = EXCLUSIVE')
  lock.run('BEGIN EXCLUSIVE')
  lock.run('UPDATE batches SET number = number')
  return lock
}

/** Tries every route that reads the usage file. Returns the statuses, and how long they took. */
async function readUsage(server: ServerProcess) {
  const startedAtMs = performance.now()
  const responses = await Promise.all([
    server.send('GET', `/api/v1/licenses/${id}/usage`),
    server.send('GET', `/api/v1/licenses/${id}/usage/series`),
    server.send('GET', '/api/v1/usage/summary'),
    server.send('GET', '/api/v1/usage/export?format=ndjson'),
    server.send('POST', '/api/v1/customers/export', { customer_email: order.customer_email }),
  ])
  const statuses = responses.map(({ status }) => status)
  return { statuses, tookMs: performance.now() - startedAtMs }
}

test('serve: folders of backups that cannot be used stop only backups, which say so', async () => {
  const directory = copyOriginal()
  for (const name of ['backups', 'backup-work']) writeFileSync(`${directory}/${name}`, 'a file')
  await using server = await startServer(sandbox, envOf(directory))
  await server.waitForLog('the folder backups of the data directory cannot be used')
  expect(await useLicense(server)).toEqual(allWork)
  expect(await server.send('POST', '/api/v1/backups')).toMatchObject(degraded)
  mkdirSync(sandbox.at('shipped'))
  const { code, stderr } = await runLicet(
    sandbox,
    ['backup', sandbox.at('shipped')],
    envOf(directory),
  )
  expect(stderr).toStartWith(`The folder ${directory}/backup-work for copies of backups cannot be`)
  expect(code).toBe(1)
  expect(await server.stop()).toBe(0)
})

test('serve: while another program locks the usage file, only the usage routes fail, with 503', async () => {
  const directory = copyOriginal()
  using lock = lockUsage(directory)
  await using server = await startServer(sandbox, envOf(directory))
  expect(await useLicense(server)).toEqual(allWork)
  const { statuses, tookMs } = await readUsage(server)
  expect(statuses).toEqual([503, 503, 503, 503, 503])
  // Each waits up to two seconds, all at the same time.
  expect(tookMs).toBeLessThan(9000)
  const backup = await runLicet(sandbox, ['backup', sandbox.at('locked')], envOf(directory))
  expect(backup.stderr).toContain('so the backup lacks the latest counters')
  expect(backup.code).toBe(0)
  expect(await reasonsOf(server)).toEqual(['usage_unavailable'])
  lock.run('ROLLBACK')
  lock.close()
  await waitForStatus(server, 'ok')
  const { body } = await server.send('GET', `/api/v1/licenses/${id}`)
  expect(body.validation_count).toBe(4)
  expect(await server.stop()).toBe(0)
})

test('serve: while another program writes to the usage file, usage routes show what is in it, within two seconds', async () => {
  const directory = copyOriginal()
  await using server = await startServer(sandbox, envOf(directory))
  // Starts the Worker, so that its start does not count.
  expect((await readUsage(server)).statuses).toEqual([200, 200, 200, 200, 200])
  using lock = new Database(`${directory}/usage.sqlite`)
  lock.run('PRAGMA busy_timeout = 10000')
  lock.run('BEGIN IMMEDIATE')
  await validate(server)
  const { statuses, tookMs } = await readUsage(server)
  expect(statuses).toEqual([200, 200, 200, 200, 200])
  // Each waits up to two seconds, all at the same time.
  expect(tookMs).toBeLessThan(9000)
  expect(await reasonsOf(server)).toEqual(['usage_unavailable'])
  lock.run('ROLLBACK')
  await waitForStatus(server, 'ok')
  expect(await server.stop()).toBe(0)
})

test('commands: a damaged usage file does not stop them, and only a server sets it aside', async () => {
  const directory = copyOriginal()
  truncateSync(`${directory}/usage.sqlite`, 0)
  const { code } = await runLicet(sandbox, ['keys', 'list'], envOf(directory))
  expect(code).toBe(0)
  const backup = await runLicet(sandbox, ['backup', sandbox.at('backup')], envOf(directory))
  expect(backup.stderr).toContain('The usage file cannot be read (it is empty)')
  expect(backup.code).toBe(0)
  expect(readdirSync(directory).filter((name) => name.includes('damaged'))).toEqual([])
})

test('serve: while nothing can be written, known keys are valid, changes get 503, and /readyz says why', async () => {
  // No file may grow beyond 32 KiB, which is enough for the first few changes only.
  const launch = { cwd: sandbox.path, shell: 'trap "" XFSZ; ulimit -f 64;' }
  await using server = await startServer(launch, envOf(copyOriginal()))
  const create = () => server.send('POST', '/api/v1/licenses', order)
  await waitFor(async () => (await create()).status !== 201)
  expect(await create()).toMatchObject(degraded)
  expect((await validate(server)).body.valid).toBe(true)
  expect((await server.send('GET', `/api/v1/licenses/${id}`)).status).toBe(200)
  expect(await reasonsOf(server)).toContain('database_unwritable')
  const port = { LICET_PORT: String(server.port) }
  const { code, stdout } = await runLicet(sandbox, ['healthcheck'], port)
  expect(stdout).toStartWith('ready, but degraded: database_unwritable')
  expect(code).toBe(0)
})

testMounting(
  'serve: a restart on a full disk comes up, serves known keys, says so, and recovers once there is room',
  async () => {
    const directory = sandbox.at('full')
    mkdirSync(directory)
    const fill = `mount -t tmpfs -o size=4m none ${directory}; cp ${original}/* ${directory}; dd if=/dev/zero of=${directory}/filler bs=1k 2>/dev/null;`
    const launch = { cwd: sandbox.path, namespace: true, shell: fill }
    await using server = await startServer(launch, envOf(directory))
    expect(server.banner()).toContain('WARNING: The disk is full')
    expect((await validate(server)).body.valid).toBe(true)
    const { body } = await server.send('GET', `/api/v1/licenses/${id}`)
    expect(body.validation_count).toBe(4)
    expect(await server.send('POST', '/api/v1/licenses', order)).toMatchObject(degraded)
    expect(await reasonsOf(server)).toContain('disk_full')

    rmSync(`/proc/${server.process.pid}/root${directory}/filler`)
    await waitForStatus(server, 'ok')
    expect(await useLicense(server)).toEqual({ ...allWork })
    expect(await server.stop()).toBe(0)
  },
)

test('serve: a first start on a full disk ends with one sentence', async () => {
  const launch = { cwd: sandbox.path, shell: 'trap "" XFSZ; ulimit -f 0;' }
  const { code, stderr } = await runLicet(launch, ['serve'], envOf(sandbox.at('new')))
  expect(stderr.trim().split('\n')).toHaveLength(1)
  expect(code).toBe(1)
})

test('serve: a database that is deleted while running takes no more changes, and is written back at the stop', async () => {
  const directory = copyOriginal()
  await using server = await startServer(sandbox, envOf(directory))
  rmSync(`${directory}/licet.sqlite`)
  const created = await server.send('POST', '/api/v1/licenses', order)
  expect(created).toMatchObject(degraded)
  expect(created.body.detail).toContain('was moved, replaced or deleted')
  expect((await validate(server)).body.valid).toBe(true)
  expect(await reasonsOf(server)).toEqual(['database_unwritable'])
  await server.stop()
  await using next = await startServer(sandbox, envOf(directory))
  expect(await useLicense(next)).toEqual(allWork)
  expect(await runLicet(sandbox, ['check'], envOf(directory))).toMatchObject({ code: 0 })
})

test('serve: a server whose lock file was deleted still refuses a second one', async () => {
  const directory = copyOriginal()
  await using server = await startServer(sandbox, envOf(directory))
  rmSync(`${directory}/lock.sqlite`)
  await waitFor(async () => existsSync(`${directory}/lock.sqlite`))
  const { code, stderr } = await runLicet(sandbox, ['serve'], { ...envOf(directory) })
  expect({ code, stderr }).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Another Licet'),
  })
  expect((await validate(server)).status).toBe(200)
})

test('serve: a server that has lost its lock to another one stops with one sentence', async () => {
  const directory = copyOriginal()
  await using server = await startServer(sandbox, envOf(directory))
  rmSync(`${directory}/lock.sqlite`)
  using other = new Database(`${directory}/lock.sqlite`, { create: true })
  other.run('BEGIN EXCLUSIVE')
  expect(await server.process.exited).toBe(1)
  expect(server.banner()).toContain(`Another Licet server is using ${directory}.`)
})

test('serve: a lock file that cannot be locked is reported, and nothing is served', async () => {
  const directory = copyOriginal()
  rmSync(`${directory}/lock.sqlite`)
  mkdirSync(`${directory}/lock.sqlite`)
  const { code, stderr } = await runLicet(sandbox, ['serve'], envOf(directory))
  expect(stderr).toStartWith(`${directory}/lock.sqlite cannot be locked (`)
  expect(code).toBe(1)
})

/** Makes one file read-only for a process, even if it runs as root. */
const readOnly = (file: string) => ({
  cwd: sandbox.path,
  namespace: true,
  shell: `mount --bind ${file} ${file}; mount -o remount,ro,bind ${file};`,
})

testMounting(
  'serve: a lock file that cannot be written is refused, because it would lock nothing',
  async () => {
    const directory = copyOriginal()
    const launch = readOnly(`${directory}/lock.sqlite`)
    const { code, stderr } = await runLicet(launch, ['serve'], envOf(directory))
    expect(stderr).toStartWith(`${directory}/lock.sqlite cannot be locked (`)
    expect(code).toBe(1)
  },
)

testMounting(
  'serve: with a database that cannot be written, known keys are valid, and /readyz says so',
  async () => {
    const directory = copyOriginal()
    await using server = await startServer(readOnly(`${directory}/licet.sqlite`), envOf(directory))
    expect((await validate(server)).body.valid).toBe(true)
    expect(await server.send('POST', '/api/v1/licenses', order)).toMatchObject(degraded)
    expect(await reasonsOf(server)).toEqual(['database_unwritable'])
  },
)

test('serve: a failure after the port is open ends the process', async () => {
  const directory = copyOriginal()
  using db = new Database(`${directory}/licet.sqlite`)
  // The first query after the port is open reads the licenses.
  db.run('ALTER TABLE licenses RENAME TO lost')
  db.close()
  const child = spawn(sandbox, ['serve'], { LICET_PORT: '0', ...envOf(directory) })
  expect(await child.exited).toBe(1)
})

test('serve: on a busy machine, a stop still writes every validation before its deadline', async () => {
  const directory = copyOriginal()
  await using server = await startServer(sandbox, envOf(directory))
  const loops = Array.from({ length: 4 }, () => Bun.spawn(['sh', '-c', 'while :; do :; done']))
  const startedAtMs = performance.now()
  let count = 3
  const validateForAWhile = async () => {
    for (; performance.now() < startedAtMs + 1000; count += 1) await validate(server)
  }
  await Promise.all(Array.from({ length: 30 }, validateForAWhile))
  const code = await server.stop()
  for (const loop of loops) loop.kill()
  expect(code).toBe(0)
  await using next = await startServer(sandbox, envOf(directory))
  const { body } = await next.send('GET', `/api/v1/licenses/${id}`)
  expect(body.validation_count).toBe(count)
})
