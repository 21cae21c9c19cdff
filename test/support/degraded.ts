import { expect } from 'bun:test'
import type { ServerProcess } from './server.ts'

/** Returns why a server is degraded. /readyz and the metrics must agree about it. */
export async function reasonsOf(server: ServerProcess): Promise<readonly string[]> {
  const { status, body } = await server.send('GET', '/readyz')
  expect(status).toBe(200)
  expect(body.status).toBe(body.reasons === undefined ? 'ok' : 'degraded')
  const { text } = await server.send('GET', '/metrics')
  const active = [...text.matchAll(/^licet_degraded\{reason="(\w+)"\} 1$/gm)].map(
    ([, name]) => name,
  )
  expect(active.sort()).toEqual([...(body.reasons ?? [])].sort())
  return body.reasons ?? []
}

/** Waits for what a timer does. */
export async function waitFor(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await Bun.sleep(100)
}

/** Waits until /readyz has this status. */
export function waitForStatus(server: ServerProcess, status: 'ok' | 'degraded'): Promise<void> {
  return waitFor(async () => (await server.send('GET', '/readyz')).body.status === status)
}
