import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { findSuite } from '../conformance/vectors.ts'

export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly atMs: number
}

export interface Fixture extends AsyncDisposable {
  readonly url: string
}

/** Starts the fixture server of the conformance suite, or the one that CONFORMANCE_FIXTURE names. */
export async function startFixture(): Promise<Fixture> {
  const script = process.env.CONFORMANCE_FIXTURE ?? join(findSuite(), 'fixture.ts')
  const bun = process.versions.bun === undefined ? 'bun' : process.execPath
  const server = spawn(bun, [script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(server.stdout, 'data')
  const { url } = JSON.parse(String(line))
  return {
    url,
    async [Symbol.asyncDispose]() {
      server.kill()
      await once(server, 'exit')
    },
  }
}

export async function readLog(url: string): Promise<readonly SeenRequest[]> {
  const response = await fetch(`${url}/log`)
  return (await response.json()).requests
}
