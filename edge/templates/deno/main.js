import { createEdge, denoKv, fromDeno } from 'licet-edge'

const edge = createEdge({
  primary: Deno.env.get('LICET_PRIMARY'),
  token: Deno.env.get('LICET_EDGE_TOKEN'),
  webhookSecret: Deno.env.get('LICET_WEBHOOK_SECRET'),
  cache: denoKv(await Deno.openKv(Deno.env.get('LICET_KV'))),
})

Deno.serve({ port: Number(Deno.env.get('PORT') ?? 8000) }, (request, info) =>
  edge(request, fromDeno(info)),
)
