import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  watch,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { lockDirectory } from '~/store/sqlite/files/lock.ts'
import { type Receiver, respond, startReceiver } from '../../support/receiver.ts'
import { SECRET_KEY, startBucket, startCutter, type TestBucket } from '../../support/s3.ts'
import {
  ADMIN_TOKEN,
  commandOf,
  runLicet,
  Sandbox,
  type ServerProcess,
  spawn,
  startServer,
} from '../../support/server.ts'

setDefaultTimeout(300_000)

const sandbox = new Sandbox()
const masterSecret = Buffer.alloc(32, 'failures').toString('base64')
let bucket: TestBucket
let receiver: Receiver
let recipient = ''
beforeAll(async () => {
  bucket = await startBucket()
  receiver = await startReceiver(respond(200))
  const identity = await generateIdentity()
  recipient = await identityToRecipient(identity)
  writeFileSync(sandbox.at('identity.txt'), `${identity}\n`)
  writeFileSync(sandbox.at('other.txt'), `${await generateIdentity()}\n`)
  await using server = await startServer(sandbox, envOf('template'))
  await createLicense(server)
  expect(await server.stop()).toBe(0)
})
afterAll(async () => {
  await bucket[Symbol.asyncDispose]()
  await receiver[Symbol.asyncDispose]()
  sandbox[Symbol.dispose]()
})

type Environment = Readonly<Record<string, string>>

const envOf = (directory: string, more: Environment = {}) => ({
  LICET_DATA_DIR: sandbox.at(directory),
  LICET_ADMIN_TOKEN: ADMIN_TOKEN,
  LICET_MASTER_SECRET: masterSecret,
  LICET_WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8',
  ...bucket.env,
  ...more,
})

/** Returns a data directory with a license. */
function copyData(name: string): string {
  cpSync(sandbox.at('template'), sandbox.at(name), { recursive: true })
  return sandbox.at(name)
}

async function createLicense(server: ServerProcess): Promise<{ id: string; key: string }> {
  const order = { plan: 'enterprise', customer_email: 'dev@example.com' }
  return (await server.send('POST', '/api/v1/licenses', order)).body
}

const runJob = (server: ServerProcess) => server.send('POST', '/api/v1/jobs/back-up/run')
const readSchedule = async (server: ServerProcess) =>
  (await server.send('GET', '/api/v1/backups/schedule')).body

/** Returns what the dashboard says about backups that fail; null if nothing. */
async function findConcern(server: ServerProcess): Promise<string | null> {
  const { body } = await server.send('GET', '/api/v1/overview')
  const found = body.needs_you.find(({ code }: { code: string }) => code === 'backup_failing')
  return found?.detail ?? null
}

async function waitUntil(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + 120_000
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error('The condition was not met in time.')
    await Bun.sleep(20)
  }
}

const leftIn = (dataDir: string) => readdirSync(join(dataDir, 'backup-work'))
const digestOf = (path: string) =>
  new Bun.CryptoHasher('sha256').update(readFileSync(path)).digest('hex')

test('encrypted backup: it needs its own identity, and anything else changes nothing', async () => {
  const dataDir = copyData('keys')
  const file = sandbox.at('keys.sqlite.age')
  const made = await runLicet(
    sandbox,
    ['backup', file],
    envOf('keys', { LICET_BACKUP_RECIPIENT: recipient }),
  )
  expect(made).toMatchObject({ code: 0 })
  expect(readFileSync(file, 'latin1')).toStartWith('age-encryption.org/v1\n-> X25519')
  const before = digestOf(join(dataDir, 'licet.sqlite'))
  writeFileSync(sandbox.at('nonsense.txt'), 'no key')
  for (const [options, reason] of [
    [[], 'encrypted for a recipient. Pass the file with its secret key: --identity FILE'],
    [['--identity', sandbox.at('other.txt')], 'None of these keys can decrypt it.'],
    [['--identity', sandbox.at('nonsense.txt')], 'is not a file of age-keygen'],
    [['--identity', sandbox.at('missing.txt')], 'cannot be read'],
  ] as const) {
    const { code, stderr } = await runLicet(sandbox, ['restore', file, ...options], envOf('keys'))
    expect(stderr).toContain(reason)
    expect(code).toBe(1)
  }
  expect(digestOf(join(dataDir, 'licet.sqlite'))).toBe(before)
  expect(leftIn(dataDir)).toEqual(['lock.sqlite'])
  const options = ['--identity', sandbox.at('identity.txt')]
  expect(await runLicet(sandbox, ['check', file, ...options], envOf('keys'))).toMatchObject({
    code: 0,
  })
  expect(await runLicet(sandbox, ['restore', file, ...options], envOf('keys'))).toMatchObject({
    code: 0,
  })
})

