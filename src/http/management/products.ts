import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { PageQuery, pageOf, parsePageRequest, presentPage } from '~/wire/pages.ts'
import { CreateProductBody, Product, presentProduct, UpdateProductBody } from '~/wire/products.ts'
import { answers, created } from '../answers.ts'
import type { Scopes } from '../plugins/scopes.ts'
import { ProductParams } from './path-params.ts'
import { requireFound } from './require-found.ts'

const resource = { noun: 'product', present: presentProduct } as const

export const productRoutes = ({ store }: Pick<Deps, 'store'>, scopes: Scopes) =>
  new Elysia({ prefix: '/products', tags: ['Products'] })
    .use(scopes)
    .get(
      '',
      async ({ query }) => {
        const page = await store.products.list(parsePageRequest('products', query))
        return presentPage('products', query, page, presentProduct)
      },
      {
        scope: 'plans:read',
        operationId: 'listProducts',
        query: PageQuery,
        ...answers(pageOf(Product)),
        summary: 'List products, newest first',
      },
    )
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
    .get(
      '/:slug',
      async ({ params }) =>
        presentProduct(requireFound('product', await store.products.find(params.slug))),
      {
        scope: 'plans:read',
        operationId: 'getProduct',
        params: ProductParams,
        ...answers(Product, 404),
        summary: 'Get a product',
      },
    )
    .put(
      '/:slug',
      ({ params, body, command }) =>
        command.change(resource, (context) =>
          store.products.change(params.slug, context, (product) => {
            const { name = product.name } = body
            return name === product.name ? product : { ...product, name }
          }),
        ),
      {
        scope: 'plans:write',
        operationId: 'updateProduct',
        params: ProductParams,
        body: UpdateProductBody,
        ...answers(Product, 404),
        summary: 'Rename a product',
      },
    )
