import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import {
  copyFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { startBucket, type TestBucket } from '../../support/s3.ts'
import { ADMIN_TOKEN, runLicet, Sandbox, startServer } from '../../support/server.ts'

setDefaultTimeout(300_000)

const sandbox = new Sandbox()
const masterSecret = Buffer.alloc(32, 'choice').toString('base64')
let bucket: TestBucket
beforeAll(async () => {
  bucket = await startBucket()
  await using server = await startServer(sandbox, envOf('template'))
  expect(await server.stop()).toBe(0)
})
afterAll(async () => {
  await bucket[Symbol.asyncDispose]()
  sandbox[Symbol.dispose]()
})

const envOf = (directory: string, more: Readonly<Record<string, string>> = {}) => ({
  LICET_DATA_DIR: sandbox.at(directory),
  LICET_ADMIN_TOKEN: ADMIN_TOKEN,
  LICET_MASTER_SECRET: masterSecret,
  ...bucket.env,
  ...more,
})

/** Returns a data directory with a database. */
function copyData(name: string): string {
  cpSync(sandbox.at('template'), sandbox.at(name), { recursive: true })
  return sandbox.at(name)
}

test('retention: directories that share a folder or prefix keep the backups of one another, and --latest takes its own', async () => {
  for (const to of [sandbox.at('common'), bucket.at('common')]) {
    const made: string[] = []
    for (const directory of ['one', 'two', 'one', 'two']) {
      if (!existsSync(sandbox.at(directory))) copyData(directory)
      const env = envOf(directory, { LICET_BACKUP_TO: to, LICET_BACKUP_KEEP: '1' })
      expect(await runLicet(sandbox, ['jobs', 'run', 'back-up'], env)).toMatchObject({ code: 0 })
      const owner = readFileSync(join(sandbox.at(directory), 'backup-owner'), 'utf8').slice(0, 8)
      made.push(owner)
    }
    const names = to.startsWith('s3') ? await bucket.list('common') : readdirSync(to)
    const owners = names
      .filter((name) => name.endsWith('.sqlite'))
      .map((name) => name.split('-').at(-1))
    expect(owners.sort()).toEqual([`${made[0]}.sqlite`, `${made[1]}.sqlite`].sort())
    const latest = ['check', '--latest']
    const own = await runLicet(sandbox, latest, envOf('one', { LICET_BACKUP_TO: to }))
    expect(own.stdout).toContain(`-${made[0]}.sqlite from ${to}`)
    const other = await runLicet(sandbox, latest, envOf('elsewhere', { LICET_BACKUP_TO: to }))
    expect(other.stderr).toContain('backups of 2 data directories. Name the one to use.')
    for (const owner of made) expect(other.stderr).toContain(`-${owner}.sqlite`)
    expect(other.code).toBe(1)
  }
})

test('latest: a time in the future is from a clock that was ahead, so another backup comes first', async () => {
  copyData('ahead')
  const to = sandbox.at('ahead-backups')
  const env = envOf('ahead', { LICET_BACKUP_TO: to })
  await runLicet(sandbox, ['jobs', 'run', 'back-up'], env)
  const [name = ''] = readdirSync(to).filter((each) => each.endsWith('.sqlite'))
  const ahead = name.replace(/scheduled-\d{4}/, 'scheduled-2099')
  for (const end of ['', '.sha256']) copyFileSync(join(to, name + end), join(to, ahead + end))
  const { stdout } = await runLicet(sandbox, ['check', '--latest'], env)
  expect(stdout).toContain(`Checking ${name} from`)
  rmSync(join(to, name))
  const only = await runLicet(sandbox, ['check', '--latest'], env)
  expect(only.stdout).toContain(`Checking ${ahead} from`)
})

test('latest: after a rotation it needs the new master secret, and a backup from before it the former one', async () => {
  copyData('rotated')
  const to = sandbox.at('rotated-backups')
  const env = envOf('rotated', {
    LICET_BACKUP_TO: to,
    LICET_BACKUP_PASSPHRASE: 'correct horse battery staple',
  })
  const backUp = (environment: typeof env) =>
    runLicet(sandbox, ['jobs', 'run', 'back-up'], environment)
  expect(await backUp(env)).toMatchObject({ code: 0 })
  const [former = ''] = readdirSync(to).filter((name) => name.endsWith('.age'))
  const secret = Buffer.alloc(32, 'another').toString('base64')
  const next = sandbox.at('next.secret')
  writeFileSync(next, secret, { mode: 0o600 })
  const rotate = ['secret', 'rotate', '--to', next]
  expect(await runLicet(sandbox, rotate, env)).toMatchObject({ code: 0 })
  const after = { ...env, LICET_MASTER_SECRET: secret }
  expect(await backUp(after)).toMatchObject({ code: 0 })

  const latest = await runLicet(sandbox, ['restore', '--latest'], env)
  expect(latest.stderr).toContain('was given a new master secret')
  expect(latest).toMatchObject({ code: 1, stdout: '' })
  expect(await runLicet(sandbox, ['restore', '--latest'], after)).toMatchObject({ code: 0 })
  const early = ['restore', join(to, former)]
  const refused = await runLicet(sandbox, early, after)
  expect(refused.stderr).toContain('use the former secret, then rotate it again')
  expect(refused).toMatchObject({ code: 1, stdout: '' })
  expect(await runLicet(sandbox, early, env)).toMatchObject({ code: 0 })
  expect(await runLicet(sandbox, rotate, env)).toMatchObject({ code: 0 })
  expect(await runLicet(sandbox, ['check'], after)).toMatchObject({ code: 0 })
})

test('backup: a database of a newer version is refused, by the command and by the schedule', async () => {
  const dataDir = copyData('newer')
  const db = new Database(join(dataDir, 'licet.sqlite'))
  db.run("INSERT INTO migrations (name, sha256) VALUES ('9999_later', '')")
  db.close()
  const file = sandbox.at('newer.sqlite')
  const { code, stderr } = await runLicet(sandbox, ['backup', file], envOf('newer'))
  expect(stderr).toContain('was written by a newer version of Licet')
  expect(code).toBe(1)
  expect(existsSync(file)).toBe(false)
  const names = readdirSync(sandbox.path).filter((name) => name.startsWith('newer.sqlite'))
  expect(names).toEqual([])
})

test('restore: a backup that was changed since it was written is refused, and so is a link to the database', async () => {
  const dataDir = copyData('changed')
  const file = sandbox.at('changed.sqlite')
  expect(await runLicet(sandbox, ['backup', file], envOf('changed'))).toMatchObject({ code: 0 })
  const bytes = readFileSync(file)
  // SQLite would not notice it.
  bytes.write('P', bytes.indexOf('rofessional'))
  writeFileSync(file, bytes)
  const check = await runLicet(sandbox, ['check', file], envOf('changed'))
  expect(check.stdout).toContain('FAILED  the file is as it was written')
  expect(check.code).toBe(1)
  const restore = await runLicet(sandbox, ['restore', file], envOf('changed'))
  expect(restore.stderr).toContain(`delete ${file.split('/').at(-1)}.sha256, then see what`)
  expect(restore.code).toBe(1)
  symlinkSync(join(dataDir, 'licet.sqlite'), sandbox.at('link.sqlite'))
  const link = await runLicet(sandbox, ['restore', sandbox.at('link.sqlite')], envOf('changed'))
  expect(link.stderr).toContain('is the database itself')
  expect(existsSync(join(dataDir, 'backups'))).toBe(false)
})

test('latest: it finds the newest of more than 1000 objects in a bucket', async () => {
  copyData('many')
  const env = envOf('many', { LICET_BACKUP_TO: bucket.at('many') })
  const others = Array.from({ length: 1001 }, (_, index) => `many/licet-${1000 + index}.sqlite`)
  await Promise.all(others.map((key) => bucket.client.write(key, '')))
  expect(await runLicet(sandbox, ['jobs', 'run', 'back-up'], env)).toMatchObject({ code: 0 })
  const { code, stdout } = await runLicet(sandbox, ['check', '--latest'], env)
  expect(stdout).toContain('Checking licet-scheduled-')
  expect(code).toBe(0)
})
