import { Database } from 'bun:sqlite'
import { afterAll, expect, test } from 'bun:test'
import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync, watch } from 'node:fs'
import { runLicet, type Server, spawn, startServer, Workplace } from './processes.ts'

const LICENSES_URL = '/api/v1/licenses'
const ADMIN_TOKEN = 'the-token-of-the-admin-here'

const workplace = new Workplace()
const backup = workplace.at('backup.sqlite')
const database = workplace.at('data', 'licet.sqlite')
afterAll(() => workplace[Symbol.dispose]())

async function createLicense({ url }: Server): Promise<string> {
  const response = await fetch(`${url}${LICENSES_URL}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
    body: '{"plan":"starter","customer_email":"dev@example.com"}',
  })
  const { id } = (await response.json()) as { id: string }
  return id
}

function licenseIdsIn(path: string): string[] {
  using db = new Database(path, { readonly: true })
  return db
    .query<{ id: string }, []>('SELECT id FROM licenses ORDER BY id')
    .all()
    .map(({ id }) => id)
}

test('a backup taken under load holds all that was there before it; restore waits for the server', async () => {
  await using server = await startServer(workplace, { LICET_ADMIN_TOKEN: ADMIN_TOKEN })
  const before = [await createLicense(server), await createLicense(server)]
  let isDone = false
  const writer = (async () => {
    while (!isDone) await createLicense(server)
  })()
  const { code, stdout, stderr } = await runLicet(workplace, ['backup', backup])
  isDone = true
  await writer
  await createLicense(server)

  expect(stdout).toContain(backup)
  expect(stderr).toContain('master.secret')
  expect(code).toBe(0)
  expect(statSync(backup).mode & 0o777).toBe(0o600)
  expect(readdirSync(workplace.path).sort()).toEqual(['backup.sqlite', 'data'])
  expect(licenseIdsIn(backup)).toEqual(expect.arrayContaining(before))

  const refused = await runLicet(workplace, ['restore', backup])
  expect(refused.stderr).toContain('A server runs in')
  expect(refused.code).toBe(1)
  expect(await server.stop()).toBe(0)
})

test('a backup overwrites nothing', async () => {
  const { code, stderr } = await runLicet(workplace, ['backup', backup])
  expect(stderr).toContain('Choose another name.')
  expect(code).toBe(1)
})

test('a restore killed half-way leaves the former database or the new one, whole', async () => {
  const whole = [licenseIdsIn(database), licenseIdsIn(backup)]
  expect(whole[0]).not.toEqual(whole[1])
  const former = workplace.at('former.sqlite')
  copyFileSync(database, former)
  for (const sign of ['licet.sqlite.restoring', 'backups']) {
    const watcher = watch(workplace.at('data'), (_, name) => {
      if (name === sign) child.kill('SIGKILL')
    })
    const child = spawn(workplace.path, ['restore', backup], {})
    await child.exited
    watcher.close()
    const { code, stdout } = await runLicet(workplace, ['check'])
    expect(stdout).not.toContain('FAILED')
    expect(code).toBe(0)
    expect(whole).toContainEqual(licenseIdsIn(database))
  }
  copyFileSync(former, database)
})

test('a restore puts the backup in its place and keeps the former database', async () => {
  const former = licenseIdsIn(database)
  const { code, stdout } = await runLicet(workplace, ['restore', backup])
  const kept = /kept: (\S+)/.exec(stdout)?.[1] ?? ''
  expect(code).toBe(0)
  expect(licenseIdsIn(kept)).toEqual(former)
  expect(licenseIdsIn(database)).toEqual(licenseIdsIn(backup))
  expect(existsSync(workplace.at('data', 'licet.sqlite.restoring'))).toBe(false)

  await using server = await startServer(workplace, { LICET_ADMIN_TOKEN: ADMIN_TOKEN })
  await createLicense(server)
  expect(await server.stop()).toBe(0)
})

test('a restore waits for no command that reads the database', async () => {
  using db = new Database(database, { readonly: true })
  db.run('BEGIN')
  db.query('SELECT id FROM licenses').get()
  const { code, stderr } = await runLicet(workplace, ['restore', backup])
  expect(stderr).toStartWith('Another command works on the database.')
  expect(code).toBe(1)
})

test('a restore puts a database of ruins aside, its log with it', async () => {
  await Bun.write(database, 'ruins of a database')
  await Bun.write(`${database}-wal`, 'ruins of a log')
  const { code, stdout } = await runLicet(workplace, ['restore', backup])
  const kept = /kept: (\S+)/.exec(stdout)?.[1] ?? ''
  expect(code).toBe(0)
  expect(await Bun.file(kept).text()).toBe('ruins of a database')
  expect(existsSync(`${database}-wal`)).toBe(false)
  expect(licenseIdsIn(database)).toEqual(licenseIdsIn(backup))
})

test('a restore refuses what it could not serve, and changes nothing', async () => {
  const text = workplace.at('text')
  const foreign = workplace.at('foreign.sqlite')
  const newer = workplace.at('newer.sqlite')
  await Bun.write(text, 'no database, but long enough to be read as one')
  new Database(foreign, { create: true }).run('CREATE TABLE songs (title TEXT)')
  copyFileSync(backup, newer)
  new Database(newer).run("INSERT INTO migrations VALUES ('9999_later', 'hash')")
  const present = licenseIdsIn(database)
  const otherSecret = { LICET_MASTER_SECRET: Buffer.alloc(32, 'other').toString('base64') }
  for (const [file, reason, env] of [
    [text, 'file is not a database', {}],
    [workplace.at('data'), 'There is no file', {}],
    [database, 'is the database itself', {}],
    [foreign, 'it is no database of Licet', {}],
    [newer, 'written by a newer version of Licet', {}],
    [backup, 'it was made with another master secret', otherSecret],
    [backup, 'The master secret of the backup is needed.', { LICET_DATA_DIR: './elsewhere' }],
  ] as const) {
    const { code, stderr } = await runLicet(workplace, ['restore', file], env)
    expect(stderr).toContain(reason)
    expect(code).toBe(1)
  }
  expect(licenseIdsIn(database)).toEqual(present)
  expect(existsSync(workplace.at('elsewhere'))).toBe(false)
})

test('a restore begins a machine that has but the secret and the backup', async () => {
  mkdirSync(workplace.at('new'))
  copyFileSync(workplace.at('data', 'master.secret'), workplace.at('new', 'master.secret'))
  const env = { LICET_DATA_DIR: workplace.at('new') }
  const { code, stdout } = await runLicet(workplace, ['restore', backup], env)
  expect(stdout).toBe(`Restored ${backup}.\n`)
  expect(code).toBe(0)
  expect(licenseIdsIn(workplace.at('new', 'licet.sqlite'))).toEqual(licenseIdsIn(backup))
})
