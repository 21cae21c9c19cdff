import { Database } from 'bun:sqlite'
import { afterAll, expect, setDefaultTimeout } from 'bun:test'
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { openTestApp, type TestApp } from '../../support/app.ts'
import { onlySqlite as test } from '../../support/engine.ts'
import { expectProblem } from '../../support/problems.ts'
import {
  ADMIN_TOKEN,
  runLicet,
  Sandbox,
  type ServerProcess,
  startServer,
} from '../../support/server.ts'

// Many servers are started, and large backups made.
setDefaultTimeout(30_000)

const sandbox = new Sandbox()
afterAll(() => sandbox[Symbol.dispose]())

const PATH = '/api/v1/backups'
const authorization = `Bearer ${ADMIN_TOKEN}`

const start = (directory: string) =>
  startServer(sandbox, {
    LICET_DATA_DIR: sandbox.at(directory),
    LICET_ADMIN_TOKEN: ADMIN_TOKEN,
  })

async function createLicense(server: ServerProcess): Promise<{ id: string; key: string }> {
  const order = { plan: 'enterprise', customer_email: 'dev@example.com' }
  return (await server.send('POST', '/api/v1/licenses', order)).body
}

const download = (server: ServerProcess, name: string, range?: string) =>
  fetch(`${server.url}${PATH}/${name}/download`, {
    headers: { authorization, ...(range && { range }) },
  })

