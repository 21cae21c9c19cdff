import type { Deps } from '~/deps.ts'
import {
  PlanEffects,
  PlanEffectsQuery,
  PlanUses,
  parseLimits,
  presentPlanEffects,
  presentPlanUses,
} from '~/wire/plan-effects.ts'
import { answers } from '../answers.ts'
import { requireFound } from '../plugins/runs.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'

export const planEffectRoutes = ({ store }: Pick<Deps, 'store'>, routes: ScopedRoutes) =>
  routes('/plans/:slug/effects', 'Plans').get(
    '',
    async ({ params: { slug }, query, command }) => {
      requireFound('plan', await store.plans.find(slug))
      const limits = parseLimits(query)
      const effects = await store.overview.countOverLimits(slug, limits, command.nowMs)
      return presentPlanEffects(effects)
    },
    {
      scope: 'plans:read',
      operationId: 'getPlanEffects',
      query: PlanEffectsQuery,
      ...answers(PlanEffects, 404),
      summary: 'Count the licenses that would be over lower limits of a plan',
      description: 'Changes nothing. A license that is over a limit keeps what it uses.',
    },
  )

export const planUseRoutes = ({ store }: Pick<Deps, 'store'>, routes: ScopedRoutes) =>
  routes('/overview/plans', 'Plans').get(
    '',
    async () => presentPlanUses(await store.overview.countByPlan()),
    {
      scope: 'plans:read',
      operationId: 'listPlanUses',
      ...answers(PlanUses),
      summary: 'Count the licenses of each plan',
      description: 'Also revoked licenses, as in the list of licenses. Archived plans are omitted.',
    },
  )
