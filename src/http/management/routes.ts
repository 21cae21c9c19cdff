import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import type { ClientParts } from '../client/find-license.ts'
import { validateRoutes } from '../client/validate.ts'
import type { CommandsPlugin } from '../plugins/commands.ts'
import { activationRoutes, clientActivationRoutes } from './activations.ts'
import { apiKeyRoutes } from './api-keys.ts'
import { customerRoutes } from './customers.ts'
import { deliveryRoutes } from './deliveries.ts'
import { eventRoutes } from './events.ts'
import { explainRoutes } from './explain.ts'
import { licenseLifecycleRoutes } from './license-actions.ts'
import { licenseBulkRoutes } from './license-bulk.ts'
import { licenseRoutes } from './licenses.ts'
import { planRoutes } from './plans.ts'
import { productRoutes } from './products.ts'
import { clientSeatRoutes, seatRoutes } from './seats.ts'
import { licenseUsageRoutes, usageRoutes } from './usage.ts'
import { usageExportRoutes } from './usage-export.ts'
import { webhookRoutes } from './webhooks.ts'

interface RouteParts extends ClientParts {
  readonly commands: CommandsPlugin
}

/** Every route of the API, a file per noun. */
export const managementRoutes = (deps: Deps, { commands, ...parts }: RouteParts) =>
  new Elysia({ prefix: '/api/v1' })
    .use(productRoutes(deps, commands))
    .use(planRoutes(deps, commands))
    .use(licenseRoutes(deps, commands))
    .use(licenseLifecycleRoutes(deps, commands))
    .use(licenseBulkRoutes(deps, commands))
    .use(explainRoutes(deps, commands))
    .use(licenseUsageRoutes(deps, commands))
    .use(usageRoutes(deps, commands))
    .use(customerRoutes(deps, commands))
    .use(usageExportRoutes(deps, commands))
    .use(eventRoutes(deps, commands))
    .use(webhookRoutes(deps, commands))
    .use(deliveryRoutes(deps, commands))
    .use(apiKeyRoutes(deps, commands))
    .use(activationRoutes(deps, commands))
    .use(seatRoutes(deps, commands))
    .use(validateRoutes(deps, parts))
    .use(clientActivationRoutes(deps, parts))
    .use(clientSeatRoutes(deps, parts))
