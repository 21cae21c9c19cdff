import { createClockMap, type Used } from '~/clock-map.ts'
import type { SharingThresholds } from '~/domain/plans.ts'
import type { Store } from '~/store/port.ts'
import type { Eventual } from '~/turns.ts'

const KNOWN_MAX = 100_000

/** The names that validations of a license are counted under. */
export interface LicenseNames {
  readonly planSlug: string
  readonly productSlug: string
  readonly sharing: SharingThresholds | null
}

/** Returns a function that finds the names of a license, usually in memory; null if there is none. */
export function createFindNames(store: Pick<Store, 'licenses' | 'plans' | 'subscribe'>) {
  const known = createClockMap<string, Used & { readonly names: LicenseNames }>(KNOWN_MAX)
  /** Rises with each commit, so that what was read before is not remembered after it. */
  let commits = 0
  store.subscribe(({ licenseIds, touchesPlans, isExternal }) => {
    commits += 1
    if (touchesPlans || isExternal) known.clear()
    for (const id of licenseIds) known.delete(id)
  })

  async function read(licenseId: string): Promise<LicenseNames | null> {
    const startedAt = commits
    const found = await store.licenses.find(licenseId)
    if (found === null) return null
    const { planSlug, productSlug } = found.license
    const plan = await store.plans.find(planSlug)
    const names = { planSlug, productSlug, sharing: plan?.sharing ?? null }
    if (commits === startedAt) known.set(licenseId, { names, isUsed: false })
    return names
  }

  return (licenseId: string): Eventual<LicenseNames | null> =>
    known.get(licenseId)?.names ?? read(licenseId)
}
