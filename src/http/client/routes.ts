import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { clientActivationRoutes } from './activations.ts'
import type { ClientParts } from './find-license.ts'
import { offlineRoutes } from './offline.ts'
import { revocationRoutes } from './revocations.ts'
import { clientSeatRoutes } from './seats.ts'
import { validateRoutes } from './validate.ts'

/** The routes that the vendor's apps call, with a license key or none, a file per noun. */
export const clientRoutes = (deps: Deps, parts: ClientParts) =>
  new Elysia({ prefix: '/api/v1' })
    .use(validateRoutes(deps, parts))
    .use(clientActivationRoutes(deps, parts))
    .use(clientSeatRoutes(deps, parts))
    .use(offlineRoutes(deps, parts))
    .use(revocationRoutes(deps))
