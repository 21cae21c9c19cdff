import { and, eq, isNull } from 'drizzle-orm'
import { describeChange } from '~/domain/audit-values.ts'
import { LIVE_LICENSES_MAX, type Plan } from '~/domain/plans.ts'
import type { Plans } from '../port.ts'
import { readPageByPosition } from '../shared/pages.ts'
import { rejectArchivedSlug, splitPlan, toPlan } from '../shared/plans.ts'
import { wakeUnmatched } from './checkout-event-rows.ts'
import { type Origin, recordAction, runCommand } from './commands.ts'
import type { Db } from './connection.ts'
import type { Engine, Reading } from './engine.ts'
import { equals, selectNewest } from './parameters.ts'
import { keepFormerLeases } from './revocations.ts'
import { licenses, plans } from './schema.ts'

export function preparePlans(db: Db) {
  const select = () => db.select().from(plans)
  return {
    bySlug: prepareFind(db),
    newest: selectNewest(select().$dynamic(), plans.position, isNull(plans.archivedAtMs)).prepare(),
    anyLicense: db
      .select({ id: licenses.id })
      .from(licenses)
      .where(equals(licenses.planSlug, 'slug'))
      .limit(1)
      .prepare(),
    liveLicenses: db
      .select({ id: licenses.id })
      .from(licenses)
      .where(and(equals(licenses.planSlug, 'slug'), isNull(licenses.revokedAtMs)))
      .limit(LIVE_LICENSES_MAX)
      .prepare(),
  }
}

export function createPlans(engine: Engine): Plans {
  const { anyLicense, liveLicenses } = engine.statements.plans
  const { newest } = engine.committed.statements.plans
  return {
    list: async (page) =>
      readPageByPosition(
        page,
        (range) => newest.all(range),
        (row) => toPlan(row),
      ),
    find: async (slug) => readPlan(engine.committed, slug),
    create: (plan, context) =>
      runCommand(engine, context, () => {
        rejectArchivedSlug(readPlan(engine, plan.slug))
        // An event may name a plan that is created later.
        wakeUnmatched(engine, context.nowMs)
        return insertPlan(engine, context, plan)
      }),
    change: (slug, context, decide) =>
      runCommand(engine, context, () => {
        const plan = readPlan(engine, slug)
        if (plan === null) return null
        const next = decide(plan)
        if (next === plan) return plan
        keepFormerLeases(engine, { former: plan, plan: next }, context.nowMs)
        writePlan(engine, context, plan, next)
        return next
      }),
    delete: (slug, context, decide) =>
      runCommand(engine, context, () => {
        const plan = readPlan(engine, slug)
        if (plan === null) return null
        const isUsed = anyLicense.get({ slug }) !== undefined
        const next = decide({ plan, isUsed, liveLicenses: liveLicenses.all({ slug }).length })
        writePlan(engine, context, plan, next)
        return next ?? plan
      }),
  }
}

export function readPlan({ statements }: Reading, slug: string): Plan | null {
  return statements.plans.bySlug(slug)
}

interface Row {
  readonly slug: string
  readonly productSlug: string
  readonly terms: string
  readonly archivedAtMs: number | null
}

/** Returns a function that finds a plan. It parses the terms only after the row has changed. */
function prepareFind({ $client }: Db): (slug: string) => Plan | null {
  const select = $client.prepare<Row, [string]>(
    `SELECT slug, product_slug AS productSlug, terms, archived_at_ms AS archivedAtMs
     FROM plans WHERE slug = ?`,
  )
  const known = new Map<string, { readonly row: Row; readonly plan: Plan }>()
  return (slug) => {
    const row = select.get(slug)
    if (row === null) return null
    const former = known.get(slug)
    const isKnown = former?.row.terms === row.terms && former.row.archivedAtMs === row.archivedAtMs
    if (isKnown) return former.plan
    const plan = toPlan({ ...row, terms: JSON.parse(row.terms) })
    known.set(slug, { row, plan })
    return plan
  }
}

export function insertPlan(engine: Engine, origin: Origin, plan: Plan): Plan {
  const { slug, productSlug, terms } = splitPlan(plan)
  engine.db.insert(plans).values({ slug, productSlug, terms }).run()
  recordAction(engine, origin, 'plan.create', slug, describeChange('plan', null, plan))
  return plan
}

/** Updates the plan, or deletes it for null. */
function writePlan(engine: Engine, origin: Origin, plan: Plan, next: Plan | null): void {
  const { slug } = plan
  const isSlug = eq(plans.slug, slug)
  if (next === null) engine.db.delete(plans).where(isSlug).run()
  else {
    const { terms, archivedAtMs } = splitPlan(next)
    engine.db.update(plans).set({ terms, archivedAtMs }).where(isSlug).run()
  }
  const isArchived = next !== null && next.archivedAtMs !== null
  const action = next === null ? 'plan.delete' : isArchived ? 'plan.archive' : 'plan.update'
  recordAction(engine, origin, action, slug, describeChange('plan', plan, next))
}