test('encrypted backup: a name that does not fit is refused', async () => {
  copyData('names')
  const key = { LICET_BACKUP_PASSPHRASE: 'correct horse battery staple' }
  const plain = await runLicet(sandbox, ['backup', sandbox.at('n.sqlite')], envOf('names', key))
  expect(plain.stderr).toContain('its name must end in .age')
  const age = await runLicet(sandbox, ['backup', sandbox.at('n.sqlite.age')], envOf('names'))
  expect(age.stderr).toContain('set LICET_BACKUP_RECIPIENT or LICET_BACKUP_PASSPHRASE')
  expect([plain.code, age.code]).toEqual([1, 1])
})

test('encrypted backup: a passphrase is read from a variable, or asked for on a terminal', async () => {
  const passphrase = 'correct horse battery staple'
  copyData('passphrase')
  mkdirSync(sandbox.at('folder'))
  const key = { LICET_BACKUP_PASSPHRASE: passphrase }
  const made = await runLicet(sandbox, ['backup', sandbox.at('folder')], envOf('passphrase', key))
  expect(made).toMatchObject({ code: 0 })
  const [name = ''] = readdirSync(sandbox.at('folder')).filter((each) => each.endsWith('.age'))
  const args = ['check', join(sandbox.at('folder'), name)]
  expect(await runLicet(sandbox, args, envOf('passphrase', key))).toMatchObject({ code: 0 })
  const without = await runLicet(sandbox, args, envOf('passphrase'))
  expect(without.stderr).toContain('or run this on a terminal')
  const wrong = { LICET_BACKUP_PASSPHRASE: 'another passphrase' }
  expect((await runLicet(sandbox, args, envOf('passphrase', wrong))).stderr).toContain(
    'None of these keys',
  )

  for (const [typed, code] of [
    [`wrong\x7f\x7f\x7f\x7f\x7f${passphrase}\r`, 0],
    ['something else\r', 1],
    ['\x03', 1],
  ] as const) {
    let screen = ''
    const child = Bun.spawn([...commandOf(), ...args], {
      env: { PATH: process.env.PATH ?? '', ...envOf('passphrase') },
      terminal: {
        cols: 200,
        rows: 24,
        data(terminal, bytes) {
          screen += Buffer.from(bytes).toString()
          if (screen.endsWith('Passphrase of the backup: ')) terminal.write(typed)
        },
      },
    })
    expect(await child.exited).toBe(code)
    expect(screen).not.toContain(passphrase)
  }
})

test('latest: a truncated backup is skipped, and said so; one without its SHA-256 is never taken', async () => {
  const dataDir = copyData('truncated')
  const env = envOf('truncated', {
    LICET_BACKUP_TO: bucket.at('truncated'),
    LICET_BACKUP_RECIPIENT: recipient,
  })
  for (const _ of [1, 2, 3])
    expect(await runLicet(sandbox, ['jobs', 'run', 'back-up'], env)).toMatchObject({ code: 0 })
  const names = (await bucket.list('truncated')).filter((name) => name.endsWith('.age'))
  const [first = '', second = '', third = ''] = names
  const bytes = await bucket.client.file(`truncated/${second}`).bytes()
  await bucket.client.write(`truncated/${second}`, bytes.slice(0, bytes.length / 2))
  await bucket.client.delete(`truncated/${third}.sha256`)
  const identity = ['--identity', sandbox.at('identity.txt')]
  const one = await runLicet(
    sandbox,
    ['restore', bucket.at(`truncated/${second}`), ...identity],
    env,
  )
  expect(one.stderr).toContain('Perhaps it is truncated')
  expect(one.code).toBe(1)
  const other = await runLicet(
    sandbox,
    ['restore', '--latest', '--identity', sandbox.at('other.txt')],
    env,
  )
  expect(other.code).toBe(1)
  const { code, stdout, stderr } = await runLicet(
    sandbox,
    ['restore', '--latest', ...identity],
    env,
  )
  expect(stderr).toContain(`Skipped ${second}: `)
  expect(stdout).toContain(`Restored ${first} from`)
  expect(code).toBe(0)
  expect(leftIn(dataDir)).toEqual(['lock.sqlite'])
})

