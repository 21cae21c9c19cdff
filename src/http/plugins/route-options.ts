import type { DocumentDecoration } from 'elysia'

/** A route's facts that OpenAPI has no field for. They travel in `detail` next to those it has. */
export interface RouteFacts {
  readonly 'x-credential'?: 'license key'
  readonly 'x-body-bytes-max'?: number
  readonly 'x-idempotent'?: boolean
}

/** A route as the application lists it. */
export interface Route {
  readonly method: string
  readonly path: string
  readonly hooks: {
    readonly detail?: RouteFacts & {
      readonly security?: readonly { readonly bearer?: readonly string[] }[]
    }
  }
}

/** Types a fact as a part of `detail`. */
export const fact = (facts: RouteFacts): RouteFacts & DocumentDecoration => facts

/** Options that any route can declare. All of them are flat macros that only fill in `detail`. */
export const routeOptions = {
  /** The name of the function in generated clients: written by hand, unique, never changed. */
  operationId: (operationId: string) => ({ detail: { operationId } }),
  summary: (summary: string) => ({ detail: { summary } }),
  description: (description: string) => ({ detail: { description } }),
  /** The size limit of the request body; 64 KiB when omitted. */
  bodyBytesMax: (bytesMax: number) => ({ detail: fact({ 'x-body-bytes-max': bytesMax }) }),
}

/** Options of client routes, which authenticate by the license key in the body. */
export const clientOptions = {
  ...routeOptions,
  credential: (credential: 'license key') => ({
    detail: { security: [], ...fact({ 'x-credential': credential }) },
  }),
}
