import { setDefaultTimeout } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A process starts in 0.2 s, and in ten times that on a machine that does much else. */
const TEST_TIMEOUT_MS = 60_000
setDefaultTimeout(TEST_TIMEOUT_MS)

const main = join(import.meta.dir, '../../src/main.ts')

type Environment = Readonly<Record<string, string>>

/** A folder for data directories, backups and the like. The commands run in it. */
export class Workplace implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'licet-commands-'))

  /** A path in this folder. */
  at(...names: readonly string[]): string {
    return join(this.path, ...names)
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

/** Runs one command to its end, with nothing in the environment but `env`. */
export async function runLicet(
  { path }: Workplace,
  args: readonly string[],
  env: Environment = {},
): Promise<Finished> {
  const child = spawn(path, args, env)
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()])
  return { code: await child.exited, stdout, stderr }
}

export interface Server extends AsyncDisposable {
  readonly url: string
  readonly process: ReturnType<typeof spawn>
  /** All that it has said to whoever started it. */
  greeting(): string
  /** Resolves once the log holds these words. */
  untilLogged(words: string): Promise<void>
  /** Asks it to stop. Answers the exit code. */
  stop(): Promise<number>
}

/** Starts a server on a port of its own; resolves when it listens. Killed when disposed. */
export async function startServer({ path }: Workplace, env: Environment): Promise<Server> {
  const child = spawn(path, ['serve'], { LICET_PORT: '0', ...env })
  const log = follow(child.stdout)
  const greeting = follow(child.stderr)
  await greeting.until('/swagger)')
  await log.until('"listening"')
  const url = /Licet answers at (\S+)/.exec(greeting.text())?.[1] ?? ''
  return {
    url,
    process: child,
    greeting: greeting.text,
    untilLogged: log.until,
    stop: () => {
      child.kill('SIGTERM')
      return child.exited
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await child.exited
    },
  }
}

export function spawn(cwd: string, args: readonly string[], env: Environment) {
  return Bun.spawn([process.execPath, main, ...args], {
    cwd,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
}

/** Reads a stream as it comes, so that its writer never waits. */
function follow(stream: ReadableStream<Uint8Array>) {
  let text = ''
  let isEnded = false
  let news = Promise.withResolvers<void>()
  const tell = () => {
    news.resolve()
    news = Promise.withResolvers<void>()
  }

  async function read(): Promise<void> {
    const decoder = new TextDecoder()
    for await (const chunk of stream) {
      text += decoder.decode(chunk, { stream: true })
      tell()
    }
    isEnded = true
    tell()
  }

  async function until(words: string): Promise<void> {
    while (!text.includes(words)) {
      if (isEnded) throw new Error(`It ended without saying ${words}. It said: ${text}`)
      await news.promise
    }
  }

  read().catch(() => undefined)
  return { text: () => text, until }
}
