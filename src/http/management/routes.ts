import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import type { Scopes } from '../plugins/scopes.ts'
import { activationRoutes } from './activations.ts'
import { apiKeyRoutes } from './api-keys.ts'
import { customerRoutes } from './customers.ts'
import { deliveryRoutes } from './deliveries.ts'
import { eventRoutes } from './events.ts'
import { explainRoutes } from './explain.ts'
import { licenseActionRoutes, licenseRenewalRoutes } from './license-actions.ts'
import { licenseBulkRoutes } from './license-bulk.ts'
import { licenseCreationRoutes } from './license-creation.ts'
import { licenseUsageRoutes } from './license-usage.ts'
import { licenseItemRoutes, licenseRoutes } from './licenses.ts'
import { planChangeRoutes, planRoutes } from './plans.ts'
import { productRoutes } from './products.ts'
import { seatRoutes } from './seats.ts'
import { usageRoutes } from './usage.ts'
import { usageExportRoutes } from './usage-export.ts'
import { webhookActionRoutes } from './webhook-actions.ts'
import { webhookItemRoutes, webhookRoutes } from './webhooks.ts'

/** The routes that vendors call with an API key, a file per noun. */
export const managementRoutes = (deps: Deps, scopes: Scopes) =>
  new Elysia({ prefix: '/api/v1' })
    .use(productRoutes(deps, scopes))
    .use(planRoutes(deps, scopes))
    .use(planChangeRoutes(deps, scopes))
    .use(licenseCreationRoutes(deps, scopes))
    .use(licenseRoutes(deps, scopes))
    .use(licenseItemRoutes(deps, scopes))
    .use(licenseActionRoutes(scopes))
    .use(licenseRenewalRoutes(deps, scopes))
    .use(licenseBulkRoutes(deps, scopes))
    .use(explainRoutes(deps, scopes))
    .use(licenseUsageRoutes(deps, scopes))
    .use(usageRoutes(deps, scopes))
    .use(customerRoutes(deps, scopes))
    .use(usageExportRoutes(deps, scopes))
    .use(eventRoutes(deps, scopes))
    .use(webhookRoutes(deps, scopes))
    .use(webhookItemRoutes(deps, scopes))
    .use(webhookActionRoutes(deps, scopes))
    .use(deliveryRoutes(deps, scopes))
    .use(apiKeyRoutes(deps, scopes))
    .use(activationRoutes(deps, scopes))
    .use(seatRoutes(deps, scopes))
