import type { BodyOf, Calls, QueryOf } from './calls.ts'
import type { CallOptions } from './connection.ts'

export type Products = ReturnType<typeof buildProducts>
export type Plans = ReturnType<typeof buildPlans>

export function buildProducts({ call, list }: Calls) {
  return {
    create: (body: BodyOf<'createProduct'>, options?: CallOptions) =>
      call('createProduct', { body, options }),
    get: (slug: string, options?: CallOptions) => call('getProduct', { ids: [slug], options }),
    list: (query?: QueryOf<'listProducts'>, options?: CallOptions) =>
      list('listProducts', { query, options }),
    update: (slug: string, body: BodyOf<'updateProduct'>, options?: CallOptions) =>
      call('updateProduct', { ids: [slug], body, options }),
  }
}

export function buildPlans({ call, list }: Calls) {
  return {
    create: (body: BodyOf<'createPlan'>, options?: CallOptions) =>
      call('createPlan', { body, options }),
    get: (slug: string, options?: CallOptions) => call('getPlan', { ids: [slug], options }),
    list: (query?: QueryOf<'listPlans'>, options?: CallOptions) =>
      list('listPlans', { query, options }),
    /** Changes the fields that the body has, for all licenses of the plan. */
    update: (slug: string, body: BodyOf<'updatePlan'>, options?: CallOptions) =>
      call('updatePlan', { ids: [slug], body, options }),
    /** Deletes a plan that no license uses. */
    delete: (slug: string, options?: CallOptions) => call('deletePlan', { ids: [slug], options }),
  }
}
