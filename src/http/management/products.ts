import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { unchanged } from '~/domain/decisions.ts'
import { Fault } from '~/domain/faults.ts'
import { PageQuery, pageOf, parsePageRequest, presentPage } from '~/wire/pages.ts'
import { problems } from '~/wire/problems.ts'
import { CreateProductBody, Product, presentProduct, UpdateProductBody } from '~/wire/products.ts'
import type { CommandsPlugin } from '../plugins/commands.ts'

const tags = ['Products']

export const productRoutes = ({ store }: Pick<Deps, 'store'>, commands: CommandsPlugin) =>
  new Elysia({ prefix: '/products' })
    .use(commands)
    .get(
      '',
      async ({ query }) => {
        const page = await store.products.list(parsePageRequest('products', query))
        return presentPage('products', query, page, presentProduct)
      },
      {
        scope: 'plans:read',
        query: PageQuery,
        response: { 200: pageOf(Product), ...problems(400, 401, 403, 422) },
        detail: { tags, summary: 'List products, newest first' },
      },
    )
    .post(
      '',
      ({ body, command }) =>
        command.answer({ status: 201, noun: 'product', view: presentProduct }, (context) => {
          const { slug, name, key_prefix: keyPrefix } = body
          return store.products.create({ slug, name, keyPrefix }, [], context)
        }),
      {
        scope: 'plans:write',
        body: CreateProductBody,
        response: { 201: Product, ...problems(400, 401, 403, 409, 413, 415, 422) },
        detail: { tags, summary: 'Create a product' },
      },
    )
    .get(
      '/:slug',
      async ({ params }) => {
        const product = await store.products.find(params.slug)
        if (product === null) throw new Fault('not_found', 'No such product.')
        return presentProduct(product)
      },
      {
        scope: 'plans:read',
        response: { 200: Product, ...problems(401, 403, 404) },
        detail: { tags, summary: 'Show a product' },
      },
    )
    .put(
      '/:slug',
      ({ params, body, command }) =>
        command.answer({ status: 200, noun: 'product', view: presentProduct }, (context) =>
          store.products.change(params.slug, context, (product) => {
            const { name = product.name } = body
            if (name === product.name) return unchanged(product)
            const renamed = { ...product, name }
            const changes = [{ type: 'product.update' as const, product: renamed }]
            return { result: renamed, changes, events: [] }
          }),
        ),
      {
        scope: 'plans:write',
        body: UpdateProductBody,
        response: { 200: Product, ...problems(400, 401, 403, 404, 413, 415, 422) },
        detail: { tags, summary: 'Rename a product' },
      },
    )
