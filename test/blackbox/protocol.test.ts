import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { ADMIN_TOKEN, programs, type ServerProcess, startServer } from '../support/server.ts'
import { connectTo, exchange, openConnection } from '../support/sockets.ts'
import { TrapSandbox } from './trap-sandbox.ts'

const admin = `Authorization: Bearer ${ADMIN_TOKEN}`
const json = 'Content-Type: application/json'
const validate = `POST /api/v1/validate HTTP/1.1\r\nHost: a\r\n${json}`
const unknownKey = '{"key":"a-key-of-no-license"}'

/** Builds a request without a body that closes the connection. */
const buildRequest = (line: string, ...headers: readonly string[]) =>
  [line, 'Host: licet.test', ...headers, 'Connection: close', '', ''].join('\r\n')

const statusOf = (response: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(response)?.[1])

/** Returns the problem in a response, after checking its headers. */
function parseProblem(response: string) {
  expect(response).toMatch(/\r\ncontent-type: application\/problem\+json\r\n/i)
  expect(response).toMatch(/\r\nx-request-id: /i)
  return JSON.parse(response.slice(response.indexOf('\r\n\r\n') + 4))
}

describe.each(programs)('HTTP over a socket: %s', (program) => {
  const sandbox = new TrapSandbox(program)
  let server: ServerProcess

  beforeAll(async () => {
    server = await startServer(sandbox)
  })
  afterAll(async () => {
    await server.kill()
    sandbox[Symbol.dispose]()
  })

  test('a client that leaves before its body is complete is no failure of the server', async () => {
    const routes = ['validate', 'portal/session', 'checkout/standard', 'licenses']
    for (const [index, route] of routes.entries()) {
      const length = index % 2 === 0 ? 'Content-Length: 100' : 'Transfer-Encoding: chunked'
      const client = await connectTo(server.port)
      const head = `POST /api/v1/${route} HTTP/1.1\r\nHost: licet.test\r\n${admin}\r\n${json}`
      client.write(`${head}\r\nX-Request-Id: left-${index}\r\n${length}\r\n\r\n`)
      client.write(index % 2 === 0 ? '{' : '1\r\n{\r\n')
      // The server has read the headers when it has answered a later request.
      await exchange(server.port, buildRequest('GET /livez HTTP/1.1'))
      client.destroy()
    }
    for (const index of routes.keys()) await server.waitForLog(`"request_id":"left-${index}"`)
    const metrics = await exchange(server.port, buildRequest('GET /metrics HTTP/1.1', admin))
    expect(metrics).toMatch(/^licet_internal_errors_total 0$/m)
  })

  test('every rejected request gets a problem response', async () => {
    const rejected: [line: string, headers: string[], status: number][] = [
      ['GET /api/v1/licenses', [], 401],
      ['GET /nope', [], 404],
      ['PATCH /api/v1/licenses', [admin], 405],
      ['TRACE /livez', [], 405],
      ['OPTIONS /api/v1/licenses', [admin], 405],
      ['GET /api/v1/licenses?limit=0', [admin], 422],
      ['GET /api/v1/licenses?cursor=garbage', [admin], 400],
    ]
    for (const [line, headers, status] of rejected) {
      const response = await exchange(server.port, buildRequest(`${line} HTTP/1.1`, ...headers))
      expect([line, statusOf(response)]).toEqual([line, status])
      expect(parseProblem(response)).toMatchObject({ status })
    }
    for (const [type, length, status] of [
      ['text/plain', 2, 415],
      ['application/json', 2, 422],
      ['application/json', 65_537, 413],
      ['application/json', 10_000_000, 413],
    ] as const) {
      const headers = `Content-Type: ${type}\r\nContent-Length: ${length}\r\nConnection: close`
      const head = `POST /api/v1/validate HTTP/1.1\r\nHost: a\r\n${headers}\r\n\r\n`
      const response = await exchange(server.port, `${head}${'{}'.padEnd(length)}`)
      expect([type, length, statusOf(response)]).toEqual([type, length, status])
      expect(parseProblem(response)).toMatchObject({ status })
    }
  })

  test('a request without a token gets 401 before its body is read', async () => {
    for (const length of ['Content-Length: 10000000', 'Transfer-Encoding: chunked']) {
      const connection = await openConnection(server.port)
      connection.write(`POST /api/v1/licenses HTTP/1.1\r\nHost: a\r\n${json}\r\n${length}\r\n\r\n`)
      await connection.until(/^HTTP\/1\.1 401 [\s\S]*"code":"unauthorized"/)
    }
  })

  test('a chunked body is read, and gets 413 once it is too large', async () => {
    const head = `${validate}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`
    const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
    const pieces = [...unknownKey].map(chunk).join('')
    const response = await exchange(server.port, `${head}${pieces}0\r\n\r\n`)
    expect(response).toContain('LICENSE_NOT_FOUND')

    const large = await exchange(server.port, `${head}${chunk(' '.repeat(70_000))}0\r\n\r\n`)
    expect(parseProblem(large)).toMatchObject({ code: 'payload_too_large' })
  })

  test('one connection serves several requests, even after a rejected one', async () => {
    const connection = await openConnection(server.port)
    connection.write(`${validate}\r\nContent-Length: 1\r\n\r\n{`)
    await connection.until(/invalid_json/)
    connection.write(`${validate}\r\nContent-Length: ${unknownKey.length}\r\n\r\n${unknownKey}`)
    await connection.until(/LICENSE_NOT_FOUND/)
    connection.write(`${validate}\r\nContent-Length: 70000\r\n\r\n${' '.repeat(70_000)}`)
    await connection.until(/payload_too_large/)
    connection.write(buildRequest('GET /livez HTTP/1.1'))
    const responses = await connection.untilClosed()
    const statuses = [...responses.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status)
    expect(statuses).toEqual(['400', '404', '413', '200'])
    expect(responses).toEndWith('{"status":"ok"}')
  })

  test('dots, slashes and encodings in a path do not bypass the token', async () => {
    const paths = [
      '/livez/../api/v1/licenses',
      '/livez/%2e%2e/api/v1/licenses',
      '/api/v1/validate/../licenses',
      '/api/v1/./licenses',
      '/api/v1/licenses/',
      '/api/v1/licenses?/../../livez',
      'http://licet.test/api/v1/licenses',
    ]
    for (const path of paths) {
      const response = await exchange(server.port, buildRequest(`GET ${path} HTTP/1.1`))
      expect([path, statusOf(response)]).toEqual([path, 401])
    }
    for (const path of ['//api/v1/licenses', '/API/v1/licenses', '/%61pi/v1/licenses']) {
      const response = await exchange(server.port, buildRequest(`GET ${path} HTTP/1.1`))
      expect([path, statusOf(response)]).toEqual([path, 404])
    }
  })

  test('dots in the place of an ID lead to another path, whose checks and routes are those that count', async () => {
    const requests: [line: string, headers: string[], status: number][] = [
      ['GET /api/v1/portal/licenses/..', [], 401],
      ['GET /api/v1/portal/licenses/%2e%2e', [admin], 404],
      ['GET /api/v1/licenses/%2e%2e', [admin], 404],
      ['GET /api/v1/licenses/x/..', [admin], 200],
      // Signed events of shops arrive at `/api/v1/checkout/NAME`, without a token.
      ['POST /api/v1/checkout/events/../replay', [], 404],
      ['GET /api/v1/checkout/events/../replay', [], 405],
    ]
    for (const [line, headers, status] of requests) {
      const response = await exchange(server.port, buildRequest(`${line} HTTP/1.1`, ...headers))
      expect([line, statusOf(response)]).toEqual([line, status])
    }
    const metrics = await exchange(server.port, buildRequest('GET /metrics HTTP/1.1', admin))
    expect(metrics).toMatch(/^licet_internal_errors_total 0$/m)
  })

  test('an invalid Host gets 400, and a short Host does not shift the path', async () => {
    for (const host of ['a/b', 'a b', 'a@b', 'a,b', 'a\r\nHost: b']) {
      const request = `GET /livez HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`
      const response = await exchange(server.port, request)
      expect([host, statusOf(response)]).toEqual([host, 400])
    }
    for (const [path, status] of [
      ['/livez', 200],
      ['/zz/livez', 404],
    ] as const) {
      const request = `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`
      expect([path, statusOf(await exchange(server.port, request))]).toEqual([path, status])
    }
  })

  test('health checks over HTTP/1.0 without a Host get a response, other requests get 400', async () => {
    // The first requests of this server, because an accepted Host is remembered.
    await using server = await startServer(sandbox, { LICET_DATA_DIR: sandbox.at('hostless') })
    for (const host of ['', 'Host:\r\n']) {
      for (const path of ['/api/v1/licenses', '/nope', '/aaaaaaa/livez', '/livez/x']) {
        const response = await exchange(server.port, `GET ${path} HTTP/1.0\r\n${host}\r\n`)
        expect([path, statusOf(response)]).toEqual([path, 400])
      }
      for (const line of ['GET /livez', 'GET /readyz', 'HEAD /livez', 'GET /readyz?probe=1']) {
        const response = await exchange(server.port, `${line} HTTP/1.0\r\n${host}\r\n`)
        expect([line, statusOf(response)]).toEqual([line, 200])
      }
    }
  })

  test('malformed or oversized requests get an error, and the server keeps running', async () => {
    const malformed = [
      'GET /livez HTTP/1.1\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      'BREW /livez HTTP/1.1\r\nHost: a\r\n\r\n',
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
      `${validate}\r\nContent-Length: -3\r\n\r\n`,
      `${validate}\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x`,
      `${validate}\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      `${validate}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
      buildRequest('GET /livez HTTP/1.1', 'X-Request-Id: a\0b'),
    ]
    for (const bytes of malformed) {
      const response = await exchange(server.port, bytes)
      expect([bytes, response === '' ? 400 : statusOf(response)]).toEqual([bytes, 400])
    }
    const oversized = [
      buildRequest(`GET /${'x'.repeat(20_000)} HTTP/1.1`),
      buildRequest('GET /livez HTTP/1.1', `X-Long: ${'x'.repeat(20_000)}`),
      buildRequest(
        'GET /livez HTTP/1.1',
        ...Array.from({ length: 1000 }, (_, index) => `X-${index}: 1`),
      ),
    ]
    for (const request of oversized) {
      expect(statusOf(await exchange(server.port, request))).toBe(431)
    }
    expect((await server.send('GET', '/livez')).status).toBe(200)
  })
})
