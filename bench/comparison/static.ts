import { verdict } from './verdict.ts'

/** Sends the same bytes for every request without reading it: the ceiling of the load generator. */
const body = JSON.stringify(verdict)
const response = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
)
const server = Bun.listen({
  hostname: '127.0.0.1',
  port: 0,
  socket: {
    data(socket) {
      socket.write(response)
    },
  },
})
console.error(`http://127.0.0.1:${server.port}`)
