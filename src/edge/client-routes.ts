import type { Credential } from '~/http/plugins/route-options.ts'

/** A route that apps, pages and thank-you pages call, so an edge forwards it. */
export interface ClientRoute {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly credential: Extract<Credential, 'license key' | 'session ID' | 'public'>
}

const withKey = (path: string): ClientRoute => ({
  method: 'POST',
  path: `/api/v1${path}`,
  credential: 'license key',
})

/** The route that an edge may answer itself. */
export const validateRoute = withKey('/validate')

/** All routes of the primary that need no more than a license key, and that pages of any origin may call. */
export const clientRoutes: readonly ClientRoute[] = [
  validateRoute,
  withKey('/activate'),
  withKey('/deactivate'),
  withKey('/seats/acquire'),
  withKey('/seats/renew'),
  withKey('/seats/release'),
  withKey('/offline/activate'),
  withKey('/offline/deactivate'),
  { method: 'GET', path: '/api/v1/revocations', credential: 'public' },
  { method: 'GET', path: '/api/v1/portal/settings', credential: 'public' },
  { method: 'GET', path: '/.well-known/licet/jwks.json', credential: 'public' },
  {
    method: 'GET',
    path: '/api/v1/checkout/sessions/:provider/:session_id',
    credential: 'session ID',
  },
]
