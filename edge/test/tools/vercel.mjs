// Calls the example for Vercel, as its routing middleware does. Redis over HTTP is a server in this process.
import { createServer } from 'node:http'

const values = new Map()
const redis = createServer(async (incoming, outgoing) => {
  const [name, key, value] = JSON.parse((await incoming.toArray()).join(''))
  if (name === 'SET') values.set(key, value)
  const result = name === 'SET' ? 'OK' : (values.get(key) ?? null)
  outgoing.end(JSON.stringify({ result }))
})
await new Promise((resolve) => redis.listen(0, '127.0.0.1', resolve))
process.env.KV_REST_API_URL = `http://127.0.0.1:${redis.address().port}`
process.env.KV_REST_API_TOKEN = 'a-fake-token'

const { default: middleware } = await import('./middleware.js')
const server = createServer(async (incoming, outgoing) => {
  const { method, url } = incoming
  const headers = { ...incoming.headers, 'x-real-ip': '203.0.113.9' }
  const body = method === 'GET' ? null : Buffer.concat(await incoming.toArray())
  const request = new Request(`https://app.example${url}`, { method, headers, body })
  const response = await middleware(request, { waitUntil: () => undefined })
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  outgoing.end(await response.text())
})
server.listen(process.env.PORT, '127.0.0.1')
