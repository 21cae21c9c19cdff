import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import type { PortalParts } from '../plugins/portal-auth.ts'
import { portalActivationRoutes } from './activations.ts'
import { portalCodeRoutes } from './codes.ts'
import { portalFileRoutes } from './license-files.ts'
import { portalLicenseRoutes } from './licenses.ts'
import { portalSessionRoutes } from './session.ts'
import { portalSettingsRoutes } from './settings.ts'

/** The routes of the portal, which customers call from its pages, a file per noun. */
export const portalRoutes = (deps: Deps, parts: PortalParts) =>
  new Elysia({ prefix: '/api/v1/portal' })
    .use(portalSettingsRoutes(deps))
    .use(portalCodeRoutes(deps, parts))
    .use(portalSessionRoutes(deps, parts))
    .use(portalLicenseRoutes(deps, parts))
    .use(portalActivationRoutes(deps, parts))
    .use(portalFileRoutes(deps, parts))
