// A server with Node.js 20 or later: node node.js
import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createEdge, memory } from 'licet-edge'

const edge = createEdge({
  primary: process.env.LICET_PRIMARY,
  token: process.env.LICET_EDGE_TOKEN,
  webhookSecret: process.env.LICET_WEBHOOK_SECRET,
  cache: memory(),
})

const server = createServer(async (incoming, outgoing) => {
  try {
    const response = await edge(toRequest(incoming), { address: incoming.socket.remoteAddress })
    outgoing.writeHead(response.status, Object.fromEntries(response.headers))
    if (response.body === null) outgoing.end()
    else await pipeline(Readable.fromWeb(response.body), outgoing)
  } catch {
    outgoing.destroy()
  }
})
server.listen(process.env.PORT ?? 8000)

function toRequest(incoming) {
  const { method, headers, url } = incoming
  const hasBody = method !== 'GET' && method !== 'HEAD'
  return new Request(new URL(url, 'http://localhost'), {
    method,
    headers: Object.entries(headers).map(([name, value]) => [name, String(value)]),
    body: hasBody ? Readable.toWeb(incoming) : null,
    duplex: 'half',
  })
}
