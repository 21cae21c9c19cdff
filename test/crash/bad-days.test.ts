import { expect, setDefaultTimeout, test } from 'bun:test'
import { testBadDays } from '../support/bad-days.ts'
import { testMounting } from '../support/mounting.ts'
import { ADMIN_TOKEN, runLicet, Sandbox, startServer } from '../support/server.ts'

setDefaultTimeout(300_000)

testBadDays('SQLite', ({ cwd }, { launch, env } = {}) =>
  startServer(
    { cwd, ...launch },
    { LICET_ADMIN_TOKEN: ADMIN_TOKEN, LICET_WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8', ...env },
  ),
)

testMounting(
  'bad day: in a read-only folder, a server needs LICET_DATA_DIR, and says so',
  async () => {
    using sandbox = new Sandbox()
    using elsewhere = new Sandbox()
    const { path } = sandbox
    const shell = `mount --bind ${path} ${path}; mount -o remount,ro,bind ${path}; cd ${path};`
    const launch = { cwd: path, namespace: true, shell }
    const { code, stderr } = await runLicet(launch, ['serve'], { LICET_PORT: '0' })
    expect(code).toBe(2)
    expect(stderr).toContain('LICET_DATA_DIR cannot be used: ')
    const env = { LICET_DATA_DIR: elsewhere.at('data'), LICET_ADMIN_TOKEN: ADMIN_TOKEN }
    await using server = await startServer(launch, env)
    expect((await server.send('GET', '/readyz')).status).toBe(200)
  },
)

test('bad day: a server with another master secret ends, and says which one it needs', async () => {
  using sandbox = new Sandbox()
  const env = { LICET_ADMIN_TOKEN: ADMIN_TOKEN, LICET_PORT: '0' }
  await using server = await startServer(sandbox, env)
  expect(await server.stop()).toBe(0)
  const other = { LICET_MASTER_SECRET: Buffer.alloc(32, 9).toString('base64') }
  const { code, stderr } = await runLicet(sandbox, ['serve'], { ...env, ...other })
  expect(stderr).toContain(
    'a different master secret. Put that one in master.secret, or set LICET_MASTER_SECRET to it.',
  )
  expect(code).toBe(1)
  await using next = await startServer(sandbox, env)
  expect((await next.send('GET', '/readyz')).status).toBe(200)
})
