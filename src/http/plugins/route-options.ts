import type { DocumentDecoration } from 'elysia'

const BODY_BYTES_MAX = 65_536

/**
 * The body of a signed request is read as bytes, because a signature covers exactly those. What is
 * `public` may be read by anyone, also by pages of other origins. `portal` is open to all customers.
 */
export type Credential =
  | 'none'
  | 'public'
  | 'license key'
  | 'session ID'
  | 'signature'
  | 'sign-in'
  | 'portal'
  | 'portal session'
  | 'edge token'
  | 'API key'

type OpenCredential = Exclude<Credential, 'none' | 'API key'>

/** A route's facts that OpenAPI has no field for. They travel in `detail` next to those it has. */
export interface RouteFacts {
  readonly 'x-credential'?: OpenCredential
  readonly 'x-body-bytes-max'?: number
  readonly 'x-idempotent'?: boolean
  readonly 'x-raw-body'?: boolean
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

/** The requirements of a route for its requests. */
export interface RouteRules {
  readonly credential: Credential
  /** The scope that the API key needs; null without one. */
  readonly scope: string | null
  readonly bodyBytesMax: number
  /** Whether its handler gets the body as bytes of any type. */
  readonly isRaw: boolean
  /** Whether it changes something on behalf of a vendor, so that `Prefer: wait` waits for edges. */
  readonly isCommand: boolean
  /** Whether it honors `Idempotency-Key`, as every management POST does that changes something. */
  readonly isIdempotent: boolean
}

export function readRules({ method, hooks: { detail = {} } }: Route): RouteRules {
  const scope = detail.security?.[0]?.bearer?.[0] ?? null
  const isCommand = method !== 'GET' && scope !== null && detail['x-idempotent'] !== false
  return {
    credential: detail['x-credential'] ?? (scope === null ? 'none' : 'API key'),
    scope,
    bodyBytesMax: detail['x-body-bytes-max'] ?? BODY_BYTES_MAX,
    isRaw: detail['x-credential'] === 'signature' || detail['x-raw-body'] === true,
    isCommand,
    isIdempotent: method === 'POST' && isCommand,
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

/** How the document describes a credential that a header or cookie carries. */
const securityOf: Partial<Record<OpenCredential, { [scheme: string]: string[] }[]>> = {
  'portal session': [{ portalSession: [] }],
  'edge token': [{ edgeToken: [] }],
}

/** Options of routes that need no API key, because their requests have a credential of their own. */
export const openOptions = {
  ...routeOptions,
  rawBody: (isRaw: true) => ({ detail: fact({ 'x-raw-body': isRaw }) }),
  credential: (credential: OpenCredential) => ({
    detail: {
      security: securityOf[credential] ?? [],
      ...fact({ 'x-credential': credential }),
    },
  }),
}
