import { Elysia } from 'elysia'
import { pathOf } from './requests.ts'
import type { RouteIndex } from './route-index.ts'

const PREFLIGHT_SECONDS = '86400'

/** Allows pages and webviews of any origin to call client routes, without credentials. */
export const cors = ({ credentialOf }: RouteIndex) =>
  new Elysia({ name: 'cors' }).onRequest(({ request, set }) => {
    if (credentialOf(pathOf(request.url)) !== 'license key') return
    set.headers['access-control-allow-origin'] = '*'
    if (request.method !== 'OPTIONS') return
    set.status = 204
    set.headers['access-control-allow-methods'] = 'POST, OPTIONS'
    set.headers['access-control-allow-headers'] = 'content-type, x-request-id'
    set.headers['access-control-max-age'] = PREFLIGHT_SECONDS
    return ''
  })
