import type { Network } from '../../../support/network.ts'
import type { ClusterEdge, EdgePlan, OpenEdge } from './cluster.ts'

const nothing = async () => undefined

function standIn(plan: EdgePlan, network: Network, url: string): ClusterEdge {
  return {
    ...plan,
    network,
    url: () => url,
    start: nothing,
    kill: async () => network.cut(),
    signal: () => undefined,
    countWaiting: async () => 0,
    countConfirmed: async () => 0,
    startTwin: () => Promise.reject(new Error('Only an edge has a token.')),
  }
}

/** Returns the network to the primary, without an edge. */
export const openNetworkOnly: OpenEdge = async (plan, network) => ({
  ...standIn(plan, network, network.url),
  [Symbol.asyncDispose]: nothing,
})

/** Starts a cache that repeats each valid answer for a while, whatever happens at the primary. */
export function createOpenCache(repeatsForMs: number): OpenEdge {
  return async (plan, network) => {
    const valid = new Map<string, { readonly text: string; readonly untilMs: number }>()
    const server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      error: () => new Response('The primary does not respond.', { status: 503 }),
      async fetch(request) {
        const { pathname } = new URL(request.url)
        const body = await request.text()
        const known = valid.get(pathname + body)
        const headers = { 'content-type': 'application/json' }
        if (known !== undefined && performance.now() < known.untilMs) {
          return new Response(known.text, { headers })
        }
        const address = request.headers.get('x-forwarded-for') ?? ''
        const response = await fetch(network.url + pathname, {
          method: 'POST',
          body,
          headers: { ...headers, 'x-forwarded-for': address },
        })
        const text = await response.text()
        if (text.includes('"valid":true')) {
          valid.set(pathname + body, { text, untilMs: performance.now() + repeatsForMs })
        }
        return new Response(text, { status: response.status, headers })
      },
    })
    return {
      ...standIn(plan, network, `http://127.0.0.1:${server.port}`),
      [Symbol.asyncDispose]: () => server.stop(true),
    }
  }
}