test('schedule: S3 that fails in the middle leaves no backup, emits one event for failures in a row, and recovers', async () => {
  using cutter = await startCutter(bucket.env.AWS_ENDPOINT ?? '')
  const dataDir = copyData('cut')
  cutter.cutAfter(20_000)
  const env = envOf('cut', {
    AWS_ENDPOINT: cutter.endpoint,
    LICET_BACKUP_TO: bucket.at('cut'),
    LICET_BACKUP_CRON: '0 0 1 1 *',
  })
  await using server = await startServer(sandbox, env)
  await server.send('POST', '/api/v1/webhooks', { url: receiver.url, events: ['backup.failed'] })
  await waitUntil(async () => (await readSchedule(server)).failures === 1)
  const failed = await runJob(server)
  expect(failed.status).toBe(500)
  expect(failed.body.detail).toContain(bucket.at('cut'))
  const schedule = await readSchedule(server)
  expect(schedule).toMatchObject({ failures: 2, last_success_at: null, running: false })
  expect(schedule.last.error).toContain('cannot be used')
  expect(cutter.countCuts()).toBeGreaterThan(1)
  expect((await bucket.list('cut')).filter((name) => name.endsWith('.sha256'))).toEqual([])
  const { body: events } = await server.send('GET', '/api/v1/events?type=backup.failed')
  expect(events.data).toHaveLength(1)
  expect(events.data[0].data.backup).toMatchObject({ to: bucket.at('cut'), last_success_at: null })
  const { text } = await server.send('GET', '/metrics')
  expect(text).toMatch(/^licet_backup_failures_total 2$/m)
  expect(await findConcern(server)).toContain(`back-up: ${bucket.at('cut')} cannot be used`)

  cutter.cutAfter(Number.POSITIVE_INFINITY)
  expect((await runJob(server)).status).toBe(200)
  expect(await readSchedule(server)).toMatchObject({ failures: 0, last: { error: null } })
  expect(await findConcern(server)).toBeNull()
  expect(await bucket.list('cut')).toHaveLength(2)
  expect(leftIn(dataDir)).toEqual(['lock.sqlite'])
  const { body: audit } = await server.send('GET', '/api/v1/audit?action=backup.*')
  const actions = audit.data.map(({ action }: { action: string }) => action)
  expect(actions).toEqual(['backup.create', 'backup.fail'])
})

test('schedule: a target that does not work says what to do', async () => {
  await using refusing = Bun.serve({
    port: 0,
    fetch: () =>
      new Response('<Error><Code>InvalidAccessKeyId</Code><Message>Unknown key</Message></Error>', {
        status: 403,
        headers: { 'content-type': 'application/xml' },
      }),
  })
  copyData('targets')
  writeFileSync(sandbox.at('a-file'), '')
  for (const [to, more, reason] of [
    ['s3://no-such-bucket/x', {}, 'There is no such bucket'],
    [
      bucket.at('x'),
      { AWS_ENDPOINT: 'http://127.0.0.1:1' },
      'cannot be reached: check AWS_ENDPOINT',
    ],
    [bucket.at('x'), { AWS_ENDPOINT: refusing.url.origin }, 'check AWS_ACCESS_KEY_ID'],
    [sandbox.at('a-file'), {}, 'cannot be used'],
  ] as const) {
    const env = envOf('targets', { LICET_BACKUP_TO: to, ...more })
    const { code, stderr } = await runLicet(sandbox, ['jobs', 'run', 'back-up'], env)
    expect(stderr).toContain(reason)
    expect(stderr).not.toContain(SECRET_KEY)
    expect(code).toBe(1)
  }
})

