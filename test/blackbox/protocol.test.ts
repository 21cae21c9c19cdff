import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { ADMIN_TOKEN, programs, type ServerProcess, startServer } from '../support/server.ts'
import { exchange, openConnection } from '../support/sockets.ts'
import { Place } from './places.ts'

const admin = `Authorization: Bearer ${ADMIN_TOKEN}`
const json = 'Content-Type: application/json'
const validate = `POST /api/v1/validate HTTP/1.1\r\nHost: a\r\n${json}`
const unknownKey = '{"key":"a-key-that-nobody-holds"}'

/** A request without a body that asks for the connection to be closed. */
const ask = (line: string, ...headers: readonly string[]) =>
  [line, 'Host: licet.test', ...headers, 'Connection: close', '', ''].join('\r\n')

const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1])

/** The problem that an answer holds, if it is in the form that problems have. */
function problemIn(answer: string) {
  expect(answer).toMatch(/\r\ncontent-type: application\/problem\+json\r\n/i)
  expect(answer).toMatch(/\r\nx-request-id: /i)
  return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4))
}

describe.each(programs)('over a socket the %s', (program) => {
  const place = new Place(program)
  let server: ServerProcess

  beforeAll(async () => {
    server = await startServer(place)
  })
  afterAll(async () => {
    await server.kill()
    place[Symbol.dispose]()
  })

  test('answers every kind of refusal as a problem', async () => {
    const refusals: [line: string, headers: string[], status: number][] = [
      ['GET /api/v1/licenses', [], 401],
      ['GET /nope', [], 404],
      ['PATCH /api/v1/licenses', [admin], 405],
      ['TRACE /livez', [], 405],
      ['OPTIONS /api/v1/licenses', [admin], 405],
      ['GET /api/v1/licenses?limit=0', [admin], 422],
      ['GET /api/v1/licenses?cursor=garbage', [admin], 400],
    ]
    for (const [line, headers, status] of refusals) {
      const answer = await exchange(server.port, ask(`${line} HTTP/1.1`, ...headers))
      expect([line, statusOf(answer)]).toEqual([line, status])
      expect(problemIn(answer)).toMatchObject({ status })
    }
    for (const [type, length, status] of [
      ['text/plain', 2, 415],
      ['application/json', 2, 422],
      ['application/json', 65_537, 413],
      ['application/json', 10_000_000, 413],
    ] as const) {
      const headers = `Content-Type: ${type}\r\nContent-Length: ${length}\r\nConnection: close`
      const head = `POST /api/v1/validate HTTP/1.1\r\nHost: a\r\n${headers}\r\n\r\n`
      const answer = await exchange(server.port, `${head}${'{}'.padEnd(length)}`)
      expect([type, length, statusOf(answer)]).toEqual([type, length, status])
      expect(problemIn(answer)).toMatchObject({ status })
    }
  })

  test('tells a stranger 401 before the first byte of a body, however long it is to be', async () => {
    for (const length of ['Content-Length: 10000000', 'Transfer-Encoding: chunked']) {
      const stranger = await openConnection(server.port)
      stranger.write(`POST /api/v1/licenses HTTP/1.1\r\nHost: a\r\n${json}\r\n${length}\r\n\r\n`)
      await stranger.until(/^HTTP\/1\.1 401 [\s\S]*"code":"unauthorized"/)
    }
  })

  test('reads a chunked body, and refuses one that grows too large', async () => {
    const head = `${validate}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`
    const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
    const pieces = [...unknownKey].map(chunk).join('')
    const answer = await exchange(server.port, `${head}${pieces}0\r\n\r\n`)
    expect(answer).toContain('LICENSE_NOT_FOUND')

    const large = await exchange(server.port, `${head}${chunk(' '.repeat(70_000))}0\r\n\r\n`)
    expect(problemIn(large)).toMatchObject({ code: 'payload_too_large' })
  })

  test('answers several requests on one connection, also behind a refusal', async () => {
    const line = await openConnection(server.port)
    line.write(`${validate}\r\nContent-Length: 1\r\n\r\n{`)
    line.write(`${validate}\r\nContent-Length: ${unknownKey.length}\r\n\r\n${unknownKey}`)
    line.write(`${validate}\r\nContent-Length: 70000\r\n\r\n${' '.repeat(70_000)}`)
    line.write(ask('GET /livez HTTP/1.1'))
    const answers = await line.untilClosed()
    const statuses = [...answers.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status)
    expect(statuses).toEqual(['400', '404', '413', '200'])
    expect(answers).toEndWith('{"status":"ok"}')
  })

  test('lets no dots and no disguise lead around the token', async () => {
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
      const answer = await exchange(server.port, ask(`GET ${path} HTTP/1.1`))
      expect([path, statusOf(answer)]).toEqual([path, 401])
    }
    for (const path of ['//api/v1/licenses', '/API/v1/licenses', '/%61pi/v1/licenses']) {
      const answer = await exchange(server.port, ask(`GET ${path} HTTP/1.1`))
      expect([path, statusOf(answer)]).toEqual([path, 404])
    }
  })

  test('refuses a Host that is none, and is not led astray by a short one', async () => {
    for (const host of ['', 'a/b', 'a b', 'a@b', 'a,b', 'a\r\nHost: b']) {
      const request = `GET /livez HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`
      const answer = await exchange(server.port, request)
      expect([host, statusOf(answer)]).toEqual([host, 400])
    }
    for (const [path, status] of [
      ['/livez', 200],
      ['/zz/livez', 404],
    ] as const) {
      const request = `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`
      expect([path, statusOf(await exchange(server.port, request))]).toEqual([path, status])
    }
  })

  test('outlives whatever is no HTTP or too much of it', async () => {
    const noise = [
      'GET /livez HTTP/1.1\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      'BREW /livez HTTP/1.1\r\nHost: a\r\n\r\n',
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
      `${validate}\r\nContent-Length: -3\r\n\r\n`,
      `${validate}\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x`,
      `${validate}\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      `${validate}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
      ask('GET /livez HTTP/1.1', 'X-Request-Id: a\0b'),
    ]
    for (const bytes of noise) {
      const answer = await exchange(server.port, bytes)
      expect([bytes, answer === '' ? 400 : statusOf(answer)]).toEqual([bytes, 400])
    }
    const excessive = [
      ask(`GET /${'x'.repeat(20_000)} HTTP/1.1`),
      ask('GET /livez HTTP/1.1', `X-Long: ${'x'.repeat(20_000)}`),
      ask('GET /livez HTTP/1.1', ...Array.from({ length: 1000 }, (_, index) => `X-${index}: 1`)),
    ]
    for (const request of excessive) {
      expect(statusOf(await exchange(server.port, request))).toBe(431)
    }
    expect((await server.send('GET', '/livez')).status).toBe(200)
  })
})
