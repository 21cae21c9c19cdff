import { verdict } from './verdict.ts'

/** Answers whatever comes with the same bytes, reading none of it: what the generator can reach. */
const body = JSON.stringify(verdict)
const answer = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
)
const server = Bun.listen({
  hostname: '127.0.0.1',
  port: 0,
  socket: {
    data(socket) {
      socket.write(answer)
    },
  },
})
console.error(`http://127.0.0.1:${server.port}`)
