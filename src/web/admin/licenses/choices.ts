import type { Plan } from '~/wire/plans.ts'
import type { Product } from '~/wire/products.ts'
import { api, call } from '../../shared/api.ts'
import { useLoad } from '../../shared/use-load.ts'
import { useCan } from '../session.tsx'

/** More are rare, and can still be typed. */
const CHOICES_MAX = '100'

/** The choices of a filter or a form. They are empty until they are loaded, and without the scope. */
export interface Choices {
  readonly plans: readonly Plan[]
  readonly products: readonly Product[]
}

const none: Choices = { plans: [], products: [] }

/** Loads the plans and products that people can choose from, if they may see them. */
export function useChoices(): Choices {
  const isAllowed = useCan()('plans:read')
  const { data } = useLoad(`choices ${isAllowed}`, () =>
    isAllowed ? loadChoices() : Promise.resolve(none),
  )
  return data ?? none
}

/** Loads all plans that licenses can get, and all products. */
export async function loadChoices(): Promise<Choices> {
  const query = { limit: CHOICES_MAX }
  const [plans, products] = await Promise.all([
    call(api.plans.get({ query })),
    call(api.products.get({ query })),
  ])
  return {
    plans: plans.data.filter(({ archived_at: archivedAt }) => archivedAt === null),
    products: products.data,
  }
}
