import { afterAll, expect, test } from 'bun:test'
import { type Browser, openBrowser } from '../support/browser.ts'
import { readUntil } from '../support/noticing.ts'
import { runLicet, Sandbox, type ServerProcess, startServer } from '../support/server.ts'

const SESSION = '/api/v1/session'
const LINK = /(http\S+)\/admin#setup=([\w-]{43})/

const sandbox = new Sandbox()
afterAll(() => sandbox[Symbol.dispose]())

async function signIn(server: ServerProcess, text: string, name?: string): Promise<Browser> {
  const [, , setup] = LINK.exec(text) ?? []
  const browser = openBrowser(server.url)
  const answer = await browser.send('POST', SESSION, { setup, ...(name && { name }) })
  expect(answer.status).toBe(201)
  return browser
}

const operatorOf = async (browser: Browser) =>
  (await browser.send('GET', SESSION)).body.session?.operator.name ?? null

test('login: the first start prints a link that signs in once, and later starts print none', async () => {
  const env = { LICET_DATA_DIR: sandbox.at('first') }
  await using server = await startServer(sandbox, env)
  expect(LINK.exec(server.banner())?.[1]).toBe(server.url)
  const browser = await signIn(server, server.banner())
  expect(await operatorOf(browser)).toBe('admin')
  const [, , setup = ''] = LINK.exec(server.banner()) ?? []
  expect((await openBrowser(server.url).send('POST', SESSION, { setup })).status).toBe(401)
  expect(await server.stop()).toBe(0)
  await using again = await startServer(sandbox, env)
  expect(again.banner()).not.toContain('#setup=')
})

test('login: with LICET_ADMIN_TOKEN, the first start prints a link at LICET_PUBLIC_URL', async () => {
  const env = {
    LICET_DATA_DIR: sandbox.at('public'),
    LICET_ADMIN_TOKEN: 'the-token-of-a-reserved-key',
    LICET_PUBLIC_URL: 'https://licenses.example.com',
  }
  await using server = await startServer(sandbox, env)
  expect(LINK.exec(server.banner())?.[1]).toBe('https://licenses.example.com')
  const { stdout } = await runLicet(sandbox, ['login'], env)
  expect(LINK.exec(stdout)?.[1]).toBe('https://licenses.example.com')
})

test('login: without the dashboard, there is no link to it', async () => {
  const env = { LICET_DATA_DIR: sandbox.at('without'), LICET_PAGES: 'portal' }
  await using server = await startServer(sandbox, env)
  expect(server.banner()).not.toContain('#setup=')
  const { code, stdout, stderr } = await runLicet(sandbox, ['login'], env)
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toStartWith('There is no dashboard to sign in to.')
})

test('login: beside a running server, a link signs in as the operator that it names', async () => {
  await using server = await startServer(sandbox, {})
  const named = await runLicet(sandbox, ['login', '--name', 'Ada'])
  expect([named.code, named.stderr]).toEqual([0, ''])
  expect(await operatorOf(await signIn(server, named.stdout, 'Grace'))).toBe('Ada')
  const unnamed = await runLicet(sandbox, ['login'])
  expect(await operatorOf(await signIn(server, unnamed.stdout, 'Grace'))).toBe('Grace')
  const wrong = await runLicet(sandbox, ['login', '--name', ' '])
  expect([wrong.code, wrong.stdout]).toEqual([2, ''])
})

test('operators disable: the sessions of the operator end in a running server at once', async () => {
  await using server = await startServer(sandbox, {})
  const { stdout } = await runLicet(sandbox, ['login', '--name', 'Leaving'])
  const browser = await signIn(server, stdout)
  const disabled = await runLicet(sandbox, ['operators', 'disable', 'Leaving'])
  expect(disabled.stdout).toBe('Disabled Leaving.\n')
  expect(
    await readUntil(
      () => operatorOf(browser),
      (name) => name === null,
    ),
  ).toBeNull()
})

