import { Database } from 'bun:sqlite'
import { afterAll, expect, test } from 'bun:test'
import { formatTable } from '~/cli/table.ts'
import { readUntil } from '../support/noticing.ts'
import { runLicet, Sandbox, startServer } from '../support/server.ts'

const sandbox = new Sandbox()
afterAll(() => sandbox[Symbol.dispose]())

test('keys: API keys are created, listed and revoked while a server is running', async () => {
  await using server = await startServer(sandbox, {})
  const statusFor = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` }
    const { status } = await fetch(`${server.url}/api/v1/licenses`, { headers })
    return status
  }

  const args = ['--name', 'billing', '--scope', 'licenses:read,plans:read', '--scope', 'keys:read']
  const expiry = ['--expires-at', '2099-01-01T00:00:00Z']
  const created = await runLicet(sandbox, ['keys', 'create', ...args, ...expiry])
  expect(created.stdout).toMatch(/^licet_[0-9A-Za-z]{36}\n$/)
  expect(created.stderr).toContain('(billing). Its token is shown only once')
  const token = created.stdout.trim()
  expect(await statusFor(token)).toBe(200)

  const list = await runLicet(sandbox, ['keys', 'list', '--json'])
  const [key, ...others] = JSON.parse(list.stdout)
  expect(key).toMatchObject({
    name: 'billing',
    scopes: ['licenses:read', 'plans:read', 'keys:read'],
    expires_at: '2099-01-01T00:00:00Z',
  })
  expect(others).toHaveLength(1)

  const table = await runLicet(sandbox, ['keys', 'list'])
  expect(table.stdout).toContain(`${key.id}  billing  licenses:read,plans:read,keys:read`)
  expect(`${list.stdout}${table.stdout}`).not.toContain(token)
  expect(list.stderr + table.stderr).toBe('')

  const revoked = await runLicet(sandbox, ['keys', 'revoke', key.id])
  expect(revoked.stdout).toBe(`Revoked ${key.id} (billing).\n`)
  expect(
    await readUntil(
      () => statusFor(token),
      (status) => status !== 200,
    ),
  ).toBe(401)

  const again = await runLicet(sandbox, ['keys', 'revoke', key.id])
  expect(again.stderr).toStartWith(`There is no API key ${key.id}.`)
  expect(again.code).toBe(1)
})

test('keys: the API key of LICET_ADMIN_TOKEN cannot be revoked', async () => {
  const env = { LICET_DATA_DIR: sandbox.at('reserved') }
  const reserved = { ...env, LICET_ADMIN_TOKEN: 'the-token-of-a-reserved-key' }
  await using server = await startServer(sandbox, reserved)
  expect(await server.stop()).toBe(0)
  const list = await runLicet(sandbox, ['keys', 'list', '--json'], env)
  const { code, stderr } = await runLicet(
    sandbox,
    ['keys', 'revoke', JSON.parse(list.stdout)[0].id],
    env,
  )
  expect(stderr).toContain('Unset that variable to revoke it.')
  expect(code).toBe(1)
})

test('keys: a table aligns wide characters and prints no terminal escape sequences', () => {
  expect(
    formatTable([
      ['NAME', 'SCOPES'],
      ['日本', '*'],
      ['\u001b[31mred\n', '*'],
    ]),
  ).toEqual(['NAME       SCOPES', '日本       *', '?[31mred?  *'])
})

test('keys: a command that only reads looks like no commit to the other users of the database', async () => {
  using own = new Sandbox()
  await (await startServer(own))[Symbol.asyncDispose]()
  using db = new Database(own.at('data/licet.sqlite'))
  const readVersion = () => db.query('PRAGMA data_version').get()
  db.run("INSERT INTO meta (name, value) VALUES ('test', '')")
  const before = readVersion()
  expect((await runLicet(own, ['keys', 'list'])).code).toBe(0)
  expect(readVersion()).toEqual(before)
})
