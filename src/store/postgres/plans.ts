import { describeChange } from '~/domain/audit-values.ts'
import { LIVE_LICENSES_MAX, type Plan, type PlanUse } from '~/domain/plans.ts'
import { createBoundedMap } from '~/platform/bounded-map.ts'
import type { Plans } from '../port.ts'
import { rejectArchivedSlug, splitPlan, toPlan } from '../shared/plans.ts'
import { wakeUnmatched } from './checkout-event-rows.ts'
import { type Origin, recordAction, runCommand } from './commands.ts'
import type { Engine, Reading, Tx } from './engine.ts'
import { readNewest } from './pages.ts'
import { keepFormerLeases } from './revocations.ts'
import { insertRows, readColumns, selectRow, selectRows } from './rows.ts'
import { licenses, plans } from './schema.ts'

export function createPlans(engine: Engine): Plans {
  return {
    list: (page) => readNewest(engine, plans, page, toPlan, 'archived_at_ms IS NULL'),
    find: (slug) => readPlan(engine, slug),
    create: (plan, context) =>
      runCommand(engine, context, async (tx) => {
        rejectArchivedSlug(await readPlan(tx, plan.slug))
        // An event may name a plan that is created later.
        await wakeUnmatched(tx, context.nowMs)
        return insertPlan(tx, context, plan)
      }),
    change: (slug, context, decide) =>
      runCommand(engine, context, async (tx) => {
        const plan = await readPlan(tx, slug, 'FOR NO KEY UPDATE')
        if (plan === null) return null
        const next = decide(plan)
        if (next === plan) return plan
        await keepFormerLeases(tx, { former: plan, plan: next }, context.nowMs)
        await writePlan(tx, context, plan, next)
        return next
      }),
    delete: (slug, context, decide) =>
      runCommand(engine, context, async (tx) => {
        // No license can be created until it is decided.
        const plan = await readPlan(tx, slug, 'FOR UPDATE')
        if (plan === null) return null
        const next = decide({ plan, ...(await readUse(tx, slug)) })
        await writePlan(tx, context, plan, next)
        return next ?? plan
      }),
  }
}

/** Reads a plan. A `lock` such as `FOR SHARE` keeps it as it is until the transaction ends. */
export async function readPlan(reading: Reading, slug: string, lock = ''): Promise<Plan | null> {
  const row = await selectRow(reading, plans, undefined, `WHERE slug = $1 ${lock}`, [slug])
  return row === null ? null : toPlan(row)
}

/** More than any vendor sells at a time. */
const KNOWN_MAX = 1000
const known = createBoundedMap<string, Plan>(KNOWN_MAX)

/**
 * Reads the plan from a row that joins one: see `licenses.ts`. A plan that has not changed is the same object
 * for all its licenses, so caches can tell. Its terms are parsed only after a change.
 */
export function toPlanOf(row: Readonly<Record<string, unknown>>): Plan {
  const { of_plan, of_product, plan_terms, plan_archived } = row
  const name = `${of_plan} ${of_product} ${plan_archived} ${plan_terms}`
  const former = known.get(name)
  if (former !== undefined) return former
  const stored = {
    slug: of_plan,
    product_slug: of_product,
    terms: plan_terms,
    archived_at_ms: plan_archived,
  }
  const plan = toPlan(readColumns(plans, stored, ['slug', 'productSlug', 'terms', 'archivedAtMs']))
  known.set(name, plan)
  return plan
}

async function readUse(tx: Tx, slug: string): Promise<Omit<PlanUse, 'plan'>> {
  const any = await selectRow(tx, licenses, ['id'], 'WHERE plan_slug = $1 LIMIT 1', [slug])
  const live = await selectRows(
    tx,
    licenses,
    ['id'],
    'WHERE plan_slug = $1 AND revoked_at_ms IS NULL LIMIT $2',
    [slug, LIVE_LICENSES_MAX],
  )
  return { isUsed: any !== null, liveLicenses: live.length }
}

export async function insertPlan(tx: Tx, origin: Origin, plan: Plan): Promise<Plan> {
  const { slug, productSlug, terms } = splitPlan(plan)
  await insertRows(tx, plans, [{ slug, productSlug, terms }])
  recordAction(tx, origin, 'plan.create', slug, describeChange('plan', null, plan))
  return plan
}

/** Updates the plan, or deletes it for null. */
async function writePlan(tx: Tx, origin: Origin, plan: Plan, next: Plan | null): Promise<void> {
  const { slug } = plan
  if (next === null) await tx.client.unsafe('DELETE FROM plans WHERE slug = $1', [slug])
  else {
    const { terms, archivedAtMs } = splitPlan(next)
    await tx.client.unsafe('UPDATE plans SET terms = $2, archived_at_ms = $3 WHERE slug = $1', [
      slug,
      JSON.stringify(terms),
      archivedAtMs,
    ])
  }
  const isArchived = next !== null && next.archivedAtMs !== null
  const action = next === null ? 'plan.delete' : isArchived ? 'plan.archive' : 'plan.update'
  recordAction(tx, origin, action, slug, describeChange('plan', plan, next))
}
