import { connect, type Socket } from 'node:net'

/** A raw TCP connection. */
export interface RawConnection {
  write(text: string): void
  /** Resolves when the data received so far matches. */
  until(pattern: RegExp): Promise<void>
  /** Resolves with all data received once the other side closes the connection. */
  untilClosed(): Promise<string>
}

export async function openConnection(port: number): Promise<RawConnection> {
  const socket = await connectTo(port)
  let received = ''
  let isClosed = false
  let change = Promise.withResolvers<void>()
  const notify = () => {
    change.resolve()
    change = Promise.withResolvers<void>()
  }
  socket.on('data', (data) => {
    received += data.toString('latin1')
    notify()
  })
  socket.on('close', () => {
    isClosed = true
    notify()
  })
  // A write to a closed connection is not an error here: the test checks what it received.
  socket.on('error', () => undefined)

  return {
    write: (text) => void socket.write(text, 'latin1'),
    until: async (pattern) => {
      while (!pattern.test(received)) {
        if (isClosed) throw new Error(`The connection was closed after: ${received}`)
        await change.promise
      }
    },
    untilClosed: async () => {
      while (!isClosed) await change.promise
      return received
    },
  }
}

/** Sends a request as is and returns everything received; the request must close the connection. */
export async function exchange(port: number, request: string): Promise<string> {
  const connection = await openConnection(port)
  connection.write(request)
  return connection.untilClosed()
}

/** Connects to a local port. Rejects if no process listens on it. */
export function connectTo(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    socket.once('connect', () => resolve(socket))
    socket.once('error', reject)
  })
}
