import { buildRequests, isComplete } from './load.ts'

/** Sends validations at a steady rate from a process of its own. Arguments: the port, a file of keys. */

const CONNECTIONS = 50
const INTERVAL_MS = 100
const EXPECTED = '"valid":true'

export interface Waits {
  readonly count: number
  readonly p50Ms: number
  readonly longestMs: number
}

if (import.meta.main) await start(Number(process.argv[2]), process.argv[3] ?? '')

async function start(port: number, keysPath: string): Promise<void> {
  const bodies: unknown[] = await Bun.file(keysPath).json()
  const { bytes, offsets } = buildRequests(bodies)
  let waitsMs: number[] = []
  let next = 0

  async function connect(delayMs: number): Promise<void> {
    let dueAtMs = performance.now() + delayMs
    let received = ''
    const send = (socket: Bun.Socket) => {
      const index = next++ % bodies.length
      const begin = offsets[index] ?? 0
      socket.write(bytes, begin, (offsets[index + 1] ?? 0) - begin)
    }
    // From when it was due, so that what could not be sent in time counts as well.
    const sendWhenDue = (socket: Bun.Socket) =>
      void setTimeout(send, Math.max(0, dueAtMs - performance.now()), socket)
    await Bun.connect({
      hostname: '127.0.0.1',
      port,
      socket: {
        open: sendWhenDue,
        data(socket, chunk) {
          received += chunk.toString('latin1')
          if (!isComplete(received)) return
          if (!received.includes(EXPECTED)) throw new Error(`No valid verdict:\n${received}`)
          const nowMs = performance.now()
          waitsMs.push(nowMs - dueAtMs)
          received = ''
          dueAtMs = Math.max(dueAtMs + INTERVAL_MS, nowMs)
          sendWhenDue(socket)
        },
      },
    })
  }

  process.on('message', () => {
    const sorted = waitsMs.sort((one, other) => one - other)
    waitsMs = []
    const waits: Waits = {
      count: sorted.length,
      p50Ms: sorted[sorted.length >> 1] ?? 0,
      longestMs: sorted.at(-1) ?? 0,
    }
    process.send?.(waits)
  })
  const delays = Array.from(
    { length: CONNECTIONS },
    (_, index) => (index * INTERVAL_MS) / CONNECTIONS,
  )
  await Promise.all(delays.map(connect))
  process.send?.('ready')
}