/** Sends a path exactly as it is, which fetch would normalize. Returns the status line. */
function sendRaw({ port }: ServerProcess, path: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.on('data', (bytes) => {
    text += bytes
  })
  socket.on('error', reject)
  socket.on('close', () => resolve(text))
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\nConnection: close\r\n\r\n`,
  )
  return promise
}

const namesIn = (directory: string) => readdirSync(join(directory, 'backups')).sort()

test('backups: a backup is complete, private and intact, and the download is the same file', async () => {
  await using server = await start('whole')
  const { id, key } = await createLicense(server)
  await server.send('POST', '/api/v1/validate', { key })
  const { status, body } = await server.send('POST', PATH)
  expect(status).toBe(201)
  expect(body).toMatchObject({ state: 'complete', warning: null })
  expect(body.name).toMatch(/^licet-[\dT-]+Z\.sqlite$/)

  const path = sandbox.at('whole', 'backups', body.name)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(statSync(sandbox.at('whole', 'backups')).mode & 0o777).toBe(0o700)
  expect(namesIn(sandbox.at('whole'))).toEqual([body.name, `${body.name}.sha256`])

  const response = await download(server, body.name)
  const bytes = await response.bytes()
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('application/octet-stream')
  expect(response.headers.get('content-disposition')).toBe(`attachment; filename="${body.name}"`)
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(bytes.byteLength).toBe(body.bytes)
  expect(new Bun.CryptoHasher('sha256').update(bytes).digest('hex')).toBe(body.sha256)

  writeFileSync(sandbox.at('copy.sqlite'), bytes)
  using db = new Database(sandbox.at('copy.sqlite'), { readonly: true })
  const rows = db.query('SELECT id, validation_count FROM licenses').all()
  expect(rows).toEqual([{ id, validation_count: 1 }])
  const { text } = await server.send('GET', '/metrics')
  expect(Number(/^licet_last_backup_age_seconds (\S+)$/m.exec(text)?.[1])).toBeLessThan(60)
})

test('backups: a backup can be restored by licet restore', async () => {
  const server = await start('restored')
  const { id } = await createLicense(server)
  const { body } = await server.send('POST', PATH)
  const later = await createLicense(server)
  expect(await server.stop()).toBe(0)
  const env = { LICET_DATA_DIR: sandbox.at('restored') }
  const file = sandbox.at('restored', 'backups', body.name)
  expect(await runLicet(sandbox, ['restore', file], env)).toMatchObject({ code: 0 })
  await using restored = await start('restored')
  expect((await restored.send('GET', `/api/v1/licenses/${id}`)).status).toBe(200)
  expect((await restored.send('GET', `/api/v1/licenses/${later.id}`)).status).toBe(404)
  const { body: list } = await restored.send('GET', PATH)
  expect(list.data.map(({ name }: { name: string }) => name)).toContain(body.name)
})

/** Makes the database so large that a backup takes a while. */
function grow(app: Pick<TestApp, 'directory'>): void {
  using db = new Database(join(app.directory, 'licet.sqlite'))
  db.run('PRAGMA busy_timeout = 5000')
  db.run(`WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 20000)
    INSERT INTO meta (name, value) SELECT 'filler ' || n, hex(randomblob(1000)) FROM numbers`)
}

test('backups: a download that was interrupted continues where it ended', async () => {
  await using server = await start('part')
  const { body } = await server.send('POST', PATH)
  const whole = await (await download(server, body.name)).bytes()
  const rest = await download(server, body.name, 'bytes=100000-')
  expect([rest.status, rest.headers.get('content-range')]).toEqual([
    206,
    `bytes 100000-${whole.length - 1}/${whole.length}`,
  ])
  expect(await rest.bytes()).toEqual(whole.subarray(100_000))
  const beyond = await download(server, body.name, `bytes=${whole.length}-`)
  expect([beyond.status, await beyond.text()]).toEqual([416, ''])
})

test('backups: while one is made, validations go on, and it can be neither repeated nor downloaded', async () => {
  await using server = await start('busy')
  const { key } = await createLicense(server)
  grow({ directory: sandbox.at('busy') })
  let isDone = false
  const made = server.send('POST', PATH).finally(() => {
    isDone = true
  })
  const find = async () => (await server.send('GET', PATH)).body.data[0]
  let running = await find()
  while (running === undefined && !isDone) running = await find()
  expect(running).toMatchObject({ state: 'running', sha256: null })
  const path = `${PATH}/${running.name}`
  const [repeated, verified, downloaded] = await Promise.all([
    server.send('POST', PATH),
    server.send('POST', `${path}/verify`),
    server.send('GET', `${path}/download`),
  ])
  for (const refused of [repeated, verified, downloaded]) expectProblem(refused, 409, 'in_use')
  expect(downloaded.body.detail).toContain('still being written')

  let validations = 0
  while (!isDone) {
    expect((await server.send('POST', '/api/v1/validate', { key })).body.valid).toBe(true)
    validations += 1
  }
  const { status, body } = await made
  expect([status, body.name, body.state]).toEqual([201, running.name, 'complete'])
  expect(validations).toBeGreaterThan(20)
  expect((await server.send('GET', path)).body).toMatchObject({ state: 'complete' })
  expect((await server.send('POST', `${path}/verify`)).body.intact).toBe(true)
})

test('backups: a client that leaves does not stop its backup', async () => {
  await using server = await start('left')
  grow({ directory: sandbox.at('left') })
  const leaving = new AbortController()
  const left = fetch(server.url + PATH, {
    method: 'POST',
    headers: { authorization },
    signal: leaving.signal,
  })
  while ((await server.send('GET', PATH)).body.data.length === 0);
  leaving.abort()
  await expect(left).rejects.toThrow()
  await server.waitForLog('backup created')
  expect((await server.send('GET', PATH)).body.data).toMatchObject([{ state: 'complete' }])
})

async function startBackup(server: ServerProcess): Promise<void> {
  server.send('POST', PATH).catch(() => undefined)
  while ((await server.send('GET', PATH)).body.data[0]?.state !== 'running');
}

test('backups: a server that is stopped or killed in the middle leaves no part of a backup', async () => {
  const directory = sandbox.at('interrupted')
  const isPart = (name: string) => name.includes('unfinished')
  await using stopped = await start('interrupted')
  grow({ directory })
  await startBackup(stopped)
  expect(await stopped.stop()).toBe(0)
  expect(namesIn(directory).filter(isPart)).toEqual([])

  await using killed = await start('interrupted')
  await startBackup(killed)
  await killed.kill()
  // The Worker may not have begun to write yet.
  writeFileSync(join(directory, 'backups', 'licet-1.sqlite.unfinished'), 'a part')
  await using next = await start('interrupted')
  expect(namesIn(directory).filter(isPart)).toEqual([])
  const { body } = await next.send('GET', PATH)
  const states = body.data.map(({ state }: { state: string }) => state)
  expect(states.filter((state: string) => state !== 'complete')).toEqual([])
})

test('backups: a command beside the server does not touch the backup that is being made', async () => {
  await using server = await start('beside')
  grow({ directory: sandbox.at('beside') })
  const made = server.send('POST', PATH)
  while ((await server.send('GET', PATH)).body.data[0]?.state !== 'running');
  const env = { LICET_DATA_DIR: sandbox.at('beside') }
  expect(await runLicet(sandbox, ['keys', 'list'], env)).toMatchObject({ code: 0 })
  expect((await made).status).toBe(201)
})

test('backups: names are never paths', async () => {
  await using server = await start('names')
  await server.send('POST', PATH)
  const folder = sandbox.at('names', 'backups')
  writeFileSync(sandbox.at('names', 'outside.sqlite'), 'outside')
  symlinkSync(sandbox.at('names', 'licet.sqlite'), join(folder, 'link.sqlite'))
  symlinkSync(sandbox.at('names'), join(folder, 'folder.sqlite'))
  mkdirSync(join(folder, 'directory.sqlite'))
  writeFileSync(join(folder, '.hidden.sqlite'), 'hidden')
  writeFileSync(join(folder, 'notes.txt'), 'notes')
  const data = encodeURIComponent(sandbox.at('names', 'licet.sqlite'))
  for (const name of [
    '..',
    '.',
    '%2e%2e',
    '../licet.sqlite',
    '..%2flicet.sqlite',
    '..%2Foutside.sqlite',
    '%2e%2e%2foutside.sqlite',
    '..%5coutside.sqlite',
    '..%252foutside.sqlite',
    data,
    data.replaceAll('%2F', '/'),
    'link.sqlite',
    'folder.sqlite',
    'folder.sqlite%2foutside.sqlite',
    'directory.sqlite',
    '.hidden.sqlite',
    'notes.txt',
    'outside.sqlite',
    'licet.sqlite',
    'x.sqlite%00',
    '%00',
    '%0a.sqlite',
    '%c3%28.sqlite',
    '',
    'a'.repeat(5000),
  ]) {
    for (const action of ['', '/download']) {
      const text = await sendRaw(server, `${PATH}/${name}${action}`)
      const isList = action === '' && ['', '.'].includes(name)
      if (!isList)
        expect({ name, action, text }).toMatchObject({
          text: expect.stringMatching(/^HTTP\/1\.1 40[0-9] /),
        })
      expect(text).not.toContain('outside\n')
      expect(text).not.toContain('SQLite format')
    }
    const { status } = await server.send('POST', `${PATH}/${name}/verify`)
    expect([400, 404, 405]).toContain(status)
  }
  const { body } = await server.send('GET', PATH)
  expect(body.data).toHaveLength(1)
})

test('backups: verify finds a changed byte, a truncated file, another file, and one of another secret', async () => {
  await using server = await start('damaged')
  await createLicense(server)
  const { body } = await server.send('POST', PATH)
  const folder = sandbox.at('damaged', 'backups')
  const path = join(folder, body.name)
  const verify = async (name: string) => (await server.send('POST', `${PATH}/${name}/verify`)).body
  const problemsOf = async (name: string) =>
    (await verify(name)).checks.flatMap(({ problem }: { problem: string | null }) => problem ?? [])
  expect(await verify(body.name)).toMatchObject({ name: body.name, intact: true })
  expect(await problemsOf(body.name)).toEqual([])

  const copyTo = (name: string) => {
    copyFileSync(path, join(folder, name))
    return join(folder, name)
  }
  truncateSync(copyTo('short.sqlite'), body.bytes / 2)
  truncateSync(copyTo('empty.sqlite'), 0)
  writeFileSync(join(folder, 'text.sqlite'), 'no database, but long enough to be taken for one')
  {
    using db = new Database(copyTo('other.sqlite'))
    db.run("UPDATE meta SET value = 'another' WHERE name = 'master_secret_check'")
  }
  const bytes = readFileSync(path)
  const at = bytes.indexOf('dev@example.com')
  bytes[at] = 'x'.charCodeAt(0)
  writeFileSync(path, bytes)
  const reason = 'its SHA-256 is not the one that was recorded beside it'
  expect(await problemsOf(body.name)).toContain(reason)
  expect((await verify(body.name)).intact).toBe(false)
  for (const [name, problem] of [
    ['short.sqlite', /malformed|disk image|page/i],
    ['empty.sqlite', /not a Licet database/],
    ['text.sqlite', /not a database/],
    ['other.sqlite', /different master secret/],
  ] as const) {
    const found = await problemsOf(name)
    expect({ name, found: found.join() }).toMatchObject({ found: expect.stringMatching(problem) })
  }
})

test('backups: a disk that is full or read-only is named in the error, and nothing is left behind', async () => {
  const directory = sandbox.at('small')
  mkdirSync(directory)
  const created = await start('small')
  grow({ directory })
  expect(await created.stop()).toBe(0)
  for (const [mount, reason] of [
    ['mount -t tmpfs -o size=1m none', '/small/backups is full'],
    ['mount -t tmpfs -o ro none', 'cannot be written'],
  ] as const) {
    mkdirSync(join(directory, 'backups'), { recursive: true })
    const launch = {
      cwd: sandbox.path,
      shell: `${mount} ${directory}/backups;`,
      namespace: true,
    }
    await using server = await startServer(launch, {
      LICET_DATA_DIR: directory,
      LICET_ADMIN_TOKEN: ADMIN_TOKEN,
    })
    const failed = await server.send('POST', PATH)
    expectProblem(failed, 503, 'unavailable')
    expect(failed.body.detail).toContain(reason)
    expect((await server.send('GET', PATH)).body.data).toEqual([])
    expect(readdirSync(`/proc/${server.process.pid}/root${directory}/backups`)).toEqual([])
    expect((await server.send('GET', '/readyz')).body).toEqual({ status: 'ok' })
  }
})

test('backups: the list has pages, newest first', async () => {
  await using app = await openTestApp()
  const names: string[] = []
  for (let count = 0; count < 3; count += 1) {
    names.unshift((await app.send('POST', PATH)).body.name)
    app.clock.advanceMs(count === 1 ? 0 : 1000)
  }
  expect(new Set(names).size).toBe(3)
  const first = await app.send('GET', `${PATH}?limit=2`)
  const last = await app.send('GET', `${PATH}?limit=2&cursor=${first.body.next_cursor}`)
  const listed = [...first.body.data, ...last.body.data].map(({ name }) => name)
  expect(listed.toSorted()).toEqual(names.toSorted())
  expect(last.body.next_cursor).toBe(null)
  expect(first.body.data[0].created_at >= last.body.data[0].created_at).toBe(true)
})

test('backups: each call needs its own scope', async () => {
  await using app = await openTestApp()
  const { name } = (await app.send('POST', PATH)).body
  const calls = [
    ['backups:read', 'GET', PATH, 200],
    ['backups:read', 'GET', `${PATH}/${name}`, 200],
    ['backups:write', 'POST', PATH, 201],
    ['backups:write', 'POST', `${PATH}/${name}/verify`, 200],
    ['backups:download', 'GET', `${PATH}/${name}/download`, 200],
  ] as const
  const scopes = ['backups:read', 'backups:write', 'backups:download'] as const
  for (const [scope, method, path, status] of calls) {
    for (const held of scopes) {
      const token = await app.tokenWith(held, 'settings:read')
      const response = await app.send(method, path, undefined, { authorization: `Bearer ${token}` })
      expect({ path, held, status: response.status }).toEqual({
        path,
        held,
        status: held === scope ? status : 403,
      })
    }
  }
})
