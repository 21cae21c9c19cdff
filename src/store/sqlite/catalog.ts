import { desc, eq, lt, sql } from 'drizzle-orm'
import { assert } from '~/assert.ts'
import type { Change } from '~/domain/decisions.ts'
import type { License } from '~/domain/licenses.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import { type Plan, planDefaults } from '~/domain/plans.ts'
import type { Product } from '~/domain/products.ts'
import type { Db } from './connection.ts'
import type { Engine } from './engine.ts'
import type { FlatStore } from './flat.ts'
import { outcomeOf } from './outcomes.ts'
import { pageByPosition, positionOf } from './pages.ts'
import { licenses, plans, products } from './schema.ts'

export interface CatalogReads {
  readProduct(slug: string): Product | null
  readProducts(page: PageRequest): Page<Product>
  readPlan(slug: string): Plan | null
  readPlanOf(license: Pick<License, 'planSlug'>): Plan
  readPlans(page: PageRequest): Page<Plan>
  isPlanUsed(slug: string): boolean
}

export function createCatalogReads(db: Db): CatalogReads {
  const productBySlug = db
    .select()
    .from(products)
    .where(eq(products.slug, sql.placeholder('slug')))
    .prepare()
  const planBySlug = db
    .select()
    .from(plans)
    .where(eq(plans.slug, sql.placeholder('slug')))
    .prepare()

  function readProduct(slug: string): Product | null {
    const row = productBySlug.get({ slug })
    return row === undefined ? null : toProduct(row)
  }

  function readPlan(slug: string): Plan | null {
    const row = planBySlug.get({ slug })
    return row === undefined ? null : toPlan(row)
  }

  function readPlanOf({ planSlug }: Pick<License, 'planSlug'>): Plan {
    const plan = readPlan(planSlug)
    assert(plan !== null, `plan ${planSlug} of a license exists`)
    return plan
  }

  function readProducts({ limit, after }: PageRequest): Page<Product> {
    const rows = db
      .select()
      .from(products)
      .where(after === null ? undefined : lt(products.position, positionOf(after)))
      .orderBy(desc(products.position))
      .limit(limit + 1)
      .all()
    return pageByPosition(rows, limit, toProduct)
  }

  function readPlans({ limit, after }: PageRequest): Page<Plan> {
    const rows = db
      .select()
      .from(plans)
      .where(after === null ? undefined : lt(plans.position, positionOf(after)))
      .orderBy(desc(plans.position))
      .limit(limit + 1)
      .all()
    return pageByPosition(rows, limit, toPlan)
  }

  function isPlanUsed(slug: string): boolean {
    const user = db.select({ id: licenses.id }).from(licenses).where(eq(licenses.planSlug, slug))
    return user.limit(1).get() !== undefined
  }

  return { readProduct, readProducts, readPlan, readPlanOf, readPlans, isPlanUsed }
}

function toProduct({ slug, name, keyPrefix }: typeof products.$inferSelect): Product {
  return { slug, name, keyPrefix }
}

/** A term that came after a plan was written has its default there. */
function toPlan({ slug, productSlug, terms }: typeof plans.$inferSelect): Plan {
  return { ...planDefaults, ...terms, slug, productSlug }
}

type CatalogMethods = Pick<
  FlatStore,
  | 'listProducts'
  | 'findProduct'
  | 'createProduct'
  | 'changeProduct'
  | 'listPlans'
  | 'findPlan'
  | 'createPlan'
  | 'changePlan'
>

export function catalogMethods({ catalog, command }: Engine): CatalogMethods {
  return {
    listProducts: async (page) => catalog.readProducts(page),
    findProduct: async (slug) => catalog.readProduct(slug),
    createProduct: async (product, firstPlans, context) => {
      const changes: Change[] = [
        { type: 'product.create', product },
        ...firstPlans.map((plan): Change => ({ type: 'plan.create', plan })),
      ]
      await command(context, () => outcomeOf({ result: product, changes, events: [] }))
      return product
    },
    changeProduct: (slug, context, decide) =>
      command(context, () => {
        const product = catalog.readProduct(slug)
        return product === null ? null : outcomeOf(decide(product))
      }),
    listPlans: async (page) => catalog.readPlans(page),
    findPlan: async (slug) => catalog.readPlan(slug),
    createPlan: async (plan, context) => {
      const changes = [{ type: 'plan.create' as const, plan }]
      await command(context, () => outcomeOf({ result: plan, changes, events: [] }))
      return plan
    },
    changePlan: (slug, context, decide) =>
      command(context, () => {
        const plan = catalog.readPlan(slug)
        if (plan === null) return null
        return outcomeOf(decide({ plan, isUsed: catalog.isPlanUsed(slug) }))
      }),
  }
}
