import { Database } from 'bun:sqlite'
import { afterAll, expect, setDefaultTimeout } from 'bun:test'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { openTestApp, type TestApp } from '../../support/app.ts'
import { onlySqlite as test } from '../../support/engine.ts'
import { expectProblem } from '../../support/problems.ts'
import { ADMIN_TOKEN, Sandbox, type ServerProcess, startServer } from '../../support/server.ts'

// Large backups are made.
setDefaultTimeout(30_000)

const sandbox = new Sandbox()
afterAll(() => sandbox[Symbol.dispose]())

const PATH = '/api/v1/backups'

const start = (directory: string) =>
  startServer(sandbox, {
    LICET_DATA_DIR: sandbox.at(directory),
    LICET_ADMIN_TOKEN: ADMIN_TOKEN,
  })

const filesIn = ({ directory }: Pick<TestApp, 'directory'>) =>
  readdirSync(join(directory, 'backups')).sort()

/** Makes a backup a second after the last one, and returns it. */
async function make(app: TestApp) {
  app.clock.advanceMs(1000)
  const { status, body } = await app.send('POST', PATH)
  expect(status).toBe(201)
  return body
}

/** Makes the database so large that a backup of it does not fit into the buffers of a socket. */
function grow(directory: string): void {
  using db = new Database(join(directory, 'licet.sqlite'))
  db.run('PRAGMA busy_timeout = 5000')
  db.run(`WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 40000)
    INSERT INTO meta (name, value) SELECT 'filler ' || n, hex(randomblob(1000)) FROM numbers`)
}

/** Begins a download, and reads nothing after its first bytes. Resolves with how to end it. */
function beginDownload({ port }: ServerProcess, name: string): Promise<() => void> {
  const { promise, resolve, reject } = Promise.withResolvers<() => void>()
  const socket = connect(port, '127.0.0.1')
  socket.once('data', () => {
    socket.pause()
    resolve(() => socket.destroy())
  })
  socket.on('error', reject)
  socket.write(
    `GET ${PATH}/${name}/download HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${ADMIN_TOKEN}\r\n\r\n`,
  )
  return promise
}

test('backups: a backup that is deleted is gone with its hash, and the audit has it', async () => {
  await using app = await openTestApp()
  const { name, bytes, sha256 } = await make(app)
  const other = await make(app)
  const deleted = await app.send('DELETE', `${PATH}/${name}`)
  expect([deleted.status, deleted.text]).toEqual([204, ''])
  expect(filesIn(app)).toEqual([other.name, `${other.name}.sha256`])
  const { body } = await app.send('GET', '/api/v1/audit?limit=1')
  expect(body.data[0]).toMatchObject({
    action: 'backup.delete',
    subject_id: name,
    before: { bytes, sha256 },
    after: null,
  })
  for (const method of ['DELETE', 'GET']) {
    expectProblem(await app.send(method, `${PATH}/${name}`), 404, 'not_found')
  }
})

test('backups: a deletion needs backups:write, and its name is never a path', async () => {
  await using app = await openTestApp()
  const { name } = await make(app)
  const outside = join(app.directory, 'outside.sqlite')
  writeFileSync(outside, 'outside')
  writeFileSync(join(app.directory, 'backups', 'notes.txt'), 'notes')
  mkdirSync(join(app.directory, 'backups', 'folder.sqlite'))
  const token = await app.tokenWith('backups:read', 'backups:download', 'jobs:run')
  const headers = { authorization: `Bearer ${token}` }
  const refused = await app.send('DELETE', `${PATH}/${name}`, undefined, headers)
  expectProblem(refused, 403, 'missing_scope')
  for (const each of ['..%2foutside.sqlite', 'notes.txt', 'folder.sqlite', `${name}.sha256`]) {
    expectProblem(await app.send('DELETE', `${PATH}/${each}`), 404, 'not_found')
  }
  expect(existsSync(outside)).toBe(true)
  expect(filesIn(app)).toEqual(['folder.sqlite', name, `${name}.sha256`, 'notes.txt'].sort())
})

