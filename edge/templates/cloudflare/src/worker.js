import { createEdge, fromCloudflare, workersKv } from 'licet-edge'

let edge

export default {
  fetch(request, env, context) {
    edge ??= createEdge({
      primary: env.LICET_PRIMARY,
      token: env.LICET_EDGE_TOKEN,
      webhookSecret: env.LICET_WEBHOOK_SECRET,
      cache: workersKv(env.LICET_FACTS),
    })
    return edge(request, fromCloudflare(request, context))
  },
}
