import type { Plan } from '~/wire/plans.ts'
import { api, call } from '../../shared/api.ts'
import { type Loaded, useLoad } from '../../shared/use-load.ts'

const PLANS_MAX = '100'

/** Loads the plans that a rule can grant: those that are not archived. */
export function usePlans(): Loaded<readonly Plan[]> {
  return useLoad('plans of rules', async () => {
    const { data } = await call(api.plans.get({ query: { limit: PLANS_MAX } }))
    return data.filter((plan) => plan.archived_at === null)
  })
}

export const toPlanOptions = (plans: readonly Plan[]) =>
  plans.map(({ slug, name }) => [slug, `${name} (${slug})`] as const)
