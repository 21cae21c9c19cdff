import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readCpuMs, waitUntilIdle } from './resources.ts'

/** A server in its own process, on a free port. */
export interface ServerProcess extends AsyncDisposable {
  readonly pid: number
  readonly port: number
  /** Resolves once everything that follows from the requests so far is done. */
  settle(): Promise<void>
}

export interface LicetProcess extends ServerProcess {
  readonly token: string
  /** Sends a request with the admin key. */
  request(
    method: string,
    path: string,
    body?: string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Response>
  /** Sends JSON with the admin key. Throws unless the response is 2xx. */
  post(path: string, body: unknown): Promise<unknown>
  put(path: string, body: unknown): Promise<unknown>
}

const SECOND_MS = 1000
/** The command that runs the source. */
export const source: readonly string[] = [process.execPath, join(import.meta.dir, '../src/main.ts')]
export const binary = join(import.meta.dir, '../dist/licet')

/** Starts Licet with its default settings; its log, a line per request, goes to `logPath`. */
export async function startLicet(
  dataDirectory: string,
  logPath: string,
  settings: Readonly<Record<string, string>> = {},
  command: readonly string[] = source,
): Promise<LicetProcess> {
  const env = { LICET_DATA_DIR: dataDirectory, LICET_PORT: '0', ...settings }
  const server = await start([...command, 'serve'], env, logPath)
  const token = readFileSync(join(dataDirectory, 'admin.token'), 'utf8').trim()
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const request = (method: string, path: string, body?: string, more = {}) =>
    fetch(`http://127.0.0.1:${server.port}${path}`, {
      method,
      headers: { ...headers, ...more },
      ...(body && { body }),
    })
  const send = async (method: string, path: string, body: unknown) => {
    const response = await request(method, path, JSON.stringify(body))
    if (!response.ok) throw new Error(`${method} ${path} failed: ${await response.text()}`)
    return response.json()
  }
  return {
    ...server,
    token,
    request,
    post: (path, body) => send('POST', path, body),
    put: (path, body) => send('PUT', path, body),
    async settle() {
      // A usage query finishes what would otherwise be done up to a minute later.
      const from = new Date(Date.now() - SECOND_MS).toISOString()
      await (await request('GET', `/api/v1/usage/summary?from=${from}`)).arrayBuffer()
      await server.settle()
    },
  }
}

/** Starts an edge of a primary with its default settings; its log goes to `logPath`. */
export function startEdge(
  dataDirectory: string,
  logPath: string,
  primaryUrl: string,
  settings: Readonly<Record<string, string>>,
): Promise<ServerProcess> {
  const env = { LICET_DATA_DIR: dataDirectory, LICET_PORT: '0', ...settings }
  return start([...source, 'edge', '--primary', primaryUrl], env, logPath)
}

export function startComparison(
  name: 'bare' | 'hand-written' | 'static' | 'unrecorded',
  logPath: string,
  ...args: readonly string[]
): Promise<ServerProcess> {
  const script = join(import.meta.dir, 'comparison', `${name}.ts`)
  return start([process.execPath, script, ...args], {}, logPath)
}

/** Compiles the current source. */
export function buildBinary(): void {
  const script = join(import.meta.dir, '../scripts/build')
  const { success } = Bun.spawnSync([script, '--quiet'], { stdio: ['ignore', 2, 2] })
  if (!success) throw new Error('The binary could not be built.')
}

/** Runs a command of Licet to its end. Throws if it fails. */
export async function runLicet(dataDirectory: string, ...args: readonly string[]): Promise<void> {
  const child = Bun.spawn([...source, ...args], {
    env: { LICET_DATA_DIR: dataDirectory },
    stdio: ['ignore', 'ignore', 'ignore'],
  })
  if ((await child.exited) !== 0) throw new Error(`licet ${args.join(' ')} failed.`)
}

async function start(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  logPath: string,
): Promise<ServerProcess> {
  const child = Bun.spawn([...command], {
    env: { ...env, NODE_ENV: 'production' },
    stdout: Bun.file(logPath),
    stderr: 'pipe',
  })
  return {
    pid: child.pid,
    port: await readPort(child.stderr),
    settle: () => waitUntilIdle(child.pid),
    async [Symbol.asyncDispose]() {
      child.kill()
      await child.exited
    },
  }
}

/** Reads the port from stderr, where every server prints its address, last in its line, once it listens. */
async function readPort(stderr: ReadableStream<Uint8Array>): Promise<number> {
  const decoder = new TextDecoder()
  let output = ''
  for await (const chunk of stderr) {
    output += decoder.decode(chunk, { stream: true })
    const port = /http:\/\/127\.0\.0\.1:(\d+)( \(|\n)/.exec(output)?.[1]
    if (port !== undefined) return Number(port)
  }
  throw new Error(`The server did not start:\n${output}`)
}

/** Runs a step, and returns its result with the CPU time that the server used for it. */
export async function measureCpu<Result>(server: ServerProcess, step: () => Promise<Result>) {
  const before = readCpuMs(server.pid)
  const result = await step()
  await server.settle()
  return { result, cpuMs: readCpuMs(server.pid) - before }
}
