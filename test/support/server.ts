import { cpSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { readResponse, type TestResponse } from './app.ts'
import { createScratchDirectory } from './scratch.ts'

const root = join(import.meta.dir, '../..')
const binary = join(root, 'dist/licet')

/** The two ways to start Licet. */
export const programs = ['source', 'binary'] as const
export type Program = (typeof programs)[number]

export const ADMIN_TOKEN = 'the-token-of-the-admin-in-tests'

type Environment = Readonly<Record<string, string>>

/** How Licet is started. Its data directory is `data` in `cwd`, unless `env` says otherwise. */
export interface Launch {
  readonly cwd: string
  /** By default the one that TEST_PROGRAM names, or else the source. */
  readonly program?: Program
  readonly env?: Environment
  /** Shell commands that are run before, such as limits. They end with a semicolon. */
  readonly shell?: string
  /** Whether these commands may mount, which only this process then sees. */
  readonly namespace?: boolean
}

/** A temporary directory to start Licet in. It is deleted when disposed. */
export class Sandbox implements Launch, Disposable {
  readonly path = createScratchDirectory()

  get cwd(): string {
    return this.path
  }

  /** Returns a path in this directory. */
  at(...names: readonly string[]): string {
    return join(this.path, ...names)
  }

  #copies = 0

  /** Copies a directory into this one. Returns the path of the copy. */
  copy(directory: string): string {
    this.#copies += 1
    const copy = this.at(`copy-${this.#copies}`)
    cpSync(directory, copy, { recursive: true })
    return copy
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true })
  }
}

export interface Finished {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs one command to its end. Its environment contains only `env` and that of `launch`. */
export async function runLicet(
  launch: Launch,
  args: readonly string[],
  env: Environment = {},
): Promise<Finished> {
  const child = spawn(launch, args, env)
  const [stdout, stderr] = await Promise.all([readText(child.stdout), readText(child.stderr)])
  return { code: await child.exited, stdout, stderr }
}

const readText = (stream: ReadableStream<Uint8Array>) => new Response(stream).text()

/** A process that listens. */
export interface ListeningProcess extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly process: ReturnType<typeof spawn>
  /** Returns what the server has printed to standard error so far. */
  banner(): string
  /** Resolves once the log contains this text, as often as `count` says. */
  waitForLog(text: string, count?: number): Promise<void>
  /** Sends SIGTERM. Returns the exit code. */
  stop(): Promise<number>
  /** Sends SIGKILL. */
  kill(): Promise<void>
}

export interface ServerProcess extends ListeningProcess {
  /** Sends JSON with the admin token; `headers` override the defaults. Rejects after the timeout, if there is one. */
  send(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
    timeoutMs?: number,
  ): Promise<TestResponse>
}

/**
 * Starts a server on a free port and resolves once it listens; it is killed when disposed. `env`
 * replaces the default, which sets the admin token.
 */
export async function startServer(
  launch: Launch,
  env: Environment = { LICET_ADMIN_TOKEN: ADMIN_TOKEN },
): Promise<ServerProcess> {
  const server = await listen(spawn(launch, ['serve'], { LICET_PORT: '0', ...env }), '/swagger)')
  return {
    ...server,
    send: (method, path, body, headers, timeoutMs) =>
      sendJson(server.url + path, method, body, headers, timeoutMs),
  }
}

/** Starts an edge on a free port and resolves once it listens; it is killed when disposed. */
export function startEdge(
  launch: Launch,
  primaryUrl: string,
  args: readonly string[] = [],
): Promise<ListeningProcess> {
  const words = ['edge', '--primary', primaryUrl, ...args]
  return listen(spawn(launch, words, { LICET_PORT: '0' }), `an edge of ${primaryUrl} at http`)
}

/** Resolves once a process has printed its address, and then the text. */
async function listen(child: ReturnType<typeof spawn>, printed: string): Promise<ListeningProcess> {
  const log = follow(child.stdout)
  const banner = follow(child.stderr)
  await banner.waitFor(printed)
  const url = /is running .*?at (http\S+)/.exec(banner.text())?.[1] ?? ''

  async function kill(): Promise<void> {
    child.kill('SIGKILL')
    await child.exited
  }

  return {
    url,
    port: Number(new URL(url).port),
    process: child,
    banner: banner.text,
    waitForLog: log.waitFor,
    stop: () => {
      child.kill('SIGTERM')
      return child.exited
    },
    kill,
    [Symbol.asyncDispose]: kill,
  }
}

async function sendJson(
  url: string,
  method: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  timeoutMs?: number,
): Promise<TestResponse> {
  const defaults = {
    authorization: `Bearer ${ADMIN_TOKEN}`,
    'content-type': 'application/json',
  }
  const init: RequestInit = { method, headers: { ...defaults, ...headers } }
  if (timeoutMs !== undefined) init.signal = AbortSignal.timeout(timeoutMs)
  if (body !== undefined) init.body = typeof body === 'string' ? body : JSON.stringify(body)
  return readResponse(await fetch(url, init))
}

export function spawn(
  { program, cwd, env, shell, namespace }: Launch,
  args: readonly string[],
  more: Environment,
) {
  const command = [...commandOf(program), ...args]
  const inShell = ['sh', '-c', `${shell ?? ''} exec "$@"`, 'sh', ...command]
  const prepared = namespace === true ? ['unshare', '-rm', ...inShell] : inShell
  return Bun.spawn(shell === undefined ? command : prepared, {
    cwd,
    env: { PATH: process.env.PATH ?? '', ...env, ...more },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
}

// scripts/test sets it to the binary, which starts three times as fast as the source.
const defaultProgram: Program = process.env.TEST_PROGRAM === 'binary' ? 'binary' : 'source'

/** Returns the words that start a program. */
export function commandOf(program: Program = defaultProgram): readonly string[] {
  if (program === 'source') return [process.execPath, join(root, 'src/main.ts')]
  if (existsSync(binary)) return [binary]
  throw new Error('There is no dist/licet. Run scripts/build, or scripts/test, which builds it.')
}

/** Reads a stream as it arrives, so that the process never blocks on a full pipe. */
function follow(stream: ReadableStream<Uint8Array>) {
  let text = ''
  let isEnded = false
  let change = Promise.withResolvers<void>()
  const notify = () => {
    change.resolve()
    change = Promise.withResolvers<void>()
  }

  async function read(): Promise<void> {
    const decoder = new TextDecoder()
    for await (const chunk of stream) {
      text += decoder.decode(chunk, { stream: true })
      notify()
    }
    isEnded = true
    notify()
  }

  async function waitFor(expected: string, count = 1): Promise<void> {
    while (text.split(expected).length <= count) {
      if (isEnded) throw new Error(`The process ended without printing ${expected}: ${text}`)
      await change.promise
    }
  }

  read().catch(() => undefined)
  return { text: () => text, waitFor }
}
