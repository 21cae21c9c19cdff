import { Database } from 'bun:sqlite'
import { afterAll, expect, test } from 'bun:test'
import {
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  watch,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runLicet, Sandbox, type ServerProcess, spawn, startServer } from '../support/server.ts'

const sandbox = new Sandbox()
const backup = sandbox.at('backup.sqlite')
const database = sandbox.at('data', 'licet.sqlite')
afterAll(() => sandbox[Symbol.dispose]())

async function createLicense(server: ServerProcess): Promise<string> {
  const order = { plan: 'starter', customer_email: 'dev@example.com' }
  const { body } = await server.send('POST', '/api/v1/licenses', order)
  return body.id
}

function licenseIdsIn(path: string): string[] {
  using db = new Database(path, { readonly: true })
  return db
    .query<{ id: string }, []>('SELECT id FROM licenses ORDER BY id')
    .all()
    .map(({ id }) => id)
}

test('backup: a backup under load contains everything before it, its hash is beside it, and restore needs a stopped server', async () => {
  await using server = await startServer(sandbox)
  const before = [await createLicense(server), await createLicense(server)]
  let isDone = false
  const writer = (async () => {
    while (!isDone) await createLicense(server)
  })()
  const { code, stdout, stderr } = await runLicet(sandbox, ['backup', backup])
  isDone = true
  await writer
  await createLicense(server)

  expect(stdout).toContain(backup)
  expect(stderr).toContain('master.secret')
  expect(code).toBe(0)
  expect(statSync(backup).mode & 0o777).toBe(0o600)
  expect(readdirSync(sandbox.path).sort()).toEqual([
    'backup.sqlite',
    'backup.sqlite.sha256',
    'data',
  ])
  const sha256 = new Bun.CryptoHasher('sha256').update(readFileSync(backup)).digest('hex')
  expect(readFileSync(`${backup}.sha256`, 'utf8')).toBe(`${sha256}  backup.sqlite\n`)
  expect(licenseIdsIn(backup)).toEqual(expect.arrayContaining(before))

  const { text } = await server.send('GET', '/metrics')
  const ageSeconds = /^licet_last_backup_age_seconds (\S+)$/m.exec(text)?.[1]
  expect(Number(ageSeconds)).toBeLessThan(60)

  const refused = await runLicet(sandbox, ['restore', backup])
  expect(refused.stderr).toContain('A server is using')
  expect(refused.code).toBe(1)
  expect(await server.stop()).toBe(0)
})

test('backup: an existing file is not overwritten', async () => {
  const { code, stderr } = await runLicet(sandbox, ['backup', backup])
  expect(stderr).toContain('Choose another name.')
  expect(code).toBe(1)
})

test('backup: a missing directory is named, with what to do', async () => {
  const { code, stderr } = await runLicet(sandbox, ['backup', sandbox.at('missing', 'b.sqlite')])
  expect(stderr).toBe(
    `No file can be created in ${sandbox.at('missing')}. Create this directory or make it writable, or choose another.\n`,
  )
  expect(code).toBe(1)
})

test('restore: a kill halfway leaves either the previous database or the new one, intact', async () => {
  const intact = [licenseIdsIn(database), licenseIdsIn(backup)]
  expect(intact[0]).not.toEqual(intact[1])
  const previous = sandbox.at('previous.sqlite')
  copyFileSync(database, previous)
  for (const trigger of ['licet.sqlite.restoring', 'backups']) {
    const watcher = watch(sandbox.at('data'), (_, name) => {
      if (name === trigger) child.kill('SIGKILL')
    })
    const child = spawn(sandbox, ['restore', backup], {})
    await child.exited
    watcher.close()
    const { code, stdout } = await runLicet(sandbox, ['check'])
    expect(stdout).not.toContain('FAILED')
    expect(code).toBe(0)
    expect(intact).toContainEqual(licenseIdsIn(database))
  }
  copyFileSync(previous, database)
})

test('restore: the backup replaces the database, and the previous database is kept', async () => {
  const previous = licenseIdsIn(database)
  const { code, stdout } = await runLicet(sandbox, ['restore', backup])
  const kept = /kept for 90 days: (\S+)/.exec(stdout)?.[1] ?? ''
  expect(code).toBe(0)
  expect(licenseIdsIn(kept)).toEqual(previous)
  expect(licenseIdsIn(database)).toEqual(licenseIdsIn(backup))
  expect(existsSync(sandbox.at('data', 'licet.sqlite.restoring'))).toBe(false)

  await using server = await startServer(sandbox)
  await createLicense(server)
  expect(await server.stop()).toBe(0)
})

test('restore: it fails while another command is reading the database', async () => {
  using db = new Database(database, { readonly: true })
  db.run('BEGIN')
  db.query('SELECT id FROM licenses').get()
  const { code, stderr } = await runLicet(sandbox, ['restore', backup])
  expect(stderr).toStartWith('Another command is using the database.')
  expect(code).toBe(1)
})

test('restore: a damaged database is set aside together with its log', async () => {
  await Bun.write(database, 'a damaged database')
  await Bun.write(`${database}-wal`, 'a damaged log')
  const { code, stdout } = await runLicet(sandbox, ['restore', backup])
  const kept = /kept for 90 days: (\S+)/.exec(stdout)?.[1] ?? ''
  expect(code).toBe(0)
  expect(await Bun.file(kept).text()).toBe('a damaged database')
  expect(existsSync(`${database}-wal`)).toBe(false)
  expect(licenseIdsIn(database)).toEqual(licenseIdsIn(backup))
})

