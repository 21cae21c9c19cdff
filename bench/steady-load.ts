import { join } from 'node:path'
import { buildRequests, isComplete, pickQuantile, type RequestSet, sendRequest } from './load.ts'

/**
 * Sends requests at a steady rate from a process of its own. A wait begins when a request is due, not
 * when it is sent, so that requests which a stalled server holds up are measured as well.
 */

const CONNECTIONS = 64
const TICK_MS = 1

export interface Waits {
  readonly count: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly longestMs: number
}

/** The requests, sent one after the other, and over again after the last. */
export interface SteadyRequests {
  readonly bodies: readonly unknown[]
  /** Validations, unless these three are given. */
  readonly path?: string
  readonly expected?: string
  /** A header of each request. */
  readonly headers?: readonly string[]
}

/** The process. Its arguments are the port, the rate per second, and a file of requests. */
if (import.meta.main) await serveWaits()

async function serveWaits(): Promise<void> {
  const [port, perSecond, requestsPath = ''] = process.argv.slice(2)
  const requests: SteadyRequests = await Bun.file(requestsPath).json()
  const takeWaits = await sendSteadily(Number(port), Number(perSecond), toSet(requests))
  process.on('message', () => process.send?.(takeWaits()))
  process.send?.('ready')
}

function toSet({ bodies, headers, ...options }: SteadyRequests): RequestSet {
  const headerOf = headers === undefined ? null : (index: number) => headers[index] ?? ''
  return buildRequests(bodies, { ...options, headerOf })
}

async function sendSteadily(port: number, perSecond: number, requests: RequestSet) {
  const count = requests.offsets.length - 1
  let waitsMs: number[] = []
  const idle: Bun.Socket<{ received: string; dueAtMs: number }>[] = []
  const connect = () =>
    Bun.connect({
      hostname: '127.0.0.1',
      port,
      data: { received: '', dueAtMs: 0 },
      socket: {
        data(socket, chunk) {
          const { data } = socket
          data.received += chunk.toString('latin1')
          if (!isComplete(data.received)) return
          if (!data.received.includes(requests.expected)) throw new Error(data.received)
          waitsMs.push(performance.now() - data.dueAtMs)
          data.received = ''
          idle.push(socket)
          sendDue()
        },
      },
    })
  idle.push(...(await Promise.all(Array.from({ length: CONNECTIONS }, connect))))

  const startedAtMs = performance.now()
  let sent = 0
  function sendDue(): void {
    const due = ((performance.now() - startedAtMs) / 1000) * perSecond
    for (; sent < due; sent += 1) {
      const socket = idle.pop()
      if (socket === undefined) return
      socket.data.dueAtMs = startedAtMs + (sent / perSecond) * 1000
      sendRequest(socket, requests, sent % count)
    }
  }
  setInterval(sendDue, TICK_MS)

  return (): Waits => {
    const sorted = Float64Array.from(waitsMs).sort()
    waitsMs = []
    return {
      count: sorted.length,
      p50Ms: pickQuantile(sorted, 0.5),
      p99Ms: pickQuantile(sorted, 0.99),
      longestMs: sorted.at(-1) ?? 0,
    }
  }
}

export interface SteadyLoad extends AsyncDisposable {
  /** Returns the waits since the last call. */
  takeWaits(): Promise<Waits>
}

/** Starts the process. `directory` receives a file of it. */
export async function startSteadyLoad(
  port: number,
  perSecond: number,
  requests: SteadyRequests,
  directory: string,
): Promise<SteadyLoad> {
  const requestsPath = join(directory, 'steady-load.json')
  await Bun.write(requestsPath, JSON.stringify(requests))
  let receive: (message: unknown) => void = () => undefined
  const nextMessage = () =>
    new Promise<unknown>((resolve) => {
      receive = resolve
    })
  const isReady = nextMessage()
  const command = [
    process.execPath,
    import.meta.path,
    String(port),
    String(perSecond),
    requestsPath,
  ]
  const child = Bun.spawn(command, {
    stdio: ['ignore', 'inherit', 'inherit'],
    ipc: (message) => receive(message),
  })
  await isReady
  return {
    takeWaits: async () => {
      const waits = nextMessage()
      child.send('take')
      return (await waits) as Waits
    },
    async [Symbol.asyncDispose]() {
      child.kill()
      await child.exited
    },
  }
}
