import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import type { ClientAddressOf } from '../addresses.ts'
import type { CommandsPlugin } from '../plugins/commands.ts'
import type { GuessLimit } from '../plugins/rate-limits.ts'
import { apiKeyRoutes } from './api-keys.ts'
import { eventRoutes } from './events.ts'
import { explainRoutes } from './explain.ts'
import { licenseBulkRoutes } from './license-bulk.ts'
import { licenseLifecycleRoutes } from './license-lifecycle.ts'
import { licenseRoutes } from './licenses.ts'
import { planRoutes } from './plans.ts'
import { productRoutes } from './products.ts'
import { validateRoutes } from './validate.ts'

interface RouteParts {
  readonly commands: CommandsPlugin
  readonly guessLimit: GuessLimit
  readonly clientAddressOf: ClientAddressOf
}

/** Every route of the API, a file per noun. */
export const v1Routes = (deps: Deps, { commands, ...parts }: RouteParts) =>
  new Elysia({ prefix: '/api/v1' })
    .use(productRoutes(deps, commands))
    .use(planRoutes(deps, commands))
    .use(licenseRoutes(deps, commands))
    .use(licenseLifecycleRoutes(deps, commands))
    .use(licenseBulkRoutes(deps, commands))
    .use(explainRoutes(deps, commands))
    .use(eventRoutes(deps, commands))
    .use(apiKeyRoutes(deps, commands))
    .use(validateRoutes(deps, parts))
