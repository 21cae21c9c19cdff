import { expect, test } from 'bun:test'
import { streamTexts } from '~/http/management/streams.ts'
import { nextTurn } from '~/turns.ts'
import { connectTo } from '../../support/sockets.ts'

const TEXT = 'x'.repeat(100_000)
const TEXTS_MAX = 2000
const REQUEST = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'

/** Serves a download of 200 MB, and shows how much of it was produced. */
function serveDownload() {
  const ended = Promise.withResolvers<void>()
  const state = { produced: 0 }
  async function* produce(): AsyncGenerator<string, void> {
    try {
      for (; state.produced < TEXTS_MAX; state.produced += 1) yield TEXT
    } finally {
      ended.resolve()
    }
  }
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: async () => new Response(await streamTexts(produce(), { error: () => undefined })),
  })
  return { state, ended: ended.promise, server, port: server.port ?? 0 }
}

test('streams: a reader that stops reading stops the work, and leaving ends it', async () => {
  const { state, ended, server, port } = serveDownload()
  const socket = await connectTo(port)
  const first = new Promise((resolve) => socket.once('data', resolve))
  socket.write(REQUEST)
  await first
  socket.pause()
  // The buffers of the system fill up, and then nothing more is produced.
  for (let turn = 0; turn < 5 * TEXTS_MAX; turn += 1) await nextTurn()
  expect(state.produced).toBeLessThan(TEXTS_MAX / 4)
  socket.destroy()
  await ended
  expect(state.produced).toBeLessThan(TEXTS_MAX / 4)
  await server.stop(true)
})

test('streams: a failure before the first text is an error, a later one breaks the connection', async () => {
  async function* fail(texts: number): AsyncGenerator<string, void> {
    for (let index = 0; index < texts; index += 1) yield TEXT
    throw new Error('the disk is gone')
  }
  const errors: unknown[] = []
  const log = { error: (error: unknown) => void errors.push(error) }
  await expect(streamTexts(fail(0), log)).rejects.toThrow('the disk is gone')
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: async () => new Response(await streamTexts(fail(3), log)),
  })
  const read = fetch(server.url).then((response) => response.text())
  await expect(read).rejects.toThrow()
  expect(errors).toHaveLength(1)
  await server.stop(true)
})
