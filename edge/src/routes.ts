const post = ['POST']
const get = ['GET', 'HEAD']

/** The routes that apps and pages call, by path: their methods. All others are for vendors. */
const routes: Readonly<Record<string, readonly string[]>> = {
  '/api/v1/validate': post,
  '/api/v1/activate': post,
  '/api/v1/deactivate': post,
  '/api/v1/seats/acquire': post,
  '/api/v1/seats/renew': post,
  '/api/v1/seats/release': post,
  '/api/v1/offline/activate': post,
  '/api/v1/offline/deactivate': post,
  '/api/v1/portal/settings': get,
  '/api/v1/revocations': get,
  '/.well-known/licet/jwks.json': get,
}
/** The page that a shop sends its buyers to. */
const CHECKOUT_SESSION = /^\/api\/v1\/checkout\/sessions\/[^/]+\/[^/]+$/

export const VALIDATE = '/api/v1/validate'
export const HOOK = '/_licet/hook'

/** Returns the methods of a client route; null for any other path. */
export function findMethods(path: string): readonly string[] | null {
  if (Object.hasOwn(routes, path)) return routes[path] ?? null
  return CHECKOUT_SESSION.test(path) ? get : null
}
