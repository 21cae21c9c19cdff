import type { Visit, WaitUntil } from './options.ts'

/** Returns the visit in a Worker of Cloudflare: `fetch(request, env, context)`. */
export function fromCloudflare(request: Request, context: { waitUntil: WaitUntil }): Visit {
  const { cf } = request as Request & { readonly cf?: { readonly country?: string } }
  return {
    address: request.headers.get('cf-connecting-ip'),
    country: cf?.country,
    waitUntil: (promise) => context.waitUntil(promise),
  }
}

/** Returns the visit on Vercel, whose middleware gets a context with `waitUntil`. */
export function fromVercel({ headers }: Request, waitUntil?: WaitUntil): Visit {
  return {
    address: headers.get('x-real-ip'),
    country: headers.get('x-vercel-ip-country'),
    waitUntil,
  }
}

/** Returns the visit in Deno, from the second argument that `Deno.serve` passes. */
export function fromDeno({ remoteAddr }: { readonly remoteAddr: object }): Visit {
  const { hostname } = remoteAddr as { readonly hostname?: string }
  return { address: hostname }
}
