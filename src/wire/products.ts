import { type Static, Type } from '@sinclair/typebox'
import type * as domain from '~/domain/products.ts'
import { Name, Slug } from './fields.ts'

const KeyPrefix = Type.String({
  pattern: '^[A-Z0-9]{2,8}$',
  description:
    'The start of every license key: 2–8 characters of A–Z and 0–9. It cannot be changed.',
})

const example = { slug: 'editor', name: 'Acme Editor', key_prefix: 'ACME' }

export const Product = Type.Object(
  { slug: Slug, name: Name, key_prefix: KeyPrefix },
  { title: 'Product', description: 'A product with its key prefix.', examples: [example] },
)
export type Product = Static<typeof Product>

export const CreateProductBody = Type.Object(Product.properties, {
  title: 'CreateProductRequest',
  additionalProperties: false,
  examples: [example],
})
export type CreateProductBody = Static<typeof CreateProductBody>

export const UpdateProductBody = Type.Object(
  { name: Type.Optional(Name) },
  {
    title: 'UpdateProductRequest',
    additionalProperties: false,
    examples: [{ name: 'Acme Editor Pro' }],
  },
)
export type UpdateProductBody = Static<typeof UpdateProductBody>

export function presentProduct({ slug, name, keyPrefix }: domain.Product): Product {
  return { slug, name, key_prefix: keyPrefix }
}
