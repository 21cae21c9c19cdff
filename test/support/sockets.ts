import { connect, type Socket } from 'node:net'

/** A connection on which every byte is the test's own. */
export interface Conversation {
  write(text: string): void
  /** Resolves when what was received matches. */
  until(pattern: RegExp): Promise<void>
  /** Resolves with all that was received when the other side closes. */
  untilClosed(): Promise<string>
}

export async function converse(port: number): Promise<Conversation> {
  const socket = await open(port)
  let received = ''
  let isClosed = false
  let news = Promise.withResolvers<void>()
  const tell = () => {
    news.resolve()
    news = Promise.withResolvers<void>()
  }
  socket.on('data', (data) => {
    received += data.toString('latin1')
    tell()
  })
  socket.on('close', () => {
    isClosed = true
    tell()
  })
  // Whoever writes to a server that has hung up learns it from what was received.
  socket.on('error', () => undefined)

  return {
    write: (text) => void socket.write(text, 'latin1'),
    until: async (pattern) => {
      while (!pattern.test(received)) {
        if (isClosed) throw new Error(`The connection was closed after: ${received}`)
        await news.promise
      }
    },
    untilClosed: async () => {
      while (!isClosed) await news.promise
      return received
    },
  }
}

/** Sends one request as it stands and answers all that comes back; it must end the connection. */
export async function exchange(port: number, request: string): Promise<string> {
  const conversation = await converse(port)
  conversation.write(request)
  return conversation.untilClosed()
}

/** Rejects when nobody listens. */
export function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    socket.once('connect', () => resolve(socket))
    socket.once('error', reject)
  })
}