test('schedule: a full or read-only disk of the target is reported, and leaves nothing', async () => {
  const dataDir = copyData('disk')
  mkdirSync(sandbox.at('mounted'))
  for (const [mount, reason] of [
    ['mount -t tmpfs -o size=100k none', '/mounted is full'],
    ['mount -t tmpfs -o ro none', 'cannot be used'],
  ]) {
    const shell = `${mount} ${sandbox.at('mounted')};`
    const launch = { cwd: sandbox.path, shell, namespace: true }
    const env = envOf('disk', { LICET_BACKUP_TO: sandbox.at('mounted') })
    const { code, stderr } = await runLicet(launch, ['jobs', 'run', 'back-up'], env)
    expect(stderr).toContain(reason ?? '')
    expect(code).toBe(1)
  }
  expect(leftIn(dataDir)).toEqual(['lock.sqlite'])
})

test('schedule: a disk that becomes full while a backup is written keeps the earlier ones, and no part of the new one', async () => {
  const dataDir = copyData('filled')
  const folder = sandbox.at('filling')
  mkdirSync(folder)
  // Room for the folder, one backup with its hash, and one file more. The command runs twice.
  const shell = `mount -t tmpfs -o size=9m,nr_inodes=4 none ${folder}; "$@"; "$@"; ls ${folder} >${folder}.txt;`
  const launch = { cwd: sandbox.path, shell, namespace: true }
  const env = envOf('filled', { LICET_BACKUP_TO: folder })
  const { code, stderr } = await runLicet(launch, ['jobs', 'run', 'back-up'], env)
  expect(stderr).toContain('no space left on device')
  expect(stderr).toContain('Check that it is there')
  expect(code).toBe(1)
  const left = readFileSync(`${folder}.txt`, 'utf8').trim().split('\n')
  expect(left).toHaveLength(2)
  expect(left[1]).toBe(`${left[0]}.sha256`)
  expect(leftIn(dataDir)).toEqual(['lock.sqlite'])

  // Files can be no larger than 100 KiB or so: the copy in the data directory is cut.
  const limited = { cwd: sandbox.path, shell: 'ulimit -f 200;' }
  const to = sandbox.at('never')
  const cut = await runLicet(limited, ['jobs', 'run', 'back-up'], {
    ...env,
    LICET_BACKUP_TO: to,
  })
  expect(cut.stderr).toContain('works and is not full')
  expect(cut.code).toBe(1)
  expect([...leftIn(dataDir), ...readdirSync(to)]).toEqual(['lock.sqlite'])
})

test('schedule: a backup that was killed is made again after the start, and what it left is deleted', async () => {
  const dataDir = copyData('killed')
  const env = envOf('killed', {
    LICET_BACKUP_TO: bucket.at('killed'),
    LICET_BACKUP_CRON: '0 0 1 1 *',
    LICET_BACKUP_RECIPIENT: recipient,
  })
  mkdirSync(join(dataDir, 'backup-work'))
  const server = await startServer(sandbox, env)
  const isBegun = () => leftIn(dataDir).some((name) => /^licet-scheduled/.test(name))
  await waitUntil(isBegun)
  await server.kill()
  // The process may have been killed later, between an object and its SHA-256.
  const owner = readFileSync(join(dataDir, 'backup-owner'), 'utf8').slice(0, 8)
  const stem = 'licet-scheduled-2026-01-01T00-00-00-000Z'
  const leftover = `${stem}-${owner}.sqlite.age`
  await bucket.client.write(`killed/${leftover}`, 'a part')
  // Another server is making this one, or has been killed as well.
  const foreign = `${stem}-zyxwvuts.sqlite.age`
  await bucket.client.write(`killed/${foreign}`, 'a part')
  writeFileSync(join(dataDir, 'backup-work', 'a decrypted copy'), 'secret')
  await using next = await startServer(sandbox, env)
  await next.waitForLog('scheduled backup made')
  const names = await bucket.list('killed')
  expect(names).toHaveLength(3)
  expect(names).toContain(foreign)
  expect(leftIn(dataDir)).toEqual(['lock.sqlite'])
})

test('schedule: a server that is stopped while the target does not respond ends in order, and makes it up', async () => {
  const dataDir = copyData('stopped')
  let requests = 0
  await using silent = Bun.serve({
    port: 0,
    fetch: () => {
      requests += 1
      return new Promise<Response>(() => undefined)
    },
  })
  const env = envOf('stopped', {
    LICET_BACKUP_TO: bucket.at('stopped'),
    LICET_BACKUP_CRON: '0 0 1 1 *',
  })
  const server = await startServer(sandbox, { ...env, AWS_ENDPOINT: silent.url.origin })
  await waitUntil(() => requests > 0)
  expect(await server.stop()).toBe(0)
  expect(leftIn(dataDir)).toEqual(['lock.sqlite'])
  await using next = await startServer(sandbox, env)
  await next.waitForLog('scheduled backup made')
  const { body } = await next.send('GET', '/api/v1/events?type=backup.failed')
  expect(body.data).toEqual([])
})

