import { afterAll, beforeAll, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { readResponse } from '../../support/app.ts'
import {
  runLicet,
  Sandbox,
  type ServerProcess,
  startEdge,
  startServer,
} from '../../support/server.ts'

const sandbox = new Sandbox()
let primary: ServerProcess
let token: string
beforeAll(async () => {
  primary = await startServer(sandbox)
  const { body } = await primary.send('POST', '/api/v1/edges', { name: 'eu-1' })
  token = body.token
}, 120_000)
afterAll(async () => {
  await primary[Symbol.asyncDispose]()
  sandbox[Symbol.dispose]()
})

const launch = (name: string, env: Record<string, string> = {}) => ({
  cwd: sandbox.path,
  env: { LICET_EDGE_TOKEN: token, LICET_DATA_DIR: sandbox.at(name), ...env },
})

async function post(url: string, path: string, body: object) {
  const headers = { 'content-type': 'application/json' }
  const init = { method: 'POST', headers, body: JSON.stringify(body) }
  return readResponse(await fetch(url + path, init))
}

test('licet edge: it validates licenses of its primary, and stops in order', async () => {
  const edge = await startEdge(launch('first'), primary.url)
  await edge.waitForLog('"listening"')
  const license = { plan: 'professional', customer_email: 'dev@example.com' }
  const { body } = await primary.send('POST', '/api/v1/licenses', license)
  const validation = { key: body.key, domain: 'example.com' }
  for (let count = 0; count < 5; count += 1) {
    const { body: verdict } = await post(edge.url, '/api/v1/validate', validation)
    expect(verdict.valid).toBe(true)
  }
  expect(edge.banner()).toContain(`Licet is running as an edge of ${primary.url} at ${edge.url}`)
  expect(await edge.stop()).toBe(0)
  await edge.waitForLog('"stopped"')
})

test('licet edge: once it has stopped, a command does not wait for it', async () => {
  // Its lease and stale time would end long after the wait.
  const edge = await startEdge(launch('second'), primary.url, ['--on-partition', 'stale=1h'])
  expect(await edge.stop()).toBe(0)
  const { headers } = await primary.send(
    'POST',
    '/api/v1/edges',
    { name: 'another' },
    { prefer: 'wait=30' },
  )
  expect(headers.get('licet-edges')).toBe('1/1')
})

test('licet edge: one that is stopped under load has delivered every answer', async () => {
  const edge = await startEdge(launch('loaded'), primary.url)
  const license = { plan: 'professional', customer_email: 'dev@example.com' }
  const { body } = await primary.send('POST', '/api/v1/licenses', license)
  const figures = { valid: 0, cutOff: 0 }

  /** Validates until the connection fails, which it does once the edge has stopped. */
  async function runClient(): Promise<void> {
    const validation = { key: body.key, domain: 'example.com' }
    const respond = () => post(edge.url, '/api/v1/validate', validation).catch(() => null)
    for (let response = await respond(); response !== null; response = await respond()) {
      expect(response.body.valid).toBe(true)
      figures.valid += 1
    }
    figures.cutOff += 1
  }

  const clients = Array.from({ length: 8 }, runClient)
  while (figures.valid < 200) await Bun.sleep(1)
  expect(await edge.stop()).toBe(0)
  await Promise.all(clients)
  const { body: counted } = await primary.send('GET', `/api/v1/licenses/${body.id}`)
  expect(counted.validation_count).toBeGreaterThanOrEqual(figures.valid)
  expect(counted.validation_count).toBeLessThanOrEqual(figures.valid + figures.cutOff)
})

test('licet edge: a token that the primary does not know is reported at the start', async () => {
  const env = { LICET_EDGE_TOKEN: 'licet_edge_obviously-fake-token-of-a-test' }
  const { code, stderr } = await runLicet(launch('third', env), ['edge', '--primary', primary.url])
  expect(stderr).toBe(
    'The primary does not know LICET_EDGE_TOKEN, or the edge was revoked. Create one with: licet edges create NAME\n',
  )
  expect(code).toBe(1)
})

test('licet edge: without its primary it starts, and is not ready', async () => {
  await using edge = await startEdge(launch('fourth'), 'http://127.0.0.1:1')
  expect((await fetch(`${edge.url}/livez`)).status).toBe(200)
  expect((await fetch(`${edge.url}/readyz`)).status).toBe(503)
  const { status, body } = await post(edge.url, '/api/v1/validate', {
    key: 'any-key-of-16-characters',
  })
  expect([status, body.code]).toEqual([503, 'primary_unreachable'])
})

test('licet edge: a directory with the database of a server is refused', async () => {
  const { code, stderr } = await runLicet(launch('data'), [
    'edge',
    '--primary',
    'http://127.0.0.1:1',
  ])
  expect(stderr).toContain('has the database of a server. An edge needs a directory of its own.')
  expect(code).toBe(2)
})

test('licet edge: a second edge is refused on the same directory', async () => {
  await using edge = await startEdge(launch('fifth'), primary.url)
  const { code, stderr } = await runLicet(launch('fifth'), ['edge', '--primary', primary.url])
  expect(stderr).toContain(`Another Licet process is using ${sandbox.at('fifth')}.`)
  expect([code, edge.process.exitCode]).toEqual([1, null])
})

test.each([
  [['--primary', 'http://licenses.example.com'], '--primary must start with https:'],
  [
    ['--primary', 'https://licenses.example.com', '--on-partition', 'never'],
    '--on-partition must be forward',
  ],
  [[], "required option '--primary <url>' not specified"],
])(
  'licet edge: the options %p are refused before anything is created',
  async (options, message) => {
    const { code, stderr } = await runLicet(launch('sixth'), ['edge', ...options])
    expect(stderr).toContain(message)
    expect(stderr).toContain('licet edge --help')
    expect([code, existsSync(sandbox.at('sixth'))]).toEqual([2, false])
  },
)
