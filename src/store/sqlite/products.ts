import { eq } from 'drizzle-orm'
import { describeChange } from '~/domain/audit-values.ts'
import { Fault } from '~/domain/faults.ts'
import type { Product } from '~/domain/products.ts'
import type { Products } from '../port.ts'
import { takenSentences } from '../shared/faults.ts'
import { readPageByPosition } from '../shared/pages.ts'
import { recordAction, runCommand } from './commands.ts'
import type { Db } from './connection.ts'
import type { Engine, Reading } from './engine.ts'
import { selectNewest } from './parameters.ts'
import { insertPlan } from './plans.ts'
import { prepareSelect } from './rows.ts'
import { products } from './schema.ts'

export function prepareProducts(db: Db) {
  const select = () => db.select().from(products)
  return {
    bySlug: prepareSelect(db, products, undefined, 'slug = ?'),
    newest: selectNewest(select().$dynamic(), products.position).prepare(),
  }
}

export function createProducts(engine: Engine): Products {
  const { newest } = engine.committed.statements.products
  return {
    list: async (page) => readPageByPosition(page, (range) => newest.all(range), toProduct),
    find: async (slug) => readProduct(engine.committed, slug),
    create: (product, plans, context) =>
      runCommand(engine, context, () => {
        // Checked first, because SQLite names only one of two taken values, and it may be the prefix.
        if (readProduct(engine, product.slug) !== null) {
          throw new Fault('already_exists', takenSentences['products.slug'])
        }
        engine.db.insert(products).values(product).run()
        const change = describeChange('product', null, product)
        recordAction(engine, context, 'product.create', product.slug, change)
        for (const plan of plans) insertPlan(engine, context, plan)
        return product
      }),
    change: (slug, context, decide) =>
      runCommand(engine, context, () => {
        const product = readProduct(engine, slug)
        if (product === null) return null
        const next = decide(product)
        if (next === product) return product
        engine.db.update(products).set({ name: next.name }).where(eq(products.slug, slug)).run()
        const change = describeChange('product', product, next)
        recordAction(engine, context, 'product.update', slug, change)
        return next
      }),
  }
}

export function readProduct({ statements }: Reading, slug: string): Product | null {
  const row = statements.products.bySlug(slug)
  return row === null ? null : toProduct(row)
}

function toProduct({ slug, name, keyPrefix }: typeof products.$inferSelect): Product {
  return { slug, name, keyPrefix }
}
