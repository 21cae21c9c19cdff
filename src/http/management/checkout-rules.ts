import type { Deps } from '~/deps.ts'
import {
  type CheckoutRule as DomainRule,
  requireStillMatching,
  ruleDefaults,
} from '~/domain/checkout-rules.ts'
import { invalidField } from '~/domain/faults.ts'
import {
  CheckoutRule,
  CreateRuleBody,
  parseRule,
  presentRule,
  UpdateRuleBody,
} from '~/wire/checkout-rules.ts'
import { listPage } from '~/wire/pages.ts'
import { answers, created, noContent, pages } from '../answers.ts'
import { presentFound } from '../plugins/command.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'

export const checkoutRuleRoutes = (
  { store, createId }: Pick<Deps, 'store' | 'createId'>,
  routes: ScopedRoutes,
) => {
  const { rules } = store.checkout
  const resource = { noun: 'rule', present: presentRule, change: rules.change }

  return routes('/checkout/rules', 'Checkout')
    .get('', ({ query }) => listPage('rules', query, presentRule, rules.list), {
      scope: 'checkout:read',
      operationId: 'listCheckoutRules',
      ...pages(CheckoutRule),
      summary: 'List rules, newest first',
    })
    .post(
      '',
      async ({ body, command }) => {
        await requireUsablePlan(store, body.plan)
        const rule = buildRule(body, createId('rule'), command.nowMs)
        return command.create(resource, (context) => rules.create(rule, context))
      },
      {
        scope: 'checkout:write',
        operationId: 'createCheckoutRule',
        body: CreateRuleBody,
        ...created(CheckoutRule, 409),
        summary: 'Create a rule that maps what is sold to a plan',
        description:
          'Send one of `price`, `payment_link`, `product` and `metadata_plan`. If several rules match, ' +
          'the one whose field comes first in this list is used, and a rule for the provider before ' +
          'one for all providers. Events that no rule has matched so far are processed again.',
      },
    )
    .get('/:id', ({ params }) => presentFound(resource, rules.find(params.id)), {
      scope: 'checkout:read',
      operationId: 'getCheckoutRule',
      ...answers(CheckoutRule, 404),
      summary: 'Get a rule',
    })
    .put(
      '/:id',
      async ({ params, body, command }) => {
        await requireUsablePlan(store, body.plan)
        return command.change(resource, params.id, (rule, isUsed) => editRule(rule, body, isUsed))
      },
      {
        scope: 'checkout:write',
        operationId: 'updateCheckoutRule',
        body: UpdateRuleBody,
        ...answers(CheckoutRule, 404, 409),
        summary: 'Change a rule',
        description:
          'This applies to the events that are processed from now on. What it matches cannot change ' +
          'while it has granted licenses that are not revoked.',
      },
    )
    .delete('/:id', ({ params, command }) => command.delete(resource, params.id, deleteRule), {
      scope: 'checkout:write',
      operationId: 'deleteCheckoutRule',
      ...noContent(404, 409),
      summary: 'Delete a rule',
      description: 'Returns 409 while it has granted licenses that are not revoked.',
    })
}

async function requireUsablePlan(
  { plans }: Pick<Deps['store'], 'plans'>,
  slug: string | undefined,
): Promise<void> {
  const plan = slug === undefined ? undefined : await plans.find(slug)
  if (plan === undefined) return
  if (plan === null) throw invalidField('/plan', 'No such plan. Create it first.')
  if (plan.archivedAtMs !== null) {
    throw invalidField('/plan', 'This plan is archived. Use another one.')
  }
}

function buildRule(body: CreateRuleBody, id: string, nowMs: number): DomainRule {
  const unnamed = { id, version: 1, planSlug: body.plan, createdAtMs: nowMs, updatedAtMs: nowMs }
  return parseRule(body, { ...ruleDefaults, ...unnamed, provider: null })
}

/** Returns the rule itself if nothing changes, so that its version stays the same. */
function editRule(rule: DomainRule, body: UpdateRuleBody, isUsed: boolean): DomainRule {
  const edited = parseRule(body, rule)
  requireStillMatching(rule, edited, isUsed)
  return Bun.deepEquals(edited, rule) ? rule : edited
}

function deleteRule(rule: DomainRule, isUsed: boolean): null {
  requireStillMatching(rule, null, isUsed)
  return null
}
