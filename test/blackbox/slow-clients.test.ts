import { expect, test } from 'bun:test'
import { sizeOf } from '../support/nodes.ts'
import { Sandbox, startServer } from '../support/server.ts'
import { openConnection } from '../support/sockets.ts'

const DRIP_MS = 500
const request = 'POST /api/v1/validate HTTP/1.1\r\nHost: localhost\r\n'
const headers: [string, string] = [request, 'X-Slow: 1\r\n']
const body: [string, string] = [`${request}Content-Length: 100000\r\n\r\n`, ' ']

/** Sends a start, and then another part again and again. Returns after how many seconds the server has had enough. */
async function drip(port: number, [start, part]: [string, string]): Promise<number> {
  const connection = await openConnection(port)
  const startedAtMs = performance.now()
  connection.write(start)
  const timer = setInterval(() => connection.write(part), DRIP_MS)
  await connection.untilClosed()
  clearInterval(timer)
  return (performance.now() - startedAtMs) / 1000
}

test('slow clients: a request that drips is cut off, after 12 seconds in its headers and 60 in its body', async () => {
  using sandbox = new Sandbox()
  await using server = await startServer(sandbox)
  const attacks = [headers, body].slice(0, sizeOf(1, 2))
  const seconds = await Promise.all(attacks.map((attack) => drip(server.port, attack)))
  expect(seconds[0]).toBeWithin(11, 20)
  if (attacks.length > 1) expect(seconds[1]).toBeWithin(59, 70)
  expect((await server.send('GET', '/livez')).status).toBe(200)
}, 100_000)
