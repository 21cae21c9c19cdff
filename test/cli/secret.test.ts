import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { validate } from '../support/rotation.ts'
import { ADMIN_TOKEN, runLicet, Sandbox, spawn, startServer } from '../support/server.ts'

const sandbox = new Sandbox()
const launch = { cwd: sandbox.path, env: { LICET_ADMIN_TOKEN: ADMIN_TOKEN } }
const secretFile = sandbox.at('data', 'master.secret')
const readSecret = () => readFileSync(secretFile, 'utf8').trim()
const run = (...args: readonly string[]) => runLicet(launch, ['secret', ...args])
let key = ''

beforeAll(async () => {
  await using server = await startServer(launch)
  const order = { plan: 'professional', customer_email: 'dev@example.com' }
  key = (await server.send('POST', '/api/v1/licenses', order)).body.key
  await server.stop()
})

afterAll(() => sandbox[Symbol.dispose]())

const fingerprintIn = (text: string) => /(?:[0-9a-f]{4}-){3}[0-9a-f]{4}/.exec(text)?.[0]

test('secret check: it says whether the secret belongs to the database, and shows no secret', async () => {
  const right = await run('check')
  expect(right.code).toBe(0)
  expect(right.stdout).toContain('belongs to the database')
  const env = { LICET_MASTER_SECRET: Buffer.alloc(32, 1).toString('base64') }
  const wrong = await runLicet(launch, ['secret', 'check'], env)
  expect(wrong.code).toBe(1)
  expect(wrong.stderr).toContain(fingerprintIn(right.stdout) ?? 'no fingerprint')
  expect(right.stdout + wrong.stderr).not.toContain(readSecret())
  await Bun.write(sandbox.at('backup.sqlite.age'), 'encrypted')
  const encrypted = await run('check', sandbox.at('backup.sqlite.age'))
  expect(encrypted.stderr).toContain('is encrypted. Run licet check with it')
  expect(encrypted.code).toBe(1)
})

test('secret escrow: the sheet has the secret only if it is asked for, and never in a pipe', async () => {
  const sheet = await run('escrow')
  expect(sheet.stdout).toContain('To recover from nothing')
  expect(fingerprintIn(sheet.stdout)).toBe(fingerprintIn((await run('check')).stdout))
  const piped = await run('escrow', '--with-secret')
  expect(piped.code).not.toBe(0)
  for (const text of [sheet.stdout, piped.stdout, piped.stderr]) {
    expect(text).not.toContain(readSecret())
  }
  const path = sandbox.at('sheet.txt')
  expect((await run('escrow', '--with-secret', '--out', path)).code).toBe(0)
  expect(readFileSync(path, 'utf8')).toContain(readSecret())
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect((await run('escrow', '--out', path)).code).toBe(1)
})

test('secret rotate: --to needs a whole secret, and a variable needs --to; nothing changes otherwise', async () => {
  const before = readSecret()
  const path = sandbox.at('short')
  await Bun.write(path, 'short')
  const short = await run('rotate', '--to', path)
  expect(short.stderr).toContain('32 bytes in base64')
  const env = { LICET_MASTER_SECRET: before }
  const without = await runLicet(launch, ['secret', 'rotate'], env)
  expect(without.stderr).toContain('with --to FILE')
  expect([short.code, without.code]).not.toContain(0)
  const same = await runLicet(launch, ['secret', 'rotate', '--to', secretFile], env)
  expect(same.stdout).toContain('is already in use')
  expect(readSecret()).toBe(before)
  expect((await run('check')).stdout).toContain('It is not being replaced.')
})

test('secret rotate: backups from before need the former secret, and are restored with it', async () => {
  const former = readSecret()
  const backup = sandbox.at('before.sqlite')
  await runLicet(launch, ['backup', backup])
  expect((await run('rotate')).code).toBe(0)
  expect(readSecret()).not.toBe(former)
  const kept = readdirSync(sandbox.at('data')).find((name) =>
    name.startsWith('master.secret.before'),
  )
  expect(readFileSync(sandbox.at('data', kept ?? ''), 'utf8').trim()).toBe(former)

  const refused = await runLicet(launch, ['restore', backup])
  expect(refused.code).toBe(1)
  expect(refused.stderr).toContain('For a backup from before a rotation, use the former secret')
  expect((await run('check', backup)).code).toBe(1)

  copyFileSync(sandbox.at('data', kept ?? ''), secretFile)
  chmodSync(secretFile, 0o600)
  expect((await run('check', backup)).code).toBe(0)
  expect((await runLicet(launch, ['restore', backup])).code).toBe(0)
  expect((await run('rotate')).code).toBe(0)
  await using server = await startServer(launch)
  expect(await validate(server, key)).toBe('VALID')
})

test('secret rotate: a second one during the first, with another secret, is refused', async () => {
  await using server = await startServer(launch)
  const results = await Promise.all([
    run('rotate', '--to', sandbox.at('one')),
    run('rotate', '--to', sandbox.at('two')),
  ])
  expect(results.map(({ code }) => code)).toContain(0)
  expect(await validate(server, key)).toBe('VALID')
  expect((await run('check')).code).toBe(0)
})

test('secret rotate: a server that has one of the two secrets in a variable goes on after a kill, and puts the new one in its place', async () => {
  using own = new Sandbox()
  const place = { cwd: own.path, env: { LICET_ADMIN_TOKEN: ADMIN_TOKEN } }
  const path = own.at('data', 'master.secret')
  const killed = await startServer(place)
  const order = { plan: 'professional', customer_email: 'dev@example.com' }
  const { body } = await killed.send('POST', '/api/v1/licenses', order)
  const command = spawn(place, ['secret', 'rotate'], {})
  using db = new Database(own.at('data', 'licet.sqlite'), { readonly: true })
  const begun = db.query("SELECT 1 FROM meta WHERE name = 'secret:rotation'")
  while (begun.get() === null) await Bun.sleep(1)
  const next = readFileSync(`${path}.next`, 'utf8').trim()
  const former = readFileSync(path, 'utf8').trim()
  await killed.kill()
  command.kill('SIGKILL')
  await command.exited
  for (const secret of [former, next]) {
    const env = { ...place.env, ...(existsSync(`${path}.next`) && { LICET_MASTER_SECRET: secret }) }
    await using server = await startServer({ ...place, env })
    expect(await validate(server, body.key)).toBe('VALID')
  }
  expect((await runLicet(place, ['secret', 'rotate'])).code).toBe(0)
  await using server = await startServer(place)
  expect(await validate(server, body.key)).toBe('VALID')
  const stale = await runLicet(place, ['secret', 'check'], { LICET_MASTER_SECRET: former })
  expect(stale.stderr).toContain('so the former one is refused')
})
