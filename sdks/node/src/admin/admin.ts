import { buildCalls } from './calls.ts'
import { buildPlans, buildProducts, type Plans, type Products } from './catalog.ts'
import {
  type AdminOptions,
  type CallOptions,
  openConnection,
  type Query,
  type Send,
} from './connection.ts'
import { buildEvents, buildWebhooks, type Events, type Webhooks } from './events.ts'
import { buildLicenses, type Licenses } from './licenses.ts'

export interface RequestOptions extends CallOptions {
  readonly query?: Query
}

/**
 * The management API, for your own servers: its API key must never be part of an app. Calls return
 * the objects of the API as they are. They throw `LicetProblem` if the server answers with an error,
 * and `NoAnswer` if there is no response, in both cases after the retries.
 */
export class LicetAdmin {
  readonly licenses: Licenses
  readonly plans: Plans
  readonly products: Products
  readonly webhooks: Webhooks
  readonly events: Events
  readonly #send: Send

  /** `url` is the URL of the server, `token` an API key such as `licet_…`. */
  constructor(url: string, token: string, options: AdminOptions = {}) {
    this.#send = openConnection(url, token, options)
    const calls = buildCalls(this.#send)
    this.licenses = buildLicenses(calls)
    this.plans = buildPlans(calls)
    this.products = buildProducts(calls)
    this.webhooks = buildWebhooks(calls)
    this.events = buildEvents(calls)
  }

  /**
   * Sends any other request of the API, such as `request('GET', '/api/v1/mails')`. Returns the JSON
   * of the response, its text if it is not JSON, or undefined if it has no body.
   */
  request<Result = unknown>(
    method: string,
    path: string,
    body?: unknown,
    { query, ...options }: RequestOptions = {},
  ): Promise<Result> {
    const request = { method: method.toUpperCase(), path, body, query, options }
    return this.#send(request) as Promise<Result>
  }
}
