import type { Deps } from '~/deps.ts'
import { listPage } from '~/wire/pages.ts'
import { CreateProductBody, Product, presentProduct, UpdateProductBody } from '~/wire/products.ts'
import { answers, created, pages } from '../answers.ts'
import { presentFound } from '../plugins/command.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'

export const productRoutes = ({ store }: Pick<Deps, 'store'>, routes: ScopedRoutes) => {
  const resource = { noun: 'product', present: presentProduct, change: store.products.change }

  return routes('/products', 'Products')
    .get('', ({ query }) => listPage('products', query, presentProduct, store.products.list), {
      scope: 'plans:read',
      operationId: 'listProducts',
      ...pages(Product),
      summary: 'List products, newest first',
    })
    .post(
      '',
      ({ body: { slug, name, key_prefix: keyPrefix }, command }) =>
        command.create(resource, (context) =>
          store.products.create({ slug, name, keyPrefix }, [], context),
        ),
      {
        scope: 'plans:write',
        operationId: 'createProduct',
        body: CreateProductBody,
        ...created(Product, 409),
        summary: 'Create a product',
      },
    )
    .get('/:slug', ({ params }) => presentFound(resource, store.products.find(params.slug)), {
      scope: 'plans:read',
      operationId: 'getProduct',
      ...answers(Product, 404),
      summary: 'Get a product',
    })
    .put(
      '/:slug',
      ({ params, body, command }) =>
        command.change(resource, params.slug, (product) => {
          const { name = product.name } = body
          return name === product.name ? product : { ...product, name }
        }),
      {
        scope: 'plans:write',
        operationId: 'updateProduct',
        body: UpdateProductBody,
        ...answers(Product, 404),
        summary: 'Rename a product',
      },
    )
}
