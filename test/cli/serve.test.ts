import { afterAll, describe, expect, test } from 'bun:test'
import { once } from 'node:events'
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import {
  ADMIN_TOKEN,
  runLicet,
  Sandbox,
  type ServerProcess,
  startServer,
} from '../support/server.ts'

const sandbox = new Sandbox()
afterAll(() => sandbox[Symbol.dispose]())

/** The quote in the name would break a shell command without proper quoting. */
const dataDir = sandbox.at("o'neill", 'data')
const env = { LICET_DATA_DIR: dataDir }

describe('first start', () => {
  test('first start: the printed commands create and validate a license in every shell', async () => {
    await using server = await startServer(sandbox, env)
    await server.waitForLog('"listening"')
    const commands = server.banner().slice(server.banner().indexOf('  KEY='))
    for (const shell of ['sh', 'bash', 'zsh'].filter((name) => Bun.which(name) !== null)) {
      const pasted = Bun.spawn([shell, '-c', commands], { stdout: 'pipe', stderr: 'pipe' })
      expect(await pasted.stdout.text()).toContain('"valid":true')
      expect(await pasted.stderr.text()).toBe('')
    }
    expect(await server.stop()).toBe(0)
  })

  test('first start: only the owner can read the data directory', () => {
    const modes = ['', 'licet.sqlite', 'master.secret', 'admin.token'].map(
      (name) => statSync(`${dataDir}/${name}`).mode & 0o777,
    )
    expect(modes).toEqual([0o700, 0o600, 0o600, 0o600])
  })
})

test('serve: secret files that other users can read are logged once', async () => {
  const path = `${dataDir}/master.secret`
  chmodSync(path, 0o644)
  await using server = await startServer(sandbox, env)
  await server.waitForLog(`"files":["${path}"],"msg":"other users can read these files`)
  expect((await server.send('GET', '/readyz')).status).toBe(200)
  chmodSync(path, 0o600)
})

describe('failed start', () => {
  test('serve: a second server is refused on the same directory or port', async () => {
    await using server = await startServer(sandbox, env)
    const sameDirectory = await runLicet(sandbox, ['serve'], env)
    expect(sameDirectory.stderr).toContain(`Another Licet server is using ${dataDir}.`)
    const samePort = await runLicet(sandbox, ['serve'], {
      LICET_DATA_DIR: sandbox.at('other'),
      LICET_PORT: new URL(server.url).port,
    })
    expect(samePort.stderr).toContain('the port is in use')
    expect([sameDirectory.code, samePort.code]).toEqual([1, 1])
  })

  test('serve: a wrong master secret is reported without printing it', async () => {
    const secret = Buffer.alloc(32, 'another').toString('base64')
    const { code, stderr } = await runLicet(sandbox, ['serve'], {
      ...env,
      LICET_MASTER_SECRET: secret,
    })
    expect(stderr).toStartWith('The database was created with a different master secret.')
    expect(stderr).not.toContain(secret)
    expect(code).toBe(1)
  })

  test('serve: a data directory that is a file is reported', async () => {
    writeFileSync(sandbox.at('file'), '')
    const { code, stderr } = await runLicet(sandbox, ['serve'], {
      LICET_DATA_DIR: sandbox.at('file'),
    })
    expect(stderr).toContain('LICET_DATA_DIR cannot be used: EEXIST')
    expect(code).toBe(2)
  })
})

/** Returns the status of a management request with each token. */
async function statusesOf(server: ServerProcess, tokens: readonly string[]): Promise<number[]> {
  const responses = tokens.map((token) =>
    fetch(`${server.url}/api/v1/licenses`, { headers: { authorization: `Bearer ${token}` } }),
  )
  return (await Promise.all(responses)).map(({ status }) => status)
}

test('serve: the reserved API key follows LICET_ADMIN_TOKEN when it is set, changed or unset', async () => {
  const [first, second] = ['the-first-token-of-the-admin', 'the-second-token-of-the-admin']
  const written = readFileSync(`${dataDir}/admin.token`, 'utf8').trim()
  const tokens = [first, second, written]
  const seen: number[][] = []
  for (const variable of [{ LICET_ADMIN_TOKEN: first }, { LICET_ADMIN_TOKEN: second }, {}]) {
    await using server = await startServer(sandbox, { ...env, ...variable })
    seen.push(await statusesOf(server, tokens))
    await server.stop()
  }
  expect(seen).toEqual([
    [200, 401, 200],
    [401, 200, 200],
    [401, 401, 200],
  ])
})

test('serve: the token of an existing API key can be used as LICET_ADMIN_TOKEN', async () => {
  const token = readFileSync(`${dataDir}/admin.token`, 'utf8').trim()
  await using server = await startServer(sandbox, { ...env, LICET_ADMIN_TOKEN: token })
  expect(await statusesOf(server, [token])).toEqual([200])
})

describe('SIGTERM', () => {
  test('SIGTERM: every validation that got a response is counted, and the exit code is 0', async () => {
    await using server = await startServer(sandbox, { ...env, LICET_ADMIN_TOKEN: ADMIN_TOKEN })
    const post = (path: string, body: object) => server.send('POST', `/api/v1${path}`, body)
    const order = { plan: 'starter', customer_email: 'dev@example.com' }
    const { body: license } = await post('/licenses', order)

    let counted = 0
    const validate = async () => {
      const response = await post('/validate', { key: license.key }).catch(() => null)
      if (response?.status === 200) counted += 1
      return response !== null
    }
    const clients = Array.from({ length: 4 }, async () => {
      while (await validate());
    })
    while (counted < 200) await validate()
    expect(await server.stop()).toBe(0)
    await Promise.all(clients)

    await using next = await startServer(sandbox, { ...env, LICET_ADMIN_TOKEN: ADMIN_TOKEN })
    const { body: stored } = await next.send('GET', `/api/v1/licenses/${license.id}`)
    expect(stored.validation_count).toBe(counted)
  })

  test('SIGTERM: the first one waits for open requests, a second one does not', async () => {
    await using server = await startServer(sandbox, env)
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(
      'POST /api/v1/validate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
        'Content-Length: 99\r\nExpect: 100-continue\r\n\r\n',
    )
    await once(socket, 'data')
    server.process.kill('SIGTERM')
    await server.waitForLog('"stopping"')
    expect(server.process.exitCode).toBeNull()
    expect(await server.stop()).toBe(1)
    socket.destroy()
  })
})
