import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import type { EdgeBoard } from '../edge/board.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'
import { activationRoutes } from './activations.ts'
import { apiKeyRoutes } from './api-keys.ts'
import { auditRoutes } from './audit.ts'
import { backupItemRoutes, backupRoutes } from './backups.ts'
import { checkoutDryRunRoutes } from './checkout-dry-runs.ts'
import { checkoutEventRoutes } from './checkout-events.ts'
import { checkoutRuleRoutes } from './checkout-rules.ts'
import { customerRoutes } from './customers.ts'
import { deliveryRoutes } from './deliveries.ts'
import { edgeManagementRoutes } from './edges.ts'
import { eventRoutes } from './events.ts'
import { explainRoutes } from './explain.ts'
import { jobRoutes } from './jobs.ts'
import { licenseActionRoutes } from './license-actions.ts'
import { licenseBulkRoutes } from './license-bulk.ts'
import { licenseCreationRoutes } from './license-creation.ts'
import { licenseExportRoutes } from './license-export.ts'
import { licenseFileRoutes } from './license-files.ts'
import { licenseKeyRoutes } from './license-keys.ts'
import { licenseUsageRoutes } from './license-usage.ts'
import { licenseItemRoutes, licenseRoutes } from './licenses.ts'
import { mailTestRoutes } from './mail-tests.ts'
import { mailRoutes } from './mails.ts'
import { operatorRoutes } from './operators.ts'
import { overviewRoutes } from './overview.ts'
import { planEffectRoutes, planUseRoutes } from './plan-effects.ts'
import { planRoutes } from './plans.ts'
import { productRoutes } from './products.ts'
import { searchRoutes } from './search.ts'
import { seatRoutes } from './seats.ts'
import { sessionListRoutes } from './sessions.ts'
import { settingsRoutes } from './settings.ts'
import { usageRoutes } from './usage.ts'
import { usageExportRoutes } from './usage-export.ts'
import { webhookActionRoutes } from './webhook-actions.ts'
import { webhookRoutes } from './webhooks.ts'

/** The routes that vendors call with an API key, a file per noun. */
export const managementRoutes = (deps: Deps, routes: ScopedRoutes, board: EdgeBoard) =>
  new Elysia({ prefix: '/api/v1' })
    .use(catalogRoutes(deps, routes))
    .use(outboxRoutes(deps, routes))
    .use(accountRoutes(deps, routes, board))

// In groups, because TypeScript gives up on a chain of all of them.
const catalogRoutes = (deps: Deps, routes: ScopedRoutes) =>
  new Elysia()
    .use(productRoutes(deps, routes))
    .use(planRoutes(deps, routes))
    .use(planEffectRoutes(deps, routes))
    .use(planUseRoutes(deps, routes))
    .use(licenseCreationRoutes(deps, routes))
    .use(licenseRoutes(deps, routes))
    .use(licenseExportRoutes(deps, routes))
    .use(searchRoutes(deps, routes))
    .use(licenseItemRoutes(deps, routes))
    .use(licenseActionRoutes(routes))
    .use(licenseKeyRoutes(deps, routes))
    .use(licenseBulkRoutes(deps, routes))
    .use(licenseFileRoutes(deps, routes))
    .use(explainRoutes(deps, routes))
    .use(activationRoutes(deps, routes))
    .use(seatRoutes(deps, routes))

const outboxRoutes = (deps: Deps, routes: ScopedRoutes) =>
  new Elysia()
    .use(eventRoutes(deps, routes))
    .use(auditRoutes(deps, routes))
    .use(mailRoutes(deps, routes))
    .use(mailTestRoutes(deps, routes))
    .use(webhookRoutes(deps, routes))
    .use(webhookActionRoutes(deps, routes))
    .use(deliveryRoutes(deps, routes))
    .use(checkoutEventRoutes(deps, routes))
    .use(checkoutDryRunRoutes(deps, routes))
    .use(checkoutRuleRoutes(deps, routes))

const accountRoutes = (deps: Deps, routes: ScopedRoutes, board: EdgeBoard) =>
  new Elysia()
    .use(licenseUsageRoutes(deps, routes))
    .use(usageRoutes(deps, routes))
    .use(customerRoutes(deps, routes))
    .use(usageExportRoutes(deps, routes))
    .use(apiKeyRoutes(deps, routes))
    .use(operatorRoutes(deps, routes))
    .use(sessionListRoutes(deps, routes))
    .use(settingsRoutes(deps, routes))
    .use(overviewRoutes(deps, routes, board))
    .use(edgeManagementRoutes(deps, routes, board))
    .use(backupRoutes(deps, routes))
    .use(backupItemRoutes(deps, routes))
    .use(jobRoutes(deps, routes))
