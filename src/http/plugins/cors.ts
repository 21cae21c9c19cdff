import { Elysia } from 'elysia'
import { clientRoutes, pathOf } from './auth.ts'

const PREFLIGHT_SECONDS = '86400'

/** Pages and webviews of any origin may call app routes, without credentials; no other route. */
export const cors = new Elysia({ name: 'cors' }).onRequest(({ request, set }) => {
  if (!clientRoutes.has(pathOf(request.url))) return
  set.headers['access-control-allow-origin'] = '*'
  if (request.method !== 'OPTIONS') return
  set.status = 204
  set.headers['access-control-allow-methods'] = 'POST, OPTIONS'
  set.headers['access-control-allow-headers'] = 'content-type, x-request-id'
  set.headers['access-control-max-age'] = PREFLIGHT_SECONDS
  return ''
})
