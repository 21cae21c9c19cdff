import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const directory = import.meta.dir

/** A server in its own process, on a free port. */
export interface ServerProcess extends AsyncDisposable {
  readonly port: number
}

export interface LicetProcess extends ServerProcess {
  /** Sends a request with the admin key. */
  request(method: string, path: string, body?: string): Promise<Response>
  /** Sends JSON with the admin key. Throws unless the response is 2xx. */
  post(path: string, body: unknown): Promise<unknown>
  put(path: string, body: unknown): Promise<unknown>
}

/** Starts Licet with its default settings; its log, a line per request, goes to `logPath`. */
export async function startLicet(
  dataDirectory: string,
  logPath: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<LicetProcess> {
  const env = { LICET_DATA_DIR: dataDirectory, LICET_PORT: '0', ...settings }
  const server = await start(['../src/main.ts', 'serve'], env, logPath)
  const token = readFileSync(join(dataDirectory, 'admin.token'), 'utf8').trim()
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const request = (method: string, path: string, body?: string) =>
    fetch(`http://127.0.0.1:${server.port}${path}`, { method, headers, ...(body && { body }) })
  const send = async (method: string, path: string, body: unknown) => {
    const response = await request(method, path, JSON.stringify(body))
    if (!response.ok) throw new Error(`${method} ${path} failed: ${await response.text()}`)
    return response.json()
  }
  return {
    port: server.port,
    request,
    post: (path, body) => send('POST', path, body),
    put: (path, body) => send('PUT', path, body),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

export function startComparison(
  name: 'bare' | 'hand-written' | 'static' | 'unrecorded',
  ...args: string[]
): Promise<ServerProcess> {
  return start([`${name}-server.ts`, ...args], {}, '/dev/null')
}

async function start(
  [script = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
  logPath: string,
): Promise<ServerProcess> {
  const child = Bun.spawn([process.execPath, join(directory, script), ...args], {
    env: { ...env, NODE_ENV: 'production' },
    stdout: Bun.file(logPath),
    stderr: 'pipe',
  })
  return {
    port: await readPort(child.stderr),
    async [Symbol.asyncDispose]() {
      child.kill()
      await child.exited
    },
  }
}

/** Reads the port from stderr, where every server prints its address once it listens. */
async function readPort(stderr: ReadableStream<Uint8Array>): Promise<number> {
  const decoder = new TextDecoder()
  let output = ''
  for await (const chunk of stderr) {
    output += decoder.decode(chunk, { stream: true })
    const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(output)?.[1]
    if (port !== undefined) return Number(port)
  }
  throw new Error(`The server did not start:\n${output}`)
}
