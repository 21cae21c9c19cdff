// Routing middleware of Vercel: save it as middleware.js beside your vercel.json.
import { createEdge, fromVercel, redisHttp } from 'licet-edge'

const edge = createEdge({
  primary: process.env.LICET_PRIMARY,
  token: process.env.LICET_EDGE_TOKEN,
  webhookSecret: process.env.LICET_WEBHOOK_SECRET,
  cache: redisHttp({ url: process.env.KV_REST_API_URL, token: process.env.KV_REST_API_TOKEN }),
})

export const config = {
  matcher: ['/api/v1/:path*', '/.well-known/licet/jwks.json', '/_licet/hook'],
}

export default function middleware(request, context) {
  return edge(
    request,
    fromVercel(request, (promise) => context.waitUntil(promise)),
  )
}
