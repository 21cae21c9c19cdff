import { afterAll, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { ADMIN_TOKEN, runLicet, Sandbox, startServer } from '../support/server.ts'

const sandbox = new Sandbox()
afterAll(() => sandbox[Symbol.dispose]())

async function run(...command: readonly string[]): Promise<string> {
  const child = Bun.spawn([...command], { stdout: 'pipe', stderr: 'pipe', cwd: sandbox.path })
  const [output, errors] = await Promise.all([child.stdout.text(), child.stderr.text()])
  if ((await child.exited) !== 0) throw new Error(errors)
  return output
}

test('age: the program decrypts what Licet has encrypted, and Licet what the program has', async () => {
  const env = { LICET_ADMIN_TOKEN: ADMIN_TOKEN }
  await using server = await startServer(sandbox, env)
  expect(await server.stop()).toBe(0)
  const identity = sandbox.at('identity.txt')
  await run('age-keygen', '-o', identity)
  const recipient = (await run('age-keygen', '-y', identity)).trim()
  const key = { ...env, LICET_BACKUP_RECIPIENT: recipient, LICET_BACKUP_TO: sandbox.at('backups') }
  expect(await runLicet(sandbox, ['jobs', 'run', 'back-up'], key)).toMatchObject({ code: 0 })
  const names = readdirSync(sandbox.at('backups')).filter((name) => name.endsWith('.age'))
  const encrypted = sandbox.at('backups', names[0] ?? '')
  const plain = sandbox.at('plain.sqlite')
  await run('age', '--decrypt', '--identity', identity, '--output', plain, encrypted)
  expect(readFileSync(plain, 'latin1')).toStartWith('SQLite format 3')
  expect(await runLicet(sandbox, ['check', plain], env)).toMatchObject({ code: 0 })

  const own = sandbox.at('own.sqlite.age')
  await run('age', '--recipient', recipient, '--output', own, plain)
  const restored = await runLicet(sandbox, ['restore', own, '--identity', identity], env)
  expect(restored).toMatchObject({ code: 0 })
  await run('sh', '-c', `cd backups && sha256sum -c ${names[0]}.sha256`)
})
