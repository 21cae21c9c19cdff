import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { copyLicense } from '../store/sqlite/copy-license.ts'
import { ADMIN_TOKEN, Sandbox, type ServerProcess, startServer } from '../support/server.ts'
import { connectTo } from '../support/sockets.ts'

const COPIES = 100_000
/** Mostly garbage that waits to be collected: it is as much with 250,000 licenses. */
const GROWTH_MAX_BYTES = 200_000_000
const PATH = '/api/v1/licenses/export?format=csv'

function readMemoryBytes({ process }: ServerProcess): number {
  const status = readFileSync(`/proc/${process.pid}/status`, 'utf8')
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) * 1024
}

/** Starts a download, reads its beginning, and reads no more. */
async function startDownload({ port }: ServerProcess) {
  const socket = await connectTo(port)
  const first = new Promise((resolve) => socket.once('data', resolve))
  socket.write(
    `GET ${PATH} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${ADMIN_TOKEN}\r\n\r\n`,
  )
  await first
  return socket.pause()
}

test('license export: 100,000 licenses arrive once each, in little memory, beside readers that are slow or leave', async () => {
  using sandbox = new Sandbox()
  {
    await using server = await startServer(sandbox)
    const order = { plan: 'professional', customer_email: 'dev@example.com' }
    await server.send('POST', '/api/v1/licenses', { ...order, customer_name: 'x'.repeat(100) })
    await server.stop()
  }
  copyLicense(sandbox.at('data'), COPIES)
  await using server = await startServer(sandbox)
  const before = readMemoryBytes(server)
  const slow = await Promise.all(Array.from({ length: 5 }, () => startDownload(server)))
  const leaving = await Promise.all(Array.from({ length: 5 }, () => startDownload(server)))
  for (const socket of leaving) socket.destroy()
  const { status, text } = await server.send('GET', PATH)
  expect(status).toBe(200)
  const ids = text.split('\r\n').map((line) => line.slice(0, line.indexOf(',')))
  expect(ids.length).toBe(COPIES + 3)
  expect(new Set(ids).size).toBe(COPIES + 3)
  expect(readMemoryBytes(server) - before).toBeLessThan(GROWTH_MAX_BYTES)
  for (const socket of slow) socket.destroy()
  expect((await server.send('GET', '/readyz')).body).toEqual({ status: 'ok' })
  expect(await server.stop()).toBe(0)
}, 300_000)
