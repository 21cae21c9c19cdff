import { setDefaultTimeout } from 'bun:test'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Answer, readAnswer } from './app.ts'
import { createScratchDirectory } from './scratch.ts'

/** A process starts in half a second, and in ten times that on a machine that does much else. */
const TEST_TIMEOUT_MS = 60_000
setDefaultTimeout(TEST_TIMEOUT_MS)

const root = join(import.meta.dir, '../..')
const binary = join(root, 'dist/licet')

/** The two forms in which Licet is started. */
export const programs = ['source', 'binary'] as const
export type Program = (typeof programs)[number]

export const ADMIN_TOKEN = 'the-token-of-the-admin-in-tests'

/** A folder of its own, gone when disposed. */
export class Folder implements Disposable {
  readonly path = createScratchDirectory()

  at(...names: readonly string[]): string {
    return join(this.path, ...names)
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true })
  }
}

interface Place {
  readonly program: Program
  readonly cwd: string
  readonly dataDirectory: string
  /** On top of what every server of the tests is given. */
  readonly env?: Readonly<Record<string, string>>
}

export interface ServerProcess extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** Sends JSON as the admin; `headers` go on top. */
  send(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>
  /** SIGTERM. Answers the exit code. */
  stop(): Promise<number>
  /** kill -9. */
  kill(): Promise<void>
}

/** Starts a server on a port that the system chooses; resolves when it listens. */
export async function startServer(place: Place): Promise<ServerProcess> {
  const env = { LICET_PORT: '0', LICET_ADMIN_TOKEN: ADMIN_TOKEN, LICET_LOG_LEVEL: 'error' }
  const child = spawn(place, ['serve'], { ...env, ...place.env })
  child.stdout.pipeTo(new WritableStream()).catch(() => undefined)
  const url = await readUrl(child.stderr)

  async function send(method: string, path: string, body?: unknown, headers = {}): Promise<Answer> {
    const init: RequestInit = {
      method,
      headers: {
        authorization: `Bearer ${ADMIN_TOKEN}`,
        'content-type': 'application/json',
        ...headers,
      },
    }
    if (body !== undefined) init.body = typeof body === 'string' ? body : JSON.stringify(body)
    return readAnswer(await fetch(url + path, init))
  }

  async function kill(): Promise<void> {
    child.kill('SIGKILL')
    await child.exited
  }

  return {
    url,
    port: Number(new URL(url).port),
    send,
    stop: () => {
      child.kill('SIGTERM')
      return child.exited
    },
    kill,
    [Symbol.asyncDispose]: kill,
  }
}

/** Runs a command to its end. Answers what it printed; throws with what it complained of. */
export async function runCommand(place: Place, ...args: readonly string[]): Promise<string> {
  const child = spawn(place, args, {})
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()])
  if ((await child.exited) === 0) return stdout.trim()
  throw new Error(`licet ${args.join(' ')} failed: ${stderr}`)
}

function spawn({ program, cwd, dataDirectory }: Place, args: readonly string[], env: object) {
  return Bun.spawn([...commandOf(program), ...args], {
    cwd,
    env: { PATH: process.env.PATH, LICET_DATA_DIR: dataDirectory, ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
}

function commandOf(program: Program): readonly string[] {
  if (program === 'source') return [process.execPath, join(root, 'src/main.ts')]
  if (existsSync(binary)) return [binary]
  throw new Error('There is no dist/licet. Run scripts/build, or scripts/test, which builds it.')
}

/** Reads on behind the address, so that the server never waits for somebody to listen. */
async function readUrl(stderr: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stderr.getReader()
  const decoder = new TextDecoder()
  let said = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) throw new Error(`The server ended instead of listening. It said: ${said}`)
    said += decoder.decode(value, { stream: true })
    const url = /Licet answers at (\S+) /.exec(said)?.[1]
    if (url === undefined) continue
    reader.releaseLock()
    stderr.pipeTo(new WritableStream()).catch(() => undefined)
    return url
  }
}
