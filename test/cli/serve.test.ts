import { Database } from 'bun:sqlite'
import { afterAll, describe, expect, test } from 'bun:test'
import { once } from 'node:events'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { runLicet, type Server, startServer, Workplace } from './processes.ts'

const workplace = new Workplace()
afterAll(() => workplace[Symbol.dispose]())

/** A folder of a name that would end a careless quotation. */
const dataDir = workplace.at("o'neill", 'data')
const env = { LICET_DATA_DIR: dataDir }

describe('a first start', () => {
  test('greets with two commands that end in "valid":true in every shell', async () => {
    await using server = await startServer(workplace, env)
    const commands = server.greeting().slice(server.greeting().indexOf('  KEY='))
    for (const shell of ['sh', 'bash', 'zsh'].filter((name) => Bun.which(name) !== null)) {
      const pasted = Bun.spawn([shell, '-c', commands], { stdout: 'pipe', stderr: 'pipe' })
      expect(await pasted.stdout.text()).toContain('"valid":true')
      expect(await pasted.stderr.text()).toBe('')
    }
    expect(await server.stop()).toBe(0)
  })

  test('leaves what it keeps to its owner alone', () => {
    const modes = ['', 'licet.sqlite', 'master.secret', 'admin.token'].map(
      (name) => statSync(`${dataDir}/${name}`).mode & 0o777,
    )
    expect(modes).toEqual([0o700, 0o600, 0o600, 0o600])
  })
})

describe('a start that cannot be', () => {
  test('is refused beside another server, on its directory and on its port', async () => {
    await using server = await startServer(workplace, env)
    const sameDirectory = await runLicet(workplace, ['serve'], env)
    expect(sameDirectory.stderr).toContain(`Another Licet works in ${dataDir}.`)
    const samePort = await runLicet(workplace, ['serve'], {
      LICET_DATA_DIR: workplace.at('other'),
      LICET_PORT: new URL(server.url).port,
    })
    expect(samePort.stderr).toContain('the port is in use')
    expect([sameDirectory.code, samePort.code]).toEqual([1, 1])
  })

  test('names the master secret when it is another, and repeats none', async () => {
    const secret = Buffer.alloc(32, 'another').toString('base64')
    const { code, stderr } = await runLicet(workplace, ['serve'], {
      ...env,
      LICET_MASTER_SECRET: secret,
    })
    expect(stderr).toStartWith('The master secret is not the one this database was made with.')
    expect(stderr).not.toContain(secret)
    expect(code).toBe(1)
  })

  test('names a data directory that is none', async () => {
    writeFileSync(workplace.at('file'), '')
    const { code, stderr } = await runLicet(workplace, ['serve'], {
      LICET_DATA_DIR: workplace.at('file'),
    })
    expect(stderr).toContain('LICET_DATA_DIR cannot be used: EEXIST')
    expect(code).toBe(2)
  })
})

/** The status of a management request by the bearer of each token. */
async function statusesOf(server: Server, tokens: readonly string[]): Promise<number[]> {
  const answers = tokens.map((token) =>
    fetch(`${server.url}/api/v1/licenses`, { headers: { authorization: `Bearer ${token}` } }),
  )
  return (await Promise.all(answers)).map(({ status }) => status)
}

test('the admin token follows its variable: set, changed, unset', async () => {
  const [first, second] = ['the-first-token-of-the-admin', 'the-second-token-of-the-admin']
  const written = readFileSync(`${dataDir}/admin.token`, 'utf8').trim()
  const tokens = [first, second, written]
  const seen: number[][] = []
  for (const variable of [{ LICET_ADMIN_TOKEN: first }, { LICET_ADMIN_TOKEN: second }, {}]) {
    await using server = await startServer(workplace, { ...env, ...variable })
    seen.push(await statusesOf(server, tokens))
    await server.stop()
  }
  expect(seen).toEqual([
    [200, 401, 200],
    [401, 200, 200],
    [401, 401, 200],
  ])
})

test('the token of a common key may move into the variable', async () => {
  const token = readFileSync(`${dataDir}/admin.token`, 'utf8').trim()
  await using server = await startServer(workplace, { ...env, LICET_ADMIN_TOKEN: token })
  expect(await statusesOf(server, [token])).toEqual([200])
})

describe('SIGTERM', () => {
  test('loses no validation that was answered, and exits with 0', async () => {
    const token = 'the-token-of-a-busy-admin'
    await using server = await startServer(workplace, { ...env, LICET_ADMIN_TOKEN: token })
    const post = (path: string, body: object) =>
      fetch(`${server.url}/api/v1${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    const created = await post('/licenses', { plan: 'starter', customer_email: 'dev@example.com' })
    const license = (await created.json()) as { id: string; key: string }

    let answered = 0
    const validate = async () => {
      const answer = await post('/validate', { key: license.key }).catch(() => null)
      if (answer?.ok) answered += 1
      return answer !== null
    }
    const clients = Array.from({ length: 4 }, async () => {
      while (await validate());
    })
    while (answered < 200) await validate()
    expect(await server.stop()).toBe(0)
    await Promise.all(clients)

    using db = new Database(`${dataDir}/history.sqlite`, { readonly: true })
    const counted = db
      .query('SELECT validation_count AS count FROM licenses WHERE id = ?')
      .get(license.id)
    expect(counted).toEqual({ count: answered })
  })

  test('waits for what is under way, and a second one does not', async () => {
    await using server = await startServer(workplace, env)
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(
      'POST /api/v1/validate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
        'Content-Length: 99\r\nExpect: 100-continue\r\n\r\n',
    )
    await once(socket, 'data')
    server.process.kill('SIGTERM')
    await server.untilLogged('"stopping"')
    expect(server.process.exitCode).toBeNull()
    expect(await server.stop()).toBe(1)
    socket.destroy()
  })
})
