import type { Deps } from '~/deps.ts'
import { Fault, invalidField } from '~/domain/faults.ts'
import { planDefaults } from '~/domain/plan-defaults.ts'
import { type Plan as DomainPlan, decidePlanDeletion, normalizePlan } from '~/domain/plans.ts'
import { listPage } from '~/wire/pages.ts'
import { CreatePlanBody, Plan, parsePlanTerms, presentPlan, UpdatePlanBody } from '~/wire/plans.ts'
import { answers, created, noContent, pages } from '../answers.ts'
import { presentFound } from '../plugins/command.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'

export const planRoutes = ({ store }: Pick<Deps, 'store'>, routes: ScopedRoutes) => {
  const resource = { noun: 'plan', present: presentPlan, change: store.plans.change }

  const deletable = { ...resource, change: store.plans.delete }

  return routes('/plans', 'Plans')
    .get('', ({ query }) => listPage('plans', query, presentPlan, store.plans.list), {
      scope: 'plans:read',
      operationId: 'listPlans',
      ...pages(Plan),
      summary: 'List plans, newest first',
    })
    .post(
      '',
      async ({ body, command }) => {
        const product = await store.products.find(body.product)
        if (product === null) throw invalidField('/product', 'No such product. Create it first.')
        const plan = buildPlan(body)
        return command.create(resource, (context) => store.plans.create(plan, context))
      },
      {
        scope: 'plans:write',
        operationId: 'createPlan',
        body: CreatePlanBody,
        ...created(Plan, 409),
        summary: 'Create a plan',
      },
    )
    .get('/:slug', ({ params }) => presentFound(resource, store.plans.find(params.slug)), {
      scope: 'plans:read',
      operationId: 'getPlan',
      ...answers(Plan, 404),
      summary: 'Get a plan',
    })
    .put(
      '/:slug',
      ({ params, body, command }) =>
        command.change(resource, params.slug, (plan) => decidePlanUpdate(plan, body)),
      {
        scope: 'plans:write',
        operationId: 'updatePlan',
        body: UpdatePlanBody,
        ...answers(Plan, 404, 409),
        summary: 'Change a plan',
        description:
          'Limits and features apply to its licenses immediately, except where a license overrides ' +
          'them. `duration_days`, `starts_on` and `grace_days` apply to licenses created and ' +
          'expirations set from now on.',
      },
    )
    .delete(
      '/:slug',
      ({ params, command }) =>
        command.delete(deletable, params.slug, (use) => decidePlanDeletion(use, command.nowMs)),
      {
        scope: 'plans:write',
        operationId: 'deletePlan',
        ...noContent(404, 409),
        summary: 'Delete a plan that no license uses',
        description:
          'If only revoked licenses use it, it is archived: lists omit it, those licenses still ' +
          'show it, and its slug cannot be used again.',
      },
    )
}

function buildPlan({ slug, product: productSlug, ...terms }: CreatePlanBody): DomainPlan {
  const given = { ...parsePlanTerms(terms), name: terms.name, slug, productSlug }
  return normalizePlan({ ...planDefaults, ...given })
}

function decidePlanUpdate(plan: DomainPlan, body: UpdatePlanBody): DomainPlan {
  if (plan.archivedAtMs !== null) {
    const detail = 'This plan is archived, so it cannot be changed. Create another plan.'
    throw new Fault('invalid_transition', detail)
  }
  return normalizePlan({ ...plan, ...parsePlanTerms(body, plan) })
}
