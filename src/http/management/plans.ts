import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { Fault, invalidField } from '~/domain/faults.ts'
import { checkPlanTerms, type Plan as DomainPlan, planDefaults } from '~/domain/plans.ts'
import { PageQuery, pageOf, parsePageRequest, presentPage } from '~/wire/pages.ts'
import { CreatePlanBody, Plan, parsePlanTerms, presentPlan, UpdatePlanBody } from '~/wire/plans.ts'
import { answers, created, noContent } from '../answers.ts'
import type { Scopes } from '../plugins/scopes.ts'
import { PlanParams } from './path-params.ts'
import { requireFound } from './require-found.ts'

const resource = { noun: 'plan', present: presentPlan } as const

export const planRoutes = ({ store }: Pick<Deps, 'store'>, scopes: Scopes) =>
  new Elysia({ prefix: '/plans', tags: ['Plans'] })
    .use(scopes)
    .get(
      '',
      async ({ query }) => {
        const page = await store.plans.list(parsePageRequest('plans', query))
        return presentPage('plans', query, page, presentPlan)
      },
      {
        scope: 'plans:read',
        operationId: 'listPlans',
        query: PageQuery,
        ...answers(pageOf(Plan)),
        summary: 'List plans, newest first',
      },
    )
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
    .get(
      '/:slug',
      async ({ params }) => presentPlan(requireFound('plan', await store.plans.find(params.slug))),
      {
        scope: 'plans:read',
        operationId: 'getPlan',
        params: PlanParams,
        ...answers(Plan, 404),
        summary: 'Get a plan',
      },
    )

/** Changes of a plan that exists. */
export const planChangeRoutes = ({ store }: Pick<Deps, 'store'>, scopes: Scopes) =>
  new Elysia({ prefix: '/plans/:slug', tags: ['Plans'] })
    .use(scopes)
    .put(
      '',
      ({ params, body, command }) =>
        command.change(resource, (context) =>
          store.plans.change(params.slug, context, ({ plan }) => decidePlanUpdate(plan, body)),
        ),
      {
        scope: 'plans:write',
        operationId: 'updatePlan',
        params: PlanParams,
        body: UpdatePlanBody,
        ...answers(Plan, 404),
        summary: 'Change a plan',
        description:
          'Limits and features apply at once to its licenses, except where a license overrides ' +
          'them. `duration_days`, `starts_on` and `grace_days` apply to licenses created and ' +
          'expirations set from now on.',
      },
    )
    .delete(
      '',
      ({ params, command }) =>
        command.delete(resource, (context) =>
          store.plans.change(params.slug, context, decidePlanDeletion),
        ),
      {
        scope: 'plans:write',
        operationId: 'deletePlan',
        params: PlanParams,
        ...noContent(404, 409),
        summary: 'Delete a plan that no license uses',
      },
    )

function buildPlan(body: CreatePlanBody): DomainPlan {
  const { slug, name, product: productSlug } = body
  const plan = { ...planDefaults, ...parsePlanTerms(body), name, slug, productSlug }
  checkPlanTerms(plan)
  return plan
}

function decidePlanUpdate(plan: DomainPlan, body: UpdatePlanBody): DomainPlan {
  const changed = { ...plan, ...parsePlanTerms(body) }
  checkPlanTerms(changed)
  return changed
}

function decidePlanDeletion({ isUsed }: { readonly isUsed: boolean }): null {
  if (isUsed) {
    throw new Fault('in_use', 'Licenses use this plan. Move them to another plan first.')
  }
  return null
}