test('backups: a backup that is made, verified or downloaded cannot be deleted, and one that was can', async () => {
  await using server = await start('used')
  grow(sandbox.at('used'))
  const made = server.send('POST', PATH)
  let running: string | undefined
  while (running === undefined) running = (await server.send('GET', PATH)).body.data[0]?.name
  expectProblem(await server.send('DELETE', `${PATH}/${running}`), 409, 'in_use')
  const { name } = (await made).body

  const verify = () => server.send('POST', `${PATH}/${name}/verify`)
  let verified = verify()
  while ((await verify()).status !== 409) verified = verify()
  expectProblem(await server.send('DELETE', `${PATH}/${name}`), 409, 'in_use')
  expect((await verified).body.intact).toBe(true)

  const end = await beginDownload(server, name)
  const refused = await server.send('DELETE', `${PATH}/${name}`)
  expectProblem(refused, 409, 'in_use')
  expect(refused.body.detail).toContain('being verified or downloaded')
  end()
  let { status } = await server.send('DELETE', `${PATH}/${name}`)
  while (status === 409) status = (await server.send('DELETE', `${PATH}/${name}`)).status
  expect(status).toBe(204)
  expect((await server.send('GET', PATH)).body.data).toEqual([])
})

test('backups: only as many as LICET_BACKUPS_KEPT are kept, and files with other names are never deleted', async () => {
  await using app = await openTestApp({ backupsKept: 2 })
  const first = await make(app)
  const folder = join(app.directory, 'backups')
  const others = ['before-migration-2020-01-01T00-00-00-000Z.sqlite', 'mine.sqlite']
  for (const name of others) writeFileSync(join(folder, name), 'a copy')
  const second = await make(app)
  expect([first.deleted, second.deleted]).toEqual([[], []])
  const third = await make(app)
  expect(third.deleted).toEqual([first.name])
  const kept = [second.name, third.name].flatMap((name) => [name, `${name}.sha256`])
  expect(filesIn(app)).toEqual([...others, ...kept].sort())
  const { body } = await app.send('GET', '/api/v1/audit?action=backup.*&limit=2')
  const entries = body.data.map((entry: Record<string, string>) => [entry.action, entry.subject_id])
  expect(entries).toEqual([
    ['backup.delete', first.name],
    ['backup.create', third.name],
  ])
})

test('backups: the new one is kept even if the clock has gone back, and if only one is kept', async () => {
  await using app = await openTestApp({ backupsKept: 1 })
  const former = await make(app)
  app.clock.advanceMs(-7 * 86_400_000)
  const created = await make(app)
  expect(created.name < former.name).toBe(true)
  expect(created.deleted).toEqual([former.name])
  const { body } = await app.send('POST', `${PATH}/${created.name}/verify`)
  expect(body.intact).toBe(true)
  expect(filesIn(app)).toEqual([created.name, `${created.name}.sha256`])
})

test('backups: an old one that is being downloaded is kept until the next backup', async () => {
  const directory = sandbox.at('kept')
  await using server = await startServer(sandbox, {
    LICET_DATA_DIR: directory,
    LICET_ADMIN_TOKEN: ADMIN_TOKEN,
    LICET_BACKUPS_KEPT: '1',
  })
  grow(directory)
  const old = (await server.send('POST', PATH)).body
  const end = await beginDownload(server, old.name)
  const next = (await server.send('POST', PATH)).body
  expect(next.deleted).toEqual([])
  expect(filesIn({ directory })).toContain(old.name)
  end()
  let last = (await server.send('POST', PATH)).body
  while (last.deleted.length < 2 && filesIn({ directory }).includes(old.name)) {
    last = (await server.send('POST', PATH)).body
  }
  expect(filesIn({ directory })).toEqual([last.name, `${last.name}.sha256`])
})
