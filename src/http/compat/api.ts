import type { CompatSource } from '~/domain/compat/sources.ts'
import type { Fault } from '~/domain/faults.ts'
import type { ClientCall } from '../client/find-license.ts'
import type { Headed } from '../plugins/request-limits.ts'
import type { CompatTools } from './tools.ts'

/** The client API of another product: its routes, and how it presents failures. */
export interface CompatApi {
  readonly source: CompatSource
  /** Patterns of paths that are only its own, such as `/v1/licenses/*`. It presents their 404 and 405. */
  readonly owns: readonly string[]
  readonly routes: readonly CompatRoute[]
  /** Presents what was thrown, in the format of the source. */
  presentFailure(failure: CompatFailure): CompatReply
}

export interface CompatRoute {
  /** A GET also answers HEAD. */
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** A pattern such as `/v1/machines/:id`. A star at its end stands for any rest. */
  readonly path: string
  /**
   * Vendors send an API key. Apps send a license key, so their routes are open to pages of any origin,
   * and edges forward them.
   */
  readonly caller: 'app' | 'vendor'
  /** Whether a request is meant for this route, which shares its path with one of ours. */
  readonly isMeant?: (request: Request) => boolean | Promise<boolean>
  readonly respond: (call: CompatCall, tools: CompatTools) => Promise<CompatReply>
}

/** Returns the route of a vendor, with a path below `/api/v1`. */
export const vendorRoute = (
  method: CompatRoute['method'],
  path: string,
  respond: CompatRoute['respond'],
): CompatRoute => ({ method, path: `/api/v1${path}`, caller: 'vendor', respond })

/** A request in the format of another product. */
export interface CompatCall extends ClientCall {
  /** The parameters in the path, decoded. */
  readonly params: Readonly<Record<string, string>>
  /** Without characters that a database cannot store. */
  readonly query: URLSearchParams
  /** The headers of the response, beside those of the reply. */
  readonly set: Headed
}

/** A response. `body` is sent as JSON, unless it is text; null for none. */
export interface CompatReply {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface CompatFailure {
  /** Null for an error of our own. */
  readonly fault: Fault | null
  /** That of our own routes, which the source may replace. */
  readonly status: number
  readonly requestId: string
  /** The request; its body is read. */
  readonly request: Request
}

/** Returns a sentence for the user of an app. Errors of our own are only logged. */
export const describeFailure = ({ fault }: Pick<CompatFailure, 'fault'>): string =>
  fault?.message ?? 'The server has failed. Try again later.'