test('operators: a disabled one is listed, gets no link, and can be enabled again', async () => {
  const env = { LICET_DATA_DIR: sandbox.at('disabled') }
  const run = (...args: readonly string[]) => runLicet(sandbox, args, env)
  await (await startServer(sandbox, env)).stop()
  await run('login', '--name', 'admin')
  await run('operators', 'disable', 'admin')
  const [refused, table, unknown] = await Promise.all([
    run('login', '--name', 'admin'),
    run('operators', 'list'),
    run('operators', 'disable', 'Nobody'),
  ])
  expect([refused.code, refused.stdout]).toEqual([1, ''])
  expect(refused.stderr).toStartWith('The operator admin is disabled.')
  expect(table.stdout).toMatch(/^op_\w+ +admin +\* +\S+Z +\S+Z$/m)
  const detail = 'There is no operator Nobody. List all operators with: licet operators list\n'
  expect([unknown.code, unknown.stderr]).toEqual([1, detail])
  expect((await run('operators', 'enable', 'admin')).stdout).toBe('Enabled admin.\n')
  expect((await run('login', '--name', 'admin')).code).toBe(0)
})

test('keys revoke: the sessions of the API key end in a running server at once', async () => {
  await using server = await startServer(sandbox, {})
  const args = ['keys', 'create', '--name', 'short', '--scope', 'licenses:read']
  const { stdout, stderr } = await runLicet(sandbox, args)
  const browser = openBrowser(server.url)
  const token = stdout.trim()
  expect((await browser.send('POST', SESSION, { token })).status).toBe(201)
  await runLicet(sandbox, ['keys', 'revoke', /key_\w+/.exec(stderr)?.[0] ?? ''])
  const read = async () => (await browser.send('GET', '/api/v1/licenses')).status
  expect(await readUntil(read, (status) => status !== 200)).toBe(401)
})

test('session: of LICET_ADMIN_TOKEN, it ends when the variable has another value', async () => {
  const env = { LICET_DATA_DIR: sandbox.at('reserved') }
  const token = 'the-former-token-of-a-reserved-key'
  const former = await startServer(sandbox, { ...env, LICET_ADMIN_TOKEN: token })
  const browser = openBrowser(former.url)
  await browser.send('POST', SESSION, { token })
  const cookie = browser.cookie()
  expect(cookie).toStartWith('licet_session=')
  await former.stop()
  const renewed = { ...env, LICET_ADMIN_TOKEN: 'the-new-token-of-a-reserved-key' }
  await using server = await startServer(sandbox, renewed)
  const read = await openBrowser(server.url).send('GET', '/api/v1/plans', undefined, { cookie })
  expect(read.status).toBe(401)
})

test('restore: no session and no link of a backup works again', async () => {
  const env = { LICET_DATA_DIR: sandbox.at('restored') }
  const server = await startServer(sandbox, env)
  const first = await runLicet(sandbox, ['login', '--name', 'admin'], env)
  const browser = await signIn(server, first.stdout)
  const cookie = browser.cookie()
  const link = await runLicet(sandbox, ['login'], env)
  expect((await runLicet(sandbox, ['backup', sandbox.at('copy.sqlite')], env)).code).toBe(0)
  expect(await server.stop()).toBe(0)
  expect((await runLicet(sandbox, ['restore', sandbox.at('copy.sqlite')], env)).code).toBe(0)
  await using restored = await startServer(sandbox, env)
  const visitor = openBrowser(restored.url)
  expect((await visitor.send('GET', '/api/v1/plans', undefined, { cookie })).status).toBe(401)
  const [, , setup] = LINK.exec(link.stdout) ?? []
  expect((await visitor.send('POST', SESSION, { setup })).status).toBe(401)
  const again = await runLicet(sandbox, ['login', '--name', 'admin'], env)
  expect(await operatorOf(await signIn(restored, again.stdout))).toBe('admin')
})
