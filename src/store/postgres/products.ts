import { describeChange } from '~/domain/audit-values.ts'
import type { Product } from '~/domain/products.ts'
import type { Products } from '../port.ts'
import { recordAction, runCommand } from './commands.ts'
import type { Engine, Reading, Tx } from './engine.ts'
import { readNewest } from './pages.ts'
import { insertPlan } from './plans.ts'
import { insertRows, selectRow } from './rows.ts'
import { products } from './schema.ts'

export function createProducts(engine: Engine): Products {
  return {
    list: (page) => readNewest(engine, products, page, toProduct),
    find: (slug) => readProduct(engine, slug),
    create: (product, plans, context) =>
      runCommand(engine, context, async (tx) => {
        await insertRows(tx, products, [product])
        const change = describeChange('product', null, product)
        recordAction(tx, context, 'product.create', product.slug, change)
        for (const plan of plans) await insertPlan(tx, context, plan)
        return product
      }),
    change: (slug, context, decide) =>
      runCommand(engine, context, async (tx) => {
        const product = await lockProduct(tx, slug)
        if (product === null) return null
        const next = decide(product)
        if (next === product) return product
        await tx.client.unsafe('UPDATE products SET name = $2 WHERE slug = $1', [slug, next.name])
        const change = describeChange('product', product, next)
        recordAction(tx, context, 'product.update', slug, change)
        return next
      }),
  }
}

export async function readProduct(
  reading: Reading,
  slug: string,
  lock = '',
): Promise<Product | null> {
  const row = await selectRow(reading, products, undefined, `WHERE slug = $1 ${lock}`, [slug])
  return row === null ? null : toProduct(row)
}

const lockProduct = (tx: Tx, slug: string) => readProduct(tx, slug, 'FOR NO KEY UPDATE')

function toProduct({ slug, name, keyPrefix }: typeof products.$inferSelect): Product {
  return { slug, name, keyPrefix }
}
