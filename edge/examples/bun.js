// A server with Bun: bun bun.js
import { createEdge, memory } from 'licet-edge'

const edge = createEdge({
  primary: process.env.LICET_PRIMARY,
  token: process.env.LICET_EDGE_TOKEN,
  webhookSecret: process.env.LICET_WEBHOOK_SECRET,
  cache: memory(),
})

Bun.serve({
  port: process.env.PORT ?? 8000,
  fetch: (request, server) => edge(request, { address: server.requestIP(request)?.address }),
})
