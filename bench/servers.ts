import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const directory = import.meta.dir

/** A server in a process of its own, on a port that it chose. */
export interface ServerProcess extends AsyncDisposable {
  readonly port: number
}

export interface LicetProcess extends ServerProcess {
  /** Posts JSON as the admin. Throws unless it is answered with 2xx. */
  post(path: string, body: unknown): Promise<unknown>
  put(path: string, body: unknown): Promise<unknown>
}

/** Runs with its defaults, so also with a log line per request, which go to `logPath`. */
export async function startLicet(
  dataDirectory: string,
  logPath: string,
  more: Readonly<Record<string, string>> = {},
): Promise<LicetProcess> {
  const env = { LICET_DATA_DIR: dataDirectory, LICET_PORT: '0', ...more }
  const server = await start(['../src/main.ts', 'serve'], env, logPath)
  const token = readFileSync(join(dataDirectory, 'admin.token'), 'utf8').trim()
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const send = async (method: string, path: string, body: unknown) => {
    const url = `http://127.0.0.1:${server.port}${path}`
    const response = await fetch(url, { method, headers, body: JSON.stringify(body) })
    if (!response.ok) throw new Error(`${path} answered ${await response.text()}`)
    return response.json()
  }
  return {
    port: server.port,
    post: (path, body) => send('POST', path, body),
    put: (path, body) => send('PUT', path, body),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

export function startOther(
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

/** Every server says its address on stderr once it listens. */
async function readPort(stderr: ReadableStream<Uint8Array>): Promise<number> {
  const decoder = new TextDecoder()
  let said = ''
  for await (const chunk of stderr) {
    said += decoder.decode(chunk, { stream: true })
    const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(said)?.[1]
    if (port !== undefined) return Number(port)
  }
  throw new Error(`The server did not start:\n${said}`)
}
