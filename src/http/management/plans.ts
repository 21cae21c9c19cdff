import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { Fault, invalidField } from '~/domain/faults.ts'
import { checkPlanTerms, planDefaults } from '~/domain/plans.ts'
import { Nothing } from '~/wire/fields.ts'
import { PageQuery, pageOf, parsePageRequest, presentPage } from '~/wire/pages.ts'
import { CreatePlanBody, Plan, parsePlanTerms, presentPlan, UpdatePlanBody } from '~/wire/plans.ts'
import { problems } from '~/wire/problems.ts'
import type { CommandsPlugin } from '../plugins/commands.ts'

const tags = ['Plans']

export const planRoutes = ({ store }: Pick<Deps, 'store'>, commands: CommandsPlugin) =>
  new Elysia({ prefix: '/plans' })
    .use(commands)
    .get(
      '',
      async ({ query }) => {
        const page = await store.plans.list(parsePageRequest('plans', query))
        return presentPage('plans', query, page, presentPlan)
      },
      {
        scope: 'plans:read',
        query: PageQuery,
        response: { 200: pageOf(Plan), ...problems(400, 401, 403, 422) },
        detail: { tags, summary: 'List plans, newest first' },
      },
    )
    .post(
      '',
      async ({ body, command }) => {
        const product = await store.products.find(body.product)
        if (product === null) throw invalidField('/product', 'No such product. Create it first.')
        const { slug, name, product: productSlug } = body
        const plan = { ...planDefaults, ...parsePlanTerms(body), name, slug, productSlug }
        checkPlanTerms(plan)
        return command.answer({ status: 201, noun: 'plan', view: presentPlan }, (context) =>
          store.plans.create(plan, context),
        )
      },
      {
        scope: 'plans:write',
        body: CreatePlanBody,
        response: { 201: Plan, ...problems(400, 401, 403, 409, 413, 415, 422) },
        detail: { tags, summary: 'Create a plan' },
      },
    )
    .get(
      '/:slug',
      async ({ params }) => {
        const plan = await store.plans.find(params.slug)
        if (plan === null) throw new Fault('not_found', 'No such plan.')
        return presentPlan(plan)
      },
      {
        scope: 'plans:read',
        response: { 200: Plan, ...problems(401, 403, 404) },
        detail: { tags, summary: 'Show a plan' },
      },
    )
    .put(
      '/:slug',
      ({ params, body, command }) =>
        command.answer({ status: 200, noun: 'plan', view: presentPlan }, (context) =>
          store.plans.change(params.slug, context, ({ plan }) => {
            const changed = { ...plan, ...parsePlanTerms(body) }
            checkPlanTerms(changed)
            const changes = [{ type: 'plan.update' as const, plan: changed }]
            return { result: changed, changes, events: [] }
          }),
        ),
      {
        scope: 'plans:write',
        body: UpdatePlanBody,
        response: { 200: Plan, ...problems(400, 401, 403, 404, 413, 415, 422) },
        detail: {
          tags,
          summary: 'Change a plan',
          description:
            'Limits and features act on its licenses at once, where they do not override them. ' +
            '`duration_days`, `starts_on` and `grace_days` act from the next license or expiry on.',
        },
      },
    )
    .delete(
      '/:slug',
      async ({ params, command, set }) => {
        await command.answer({ status: 200, noun: 'plan', view: presentPlan }, (context) =>
          store.plans.change(params.slug, context, ({ plan, isUsed }) => {
            if (isUsed) {
              const detail = 'Licenses use this plan. Move them to another plan first.'
              throw new Fault('in_use', detail)
            }
            const changes = [{ type: 'plan.delete' as const, slug: plan.slug }]
            return { result: plan, changes, events: [] }
          }),
        )
        set.status = 204
      },
      {
        scope: 'plans:write',
        response: { 204: Nothing, ...problems(401, 403, 404, 409) },
        detail: { tags, summary: 'Delete a plan that no license uses' },
      },
    )
