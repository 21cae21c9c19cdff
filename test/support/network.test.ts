import { expect, test } from 'bun:test'
import { openNetwork } from './network.ts'
import { openConnection } from './sockets.ts'

interface Echo extends AsyncDisposable {
  readonly port: number
  /** The bodies that have arrived. */
  readonly bodies: readonly string[]
}

/** Starts a server that sends each body back. */
function startEcho(prefix = ''): Echo {
  const bodies: string[] = []
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const body = await request.text()
      bodies.push(body)
      return new Response(prefix + body)
    },
  })
  return {
    port: server.port ?? 0,
    bodies,
    [Symbol.asyncDispose]: () => server.stop(true),
  }
}

const ROUNDS = 10

const post = async (url: string, body: string, timeoutMs = 10_000) =>
  (await fetch(url, { method: 'POST', body, signal: AbortSignal.timeout(timeoutMs) })).text()

/** Resolves in a later turn of the event loop in which this is true. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve))
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const startedAtMs = performance.now()
  await work()
  return performance.now() - startedAtMs
}

test('network: a perfect network changes no byte', async () => {
  await using echo = startEcho()
  await using network = await openNetwork(echo.port)
  const bodies = ['', 'short', 'x'.repeat(3_000_000)]
  for (const body of bodies) expect(await post(network.url, body)).toBe(body)
  expect(echo.bodies).toEqual(bodies)
})

test('network: each direction has its own delay, also on connections that are open', async () => {
  await using echo = startEcho()
  await using network = await openNetwork(echo.port)
  await post(network.url, 'first')
  network.change({ toServer: { delayMs: 120 }, toClient: { delayMs: 80 } })
  expect(await time(() => post(network.url, 'second'))).toBeGreaterThanOrEqual(200)
  expect(network.connectionCount()).toBe(1)
  network.change({})
  const durationsMs: number[] = []
  for (let round = 0; round < ROUNDS; round += 1)
    durationsMs.push(await time(() => post(network.url, 'third')))
  // A delay would hold up each of them, a busy machine only some.
  expect(Math.min(...durationsMs)).toBeLessThan(200)
  expect(echo.bodies).toEqual(['first', 'second', ...Array(ROUNDS).fill('third')])
})

test('network: bytes stay in order when the delay shrinks', async () => {
  await using echo = startEcho()
  await using network = await openNetwork(echo.port)
  const connection = await openConnection(network.port)
  network.change({ toServer: { delayMs: 150 } })
  connection.write('POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\n\r\nab')
  await until(() => network.delayedBytesCount() > 0)
  network.change({})
  connection.write('cd')
  expect(await connection.untilClosed()).toEndWith('abcd')
})

test('network: the bandwidth is shared by all connections', async () => {
  await using echo = startEcho()
  await using network = await openNetwork(echo.port)
  network.change({ toServer: { bytesPerSecond: 100_000 } })
  const body = 'x'.repeat(15_000)
  const both = () => Promise.all([post(network.url, body), post(network.url, body)])
  expect(await time(both)).toBeGreaterThanOrEqual(300)
})

test('network: a cut resets open connections, and new ones work', async () => {
  await using echo = startEcho()
  await using network = await openNetwork(echo.port)
  network.change({ toClient: { delayMs: 60_000 } })
  const cutOff = post(network.url, 'cut')
  await until(() => echo.bodies.length === 1)
  network.cut()
  await expect(cutOff).rejects.toThrow()
  expect(network.connectionCount()).toBe(0)
  network.change({})
  expect(await post(network.url, 'again')).toBe('again')
})

test('network: a refusing network resets new connections at once, and keeps those that are open', async () => {
  await using echo = startEcho()
  await using network = await openNetwork(echo.port)
  await post(network.url, 'open')
  network.change({ isRefusing: true })
  expect(await post(network.url, 'on the open one')).toBe('on the open one')
  network.cut()
  await expect(post(network.url, 'refused')).rejects.toThrow()
  network.change({})
  expect(await post(network.url, 'again')).toBe('again')
})

test('network: a dead line to the server accepts connections and swallows requests', async () => {
  await using echo = startEcho()
  await using network = await openNetwork(echo.port)
  network.change({ toServer: { isDead: true } })
  await expect(post(network.url, 'lost', 100)).rejects.toThrow('timed out')
  network.change({})
  expect(await post(network.url, 'arrives')).toBe('arrives')
  expect(echo.bodies).toEqual(['arrives'])
})

test('network: a dead line to the client loses responses, though requests arrive', async () => {
  await using echo = startEcho()
  await using network = await openNetwork(echo.port)
  await post(network.url, 'open')
  network.change({ toClient: { isDead: true } })
  await expect(post(network.url, 'counted', 100)).rejects.toThrow('timed out')
  expect(echo.bodies).toEqual(['open', 'counted'])
})

test('network: connections that lost bytes are reset when the line works again', async () => {
  await using echo = startEcho()
  await using network = await openNetwork(echo.port)
  network.change({ toServer: { isDead: true } })
  const lost = post(network.url, 'lost')
  await until(() => network.lostBytesCount() > 0)
  network.change({})
  await expect(lost).rejects.toThrow()
})

test('network: new connections go to the server that it is redirected to', async () => {
  await using first = startEcho('first ')
  await using second = startEcho('second ')
  await using network = await openNetwork(first.port)
  expect(await post(network.url, 'a')).toBe('first a')
  network.redirect(second.port)
  network.cut()
  expect(await post(network.url, 'a')).toBe('second a')
})
