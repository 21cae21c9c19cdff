import type { Static } from '@sinclair/typebox'
import type * as domain from '~/domain/products.ts'
import { Name, Slug } from './fields.ts'
import { Type } from './type.ts'

const KeyPrefix = Type.String({
  pattern: '^[A-Z0-9]{2,8}$',
  description:
    'The start of every license key: 2–8 characters of A–Z and 0–9. It cannot be changed.',
})

const example = { slug: 'editor', name: 'Acme Editor', key_prefix: 'ACME' }

export const Product = Type.Response('Product', 'A product with its key prefix.', example, {
  slug: Slug,
  name: Type.String(),
  key_prefix: KeyPrefix,
})
export type Product = Static<typeof Product>

export const CreateProductBody = Type.Request('CreateProductRequest', [example], {
  ...Product.properties,
  name: Name,
})

export const UpdateProductBody = Type.Request(
  'UpdateProductRequest',
  [{ name: 'Acme Editor Pro' }],
  { name: Type.Optional(Name) },
)

export function presentProduct({ slug, name, keyPrefix }: domain.Product): Product {
  return { slug, name, key_prefix: keyPrefix }
}
