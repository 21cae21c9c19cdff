import { afterAll, expect, test } from 'bun:test'
import { closeSync, constants, openSync } from 'node:fs'
import { commandOf, Sandbox } from '../support/server.ts'

const sandbox = new Sandbox()
afterAll(() => sandbox[Symbol.dispose]())

/** Their log lines fill a pipe, which holds 64 KiB, several times. */
const REQUESTS = 2000

/** Returns the ends of a named pipe, of which nothing is read. */
function createPipe(name: string): { reader: number; writer: number } {
  const path = sandbox.at(name)
  Bun.spawnSync(['mkfifo', path])
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  return { reader, writer: openSync(path, 'w') }
}

/** Leaves standard error open: only the pipe of the log is full or closed. */
async function readUrl(stderr: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stderr.getReader()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) throw new Error(`The server did not start: ${text}`)
    text += new TextDecoder().decode(value)
    const url = /Licet is running at (\S+)/.exec(text)?.[1]
    if (url !== undefined) return url
  }
}

test.each([
  ['json', 'full'],
  ['json', 'closed'],
  ['pretty', 'full'],
  ['pretty', 'closed'],
] as const)(
  'log (%s): a %s pipe stops neither the server nor its shutdown',
  async (format, state) => {
    const { reader, writer } = createPipe(`${format}-${state}`)
    await using server = Bun.spawn([...commandOf()], {
      env: {
        PATH: process.env.PATH ?? '',
        LICET_DATA_DIR: sandbox.at(`${format}-${state}-data`),
        LICET_PORT: '0',
        LICET_LOG_FORMAT: format,
      },
      stdin: 'ignore',
      stdout: writer,
      stderr: 'pipe',
    })
    // Ends reading, so that the rest of the banner meets a closed pipe as well.
    const url = await readUrl(server.stderr)
    if (state === 'closed') closeSync(reader)
    for (let count = 0; count < REQUESTS; count += 1) {
      expect((await fetch(`${url}/livez`)).status).toBe(200)
    }
    expect(server.exitCode).toBeNull()
    server.kill('SIGTERM')
    expect(await server.exited).toBe(0)
    closeSync(writer)
    if (state === 'full') closeSync(reader)
  },
)