test('schedule: while another process uses the folder for copies, none is due, and none has failed', async () => {
  const dataDir = copyData('shared')
  mkdirSync(join(dataDir, 'backup-work'))
  const env = envOf('shared', {
    LICET_BACKUP_TO: bucket.at('shared'),
    LICET_BACKUP_CRON: '0 0 1 1 *',
  })
  const lock = lockDirectory(join(dataDir, 'backup-work'), 'It is in use.')
  await using server = await startServer(sandbox, env)
  // The jobs start a moment after the server.
  await waitUntil(async () => (await runJob(server)).status !== 503)
  const { status, body } = await runJob(server)
  expect(status).toBe(500)
  expect(body.detail).toContain('Another backup of')
  expect(await readSchedule(server)).toMatchObject({ failures: 0, last: null })
  lock[Symbol.dispose]()
  expect((await runJob(server)).status).toBe(200)
})

test('restore: one that is killed halfway leaves the database, and the next command deletes its copies', async () => {
  const dataDir = copyData('halfway')
  const file = sandbox.at('halfway.sqlite.age')
  const encrypted = envOf('halfway', { LICET_BACKUP_RECIPIENT: recipient })
  expect(await runLicet(sandbox, ['backup', file], encrypted)).toMatchObject({ code: 0 })
  const args = ['restore', file, '--identity', sandbox.at('identity.txt')]
  const watcher = watch(join(dataDir, 'backup-work'), (_, name) => {
    if (name?.endsWith('.decrypted')) child.kill('SIGKILL')
  })
  const child = spawn(sandbox, args, envOf('halfway'))
  await child.exited
  watcher.close()
  expect(child.signalCode).toBe('SIGKILL')
  expect(leftIn(dataDir).length).toBeGreaterThan(1)
  const check = await runLicet(sandbox, ['check'], envOf('halfway'))
  expect(check).toMatchObject({ code: 0 })
  expect(await runLicet(sandbox, args, envOf('halfway'))).toMatchObject({ code: 0 })
  expect(leftIn(dataDir)).toEqual(['lock.sqlite'])
})

test('retention: old backups of the schedule are deleted in the target, and files of others stay', async () => {
  copyData('kept')
  mkdirSync(sandbox.at('store'))
  const others = ['notes.txt', 'licet-2026-01-01T00-00-00-000Z.sqlite', 'before-restore.sqlite']
  for (const name of others) writeFileSync(sandbox.at('store', name), 'mine')
  const env = envOf('kept', {
    LICET_BACKUP_TO: sandbox.at('store'),
    LICET_BACKUP_KEEP: '2',
    LICET_BACKUP_USAGE: 'true',
  })
  for (const _ of [1, 2, 3, 4]) {
    expect(await runLicet(sandbox, ['jobs', 'run', 'back-up'], env)).toMatchObject({ code: 0 })
  }
  const names = readdirSync(sandbox.at('store'))
  expect(names).toEqual(expect.arrayContaining(others))
  const own = names.filter((name) => name.startsWith('licet-scheduled'))
  expect(own.filter((name) => /Z-[a-z]{8}\.sqlite$/.test(name))).toHaveLength(2)
  expect(own).toHaveLength(8)
  const latest = own
    .filter((name) => /Z-[a-z]{8}\.sqlite$/.test(name))
    .sort()
    .at(-1)
  const source = ['restore', sandbox.at('store'), '--latest']
  const { stdout } = await runLicet(sandbox, source, envOf('kept'))
  expect(stdout).toContain(`Restored ${latest} from`)
  expect(existsSync(sandbox.at('store', 'notes.txt'))).toBe(true)
  copyFileSync(sandbox.at('store', latest ?? ''), sandbox.at('cut.sqlite'))
  truncateSync(sandbox.at('cut.sqlite'), 8192)
  const cut = await runLicet(sandbox, ['restore', sandbox.at('cut.sqlite')], envOf('kept'))
  expect(cut.code).toBe(1)
  rmSync(sandbox.at('store'), { recursive: true })
})
