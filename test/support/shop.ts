import type { CheckoutApis } from '~/checkout/providers/api.ts'
import type { Provider } from '~/domain/purchases.ts'
import { processCheckout } from '~/jobs/process-checkout.ts'
import type { Config } from '~/platform/config.ts'
import { openTestApp, readResponse, type TestApp, type TestResponse } from './app.ts'
import { signEvent } from './checkout.ts'
import { runJob } from './jobs.ts'

/** A server on a socket, and a shop that sends events to it. */
export interface Shop extends AsyncDisposable {
  readonly app: TestApp
  /** Sends an event so many times at once, and then processes what has arrived. */
  deliver(event: object, copies?: number): Promise<void>
  /** Sends events at once, and then processes all of them. */
  deliverAtOnce(events: readonly object[]): Promise<void>
  /** Returns all licenses of a customer. */
  licensesOf(email: string): Promise<TestResponse['body'][]>
  /** Returns the last events of a type, the latest first. */
  eventsOf(type: string): Promise<TestResponse['body'][]>
}

export async function openShop(
  provider: Provider,
  {
    config = {},
    apis = {},
  }: { readonly config?: Partial<Config>; readonly apis?: CheckoutApis } = {},
): Promise<Shop> {
  const app = await openTestApp(config)
  const deps = { ...app.deps, checkoutApis: apis }
  app.app.listen({ port: 0, hostname: '127.0.0.1' })
  const url = `http://127.0.0.1:${app.app.server?.port}/api/v1/checkout/${provider}`

  async function send(event: object): Promise<void> {
    const body = JSON.stringify(event)
    // A shop that sends an event again gives it the same ID.
    const id = `msg_${Bun.hash(body)}`
    const headers = signEvent(provider, body, { atMs: app.clock.nowMs(), id })
    const { status, text } = await readResponse(await fetch(url, { method: 'POST', body, headers }))
    if (status !== 200) throw new Error(`The event was not accepted: ${text}`)
  }

  async function deliverAtOnce(events: readonly object[]): Promise<void> {
    await Promise.all(events.map(send))
    await runJob(processCheckout, deps)
  }

  async function list(path: string) {
    const { status, text, body } = await app.send('GET', `/api/v1/${path}`)
    if (status !== 200) throw new Error(text)
    return body.data
  }

  return {
    app,
    deliver: (event, copies = 1) => deliverAtOnce(Array(copies).fill(event)),
    deliverAtOnce,
    licensesOf: (email) => list(`licenses?limit=100&customer_email=${encodeURIComponent(email)}`),
    eventsOf: (type) => list(`checkout/events?limit=100&type=${type}`),
    async [Symbol.asyncDispose]() {
      await app.app.stop(true)
      await app.close()
    },
  }
}
