import { type Static, Type } from '@sinclair/typebox'
import type * as domain from '~/domain/products.ts'
import { Name, Slug } from './fields.ts'

export const KeyPrefix = Type.String({
  pattern: '^[A-Z0-9]{2,8}$',
  description: '2–8 of A–Z and 0–9: the beginning of every key of this product. Never changed.',
})

export const Product = Type.Object(
  { slug: Slug, name: Name, key_prefix: KeyPrefix },
  {
    title: 'Product',
    description: 'The product.',
    examples: [{ slug: 'editor', name: 'Acme Editor', key_prefix: 'ACME' }],
  },
)
export type Product = Static<typeof Product>

export const CreateProductBody = Type.Object(
  { slug: Slug, name: Name, key_prefix: KeyPrefix },
  {
    additionalProperties: false,
    examples: [{ slug: 'editor', name: 'Acme Editor', key_prefix: 'ACME' }],
  },
)
export type CreateProductBody = Static<typeof CreateProductBody>

export const UpdateProductBody = Type.Object(
  { name: Type.Optional(Name) },
  { additionalProperties: false, examples: [{ name: 'Acme Editor Pro' }] },
)
export type UpdateProductBody = Static<typeof UpdateProductBody>

export function presentProduct({ slug, name, keyPrefix }: domain.Product): Product {
  return { slug, name, key_prefix: keyPrefix }
}
