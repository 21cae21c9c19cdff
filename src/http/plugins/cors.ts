import { Elysia } from 'elysia'
import { pathOf } from './requests.ts'
import type { RouteIndex } from './route-index.ts'
import type { Credential } from './route-options.ts'

const PREFLIGHT_SECONDS = '86400'

/** Lets pages of any origin read responses, and the headers with which SDKs set clocks and retries. */
export const corsHeaders = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'date, ratelimit, ratelimit-policy, retry-after, x-request-id',
}

/** The methods that pages of any origin may use, by the credential of the route. */
const methods: Partial<Record<Credential, string>> = {
  'license key': 'POST, OPTIONS',
  'session ID': 'GET, HEAD, OPTIONS',
  public: 'GET, HEAD, OPTIONS',
}

/** Allows pages and webviews of any origin to call some routes, without cookies. */
export const cors = ({ credentialOf }: RouteIndex) =>
  new Elysia({ name: 'cors' }).onRequest(({ request, set }) => {
    const allowed = methods[credentialOf(pathOf(request.url))]
    if (allowed === undefined) return
    Object.assign(set.headers, corsHeaders)
    if (request.method !== 'OPTIONS') return
    set.status = 204
    set.headers['access-control-allow-methods'] = allowed
    set.headers['access-control-allow-headers'] = 'content-type, x-request-id'
    set.headers['access-control-max-age'] = PREFLIGHT_SECONDS
    return ''
  })
