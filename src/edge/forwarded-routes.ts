import { Elysia } from 'elysia'
import { readBody } from '~/http/plugins/bodies.ts'
import { requestState } from '~/http/plugins/requests.ts'
import { openOptions, readRules } from '~/http/plugins/route-options.ts'
import { clientRoutes } from './client-routes.ts'
import type { Forward } from './forward.ts'

/** All client routes, each of which lets the primary respond. */
export function forwardedRoutes(forward: Forward) {
  const app = new Elysia().macro(openOptions)
  for (const { method, path, credential } of clientRoutes) {
    app.route(
      method,
      path,
      async ({ request }) => {
        const { id: requestId } = requestState(request)
        const body = method === 'POST' ? await readBody(request, bodyBytesMax) : null
        return forward({ request, requestId, body })
      },
      { credential, parse: 'none' },
    )
  }
  return app
}

/** That of every client route, as it declares none of its own. */
const { bodyBytesMax } = readRules({ method: 'POST', path: '', hooks: {} })
