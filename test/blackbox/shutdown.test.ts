import { expect, test } from 'bun:test'
import { type Program, programs, startServer } from '../support/server.ts'
import { connectTo, openConnection } from '../support/sockets.ts'
import { Place } from './places.ts'

/** Resolves when the port is closed to newcomers. */
async function untilRefusing(port: number): Promise<void> {
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
  using place = new Place(program)
  await using server = await startServer(place)
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
  const line = await openConnection(server.port)
  line.write(head)
  await line.until(/^HTTP\/1\.1 100 Continue/)

  const exit = server.stop()
  await untilRefusing(server.port)
  line.write(body)
  await line.until(/"valid":true/)
  expect(await exit).toBe(0)

  await using next = await startServer(place)
  const { body: shown } = await next.send('GET', `/api/v1/licenses/${license.id}`)
  expect(shown).toMatchObject({ validation_count: 1, domains: ['example.com'] })
}

test.each(programs)(
  'SIGTERM lets the %s finish what is in flight, refuse what is new, and lose nothing',
  expectGracefulStop,
)
