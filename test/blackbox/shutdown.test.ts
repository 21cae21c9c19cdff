import { expect, test } from 'bun:test'
import { type Program, programs, startServer } from '../support/server.ts'
import { connectTo, openConnection } from '../support/sockets.ts'
import { TrapSandbox } from './trap-sandbox.ts'

/** Resolves once the port accepts no new connections. */
async function waitUntilClosed(port: number): Promise<void> {
  for (;;) {
    try {
      const socket = await connectTo(port)
      socket.destroy()
    } catch {
      return
    }
  }
}

async function expectGracefulStop(program: Program): Promise<void> {
  using sandbox = new TrapSandbox(program)
  await using server = await startServer(sandbox)
  const order = { plan: 'professional', customer_email: 'dev@example.com' }
  const { body: license } = await server.send('POST', '/api/v1/licenses', order)
  const body = JSON.stringify({ key: license.key, domain: 'example.com' })
  const head = [
    'POST /api/v1/validate HTTP/1.1',
    'Host: licet.test',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    'Expect: 100-continue',
    '\r\n',
  ].join('\r\n')
  const connection = await openConnection(server.port)
  connection.write(head)
  await connection.until(/^HTTP\/1\.1 100 Continue/)

  const exit = server.stop()
  await waitUntilClosed(server.port)
  connection.write(body)
  await connection.until(/"valid":true/)
  expect(await exit).toBe(0)

  await using next = await startServer(sandbox)
  const { body: shown } = await next.send('GET', `/api/v1/licenses/${license.id}`)
  expect(shown).toMatchObject({ validation_count: 1, domains: ['example.com'] })
}

test.each(programs)(
  'SIGTERM (%s): requests in flight finish, new ones are refused, and nothing is lost',
  expectGracefulStop,
)

test.each(programs)(
  'signals (%s): SIGHUP, SIGUSR1, SIGUSR2 and SIGPIPE never terminate the server',
  async (program) => {
    using sandbox = new TrapSandbox(program)
    await using server = await startServer(sandbox)
    for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGPIPE'] as const) {
      server.process.kill(signal)
      server.process.kill(signal)
      expect((await server.send('GET', '/livez')).status).toBe(200)
    }
    expect(server.process.exitCode).toBeNull()
    expect(await server.stop()).toBe(0)
  },
)