test('restore: with the folder backups on another disk, the previous database is kept there', async () => {
  const disk = mkdtempSync(join(tmpdir(), 'licet-disk-'))
  using _disk = { [Symbol.dispose]: () => rmSync(disk, { recursive: true }) }
  const folder = sandbox.at('data', 'backups')
  rmSync(folder, { recursive: true })
  symlinkSync(disk, folder)
  const present = licenseIdsIn(database)
  const { code, stdout } = await runLicet(sandbox, ['restore', backup])
  const kept = /kept for 90 days: (\S+)/.exec(stdout)?.[1] ?? ''
  expect(code).toBe(0)
  expect(licenseIdsIn(kept)).toEqual(present)

  await Bun.write(database, 'a damaged database')
  await Bun.write(`${database}-wal`, 'a damaged log')
  const again = await runLicet(sandbox, ['restore', backup])
  const damaged = /kept for 90 days: (\S+)/.exec(again.stdout)?.[1] ?? ''
  expect(again.code).toBe(0)
  expect(await Bun.file(damaged).text()).toBe('a damaged database')
  expect(existsSync(`${database}-wal`)).toBe(false)
  expect(licenseIdsIn(database)).toEqual(licenseIdsIn(backup))
  rmSync(folder)
})

test('restore: usage history that cannot be put in place is said so, and the report is printed', async () => {
  const withUsage = sandbox.at('with-usage.sqlite')
  const env = { LICET_BACKUP_USAGE: 'true' }
  expect(await runLicet(sandbox, ['backup', withUsage], env)).toMatchObject({ code: 0 })
  const directory = sandbox.at('blocked')
  mkdirSync(join(directory, 'usage.sqlite.unfinished'), { recursive: true })
  copyFileSync(sandbox.at('data', 'master.secret'), join(directory, 'master.secret'))
  const blocked = { LICET_DATA_DIR: directory }
  const { code, stdout } = await runLicet(sandbox, ['restore', withUsage], blocked)
  expect(stdout).toMatch(
    /^Restored .*\nThe usage history of the backup was not restored: .*\nIts last event is /,
  )
  expect(code).toBe(0)
})

test('restore: a file that cannot be used is rejected, and nothing changes', async () => {
  const text = sandbox.at('text')
  const other = sandbox.at('other.sqlite')
  const newer = sandbox.at('newer.sqlite')
  await Bun.write(text, 'no database, but long enough to be read as one')
  new Database(other, { create: true }).run('CREATE TABLE songs (title TEXT)')
  copyFileSync(backup, newer)
  new Database(newer).run("INSERT INTO migrations VALUES ('9999_later', 'hash')")
  const present = licenseIdsIn(database)
  const otherSecret = { LICET_MASTER_SECRET: Buffer.alloc(32, 'other').toString('base64') }
  for (const [file, reason, env] of [
    [text, 'file is not a database', {}],
    [sandbox.at('data'), 'There is no file', {}],
    [database, 'is the database itself', {}],
    [other, 'it is not a Licet database', {}],
    [newer, 'written by a newer version of Licet', {}],
    [backup, 'a different master secret. Put that one in master.secret', otherSecret],
    [backup, 'The master secret of the backup is missing.', { LICET_DATA_DIR: './elsewhere' }],
  ] as const) {
    const { code, stderr } = await runLicet(sandbox, ['restore', file], env)
    expect(stderr).toContain(reason)
    expect(code).toBe(1)
  }
  expect(licenseIdsIn(database)).toEqual(present)
  expect(existsSync(sandbox.at('elsewhere'))).toBe(false)
})

test('restore: as root, it leaves no file that the owner of the data directory cannot open', async () => {
  const directory = sandbox.at('owned')
  mkdirSync(directory)
  copyFileSync(sandbox.at('data', 'master.secret'), sandbox.at('owned', 'master.secret'))
  const ownerId = process.geteuid?.() === 0 ? 65_534 : statSync(directory).uid
  for (const path of [directory, sandbox.at('owned', 'master.secret')]) {
    if (statSync(path).uid !== ownerId) chownSync(path, ownerId, ownerId)
  }
  const env = { LICET_DATA_DIR: directory }
  const commands = [
    ['restore', backup],
    ['keys', 'create', '--name', 'ops', '--scope', '*'],
    ['backup', sandbox.at('owned.sqlite')],
    ['restore', backup],
  ]
  for (const command of commands) {
    expect(await runLicet(sandbox, command, env)).toMatchObject({ code: 0 })
  }
  const files = readdirSync(directory, { recursive: true }).map(String)
  expect(files).toContain('licet.sqlite')
  expect(files).toContain('last-backup')
  expect(files).toContain('backups')
  const others = files.filter((name) => statSync(join(directory, name)).uid !== ownerId)
  expect(others).toEqual([])
})

test('restore: it works in a directory that contains only the master secret', async () => {
  mkdirSync(sandbox.at('new'))
  copyFileSync(sandbox.at('data', 'master.secret'), sandbox.at('new', 'master.secret'))
  const env = { LICET_DATA_DIR: sandbox.at('new') }
  const { code, stdout } = await runLicet(sandbox, ['restore', backup], env)
  expect(stdout).toMatch(/^Restored \S+\/backup\.sqlite\.\nIts last event is evt_\w+ of \S+Z\.\n$/)
  expect(code).toBe(0)
  expect(licenseIdsIn(sandbox.at('new', 'licet.sqlite'))).toEqual(licenseIdsIn(backup))
})
