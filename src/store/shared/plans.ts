import { Fault } from '~/domain/faults.ts'
import { planDefaults } from '~/domain/plan-defaults.ts'
import type { Plan, PlanTerms } from '~/domain/plans.ts'

/** A plan as it is stored. */
export interface StoredPlan {
  readonly slug: string
  readonly productSlug: string
  readonly terms: PlanTerms
  readonly archivedAtMs: number | null
}

/** Terms introduced after the plan was written have their default. */
export function toPlan({ slug, productSlug, terms, archivedAtMs }: StoredPlan): Plan {
  return { ...planDefaults, ...terms, slug, productSlug, archivedAtMs }
}

export function splitPlan(plan: Plan): StoredPlan {
  const { slug, productSlug, archivedAtMs, ...terms } = plan
  return { slug, productSlug, terms, archivedAtMs }
}

/** Its row remains for the revoked licenses that show it. */
export function rejectArchivedSlug(former: Plan | null): void {
  if (former === null || former.archivedAtMs === null) return
  const detail =
    'An archived plan has this slug, and revoked licenses show it. Choose another slug.'
  throw new Fault('already_exists', detail)
}
