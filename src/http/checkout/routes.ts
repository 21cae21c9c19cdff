import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import type { ClientAddressOf } from '../plugins/client-address.ts'
import type { RateLimit } from '../plugins/rate-limits.ts'
import { checkoutInboxRoutes } from './inbox.ts'
import { checkoutSessionRoutes } from './sessions.ts'

interface CheckoutParts {
  readonly rateLimit: RateLimit
  readonly clientAddressOf: ClientAddressOf
}

/** The routes that shops and thank-you pages call without an API key. */
export const checkoutRoutes = (deps: Deps, parts: CheckoutParts) =>
  new Elysia({ prefix: '/api/v1' })
    .use(checkoutInboxRoutes(deps, parts))
    .use(checkoutSessionRoutes(deps, parts))
