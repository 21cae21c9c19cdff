import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** One direction. It also applies to connections that are open already. */
export interface Line {
  readonly delayMs: number
  /** Shared by all connections. */
  readonly bytesPerSecond: number
  /** Bytes disappear, and neither side learns of it. */
  readonly isDead: boolean
}

export interface Conditions {
  readonly toServer: Line
  readonly toClient: Line
  /** New connections are reset. */
  readonly isRefusing: boolean
}

/** A network between clients and a server: a TCP proxy on its own port, with conditions that change. */
export interface Network extends AsyncDisposable {
  readonly port: number
  readonly url: string
  /** Starts from perfect conditions. Connections that lost bytes are reset once both lines work again. */
  change(conditions: {
    readonly toServer?: Partial<Line>
    readonly toClient?: Partial<Line>
    readonly isRefusing?: boolean
  }): void
  /** Resets all connections that are open. */
  cut(): void
  /** Sends new connections to another port of this machine. */
  redirect(port: number): void
  readonly connectionCount: () => number
  /** Returns how many connections were reset so far. */
  readonly resetCount: () => number
  /** Returns how many bytes are on their way. */
  readonly delayedBytesCount: () => number
  /** Returns how many bytes have disappeared so far. */
  readonly lostBytesCount: () => number
}

const perfectLine: Line = { delayMs: 0, bytesPerSecond: Number.POSITIVE_INFINITY, isDead: false }
const perfect: Conditions = { toServer: perfectLine, toClient: perfectLine, isRefusing: false }

type Direction = 'toServer' | 'toClient'

interface Connection {
  readonly client: Socket
  readonly server: Socket
  hasLostBytes: boolean
}

/** Starts a network on 127.0.0.1 in front of the server on this port. */
export async function openNetwork(serverPort: number): Promise<Network> {
  let conditions = perfect
  let target = serverPort
  let resetCount = 0
  let delayedBytesCount = 0
  let lostBytesCount = 0
  const connections = new Set<Connection>()
  /** When each line has sent what it was given so far. */
  const freeAtMs = { toServer: 0, toClient: 0 }

  function accept(client: Socket): void {
    if (conditions.isRefusing) {
      client.resetAndDestroy()
      return
    }
    const server = connect({ port: target, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    const connection = { client, server, hasLostBytes: false }
    connections.add(connection)
    join(connection, 'toServer')
    join(connection, 'toClient')
  }

  function join(connection: Connection, direction: Direction): void {
    const { client, server } = connection
    const [from, to] = direction === 'toServer' ? [client, server] : [server, client]
    const deliverLater = createQueue()
    const send = (bytes: number, deliver: () => void) => {
      const { delayMs, bytesPerSecond, isDead } = conditions[direction]
      if (isDead) {
        connection.hasLostBytes = true
        lostBytesCount += bytes
        return
      }
      const startsAtMs = Math.max(freeAtMs[direction], performance.now())
      freeAtMs[direction] = startsAtMs + (bytes / bytesPerSecond) * 1000
      delayedBytesCount += bytes
      deliverLater(freeAtMs[direction] + delayMs, () => {
        delayedBytesCount -= bytes
        deliver()
      })
    }
    from.setNoDelay(true)
    from.on('data', (data: Buffer) => send(data.length, () => void to.write(data)))
    from.on('end', () => send(0, () => void to.end()))
    from.on('error', () => send(0, () => void to.resetAndDestroy()))
    from.on('close', () => {
      if (from.destroyed && to.destroyed) connections.delete(connection)
    })
  }

  function reset(connection: Connection): void {
    resetCount += 1
    connection.client.resetAndDestroy()
    connection.server.resetAndDestroy()
    connections.delete(connection)
  }

  const listener = createServer({ allowHalfOpen: true, noDelay: true }, accept)
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as AddressInfo
  const cut = () => connections.forEach(reset)

  return {
    port,
    url: `http://127.0.0.1:${port}`,
    change({ toServer, toClient, isRefusing = false }) {
      conditions = {
        toServer: { ...perfectLine, ...toServer },
        toClient: { ...perfectLine, ...toClient },
        isRefusing,
      }
      if (conditions.toServer.isDead || conditions.toClient.isDead) return
      for (const connection of connections) if (connection.hasLostBytes) reset(connection)
    },
    cut,
    redirect: (next) => {
      target = next
    },
    connectionCount: () => connections.size,
    resetCount: () => resetCount,
    delayedBytesCount: () => delayedBytesCount,
    lostBytesCount: () => lostBytesCount,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => listener.close(resolve))
      cut()
      await closed
    },
  }
}

/** Returns a function that calls others at the time they are due, but never before the ones before. */
function createQueue() {
  let lastDueAtMs = 0
  const waiting: { readonly dueAtMs: number; readonly deliver: () => void }[] = []

  function deliverDue(): void {
    while (waiting[0] !== undefined && waiting[0].dueAtMs <= performance.now()) {
      waiting.shift()?.deliver()
    }
    const [next] = waiting
    if (next !== undefined) setTimeout(deliverDue, Math.ceil(next.dueAtMs - performance.now()))
  }

  return (dueAtMs: number, deliver: () => void): void => {
    const nowMs = performance.now()
    lastDueAtMs = Math.max(lastDueAtMs, dueAtMs)
    if (waiting.length === 0 && lastDueAtMs <= nowMs) {
      deliver()
      return
    }
    waiting.push({ dueAtMs: lastDueAtMs, deliver })
    if (waiting.length === 1) setTimeout(deliverDue, Math.ceil(lastDueAtMs - nowMs))
  }
}
