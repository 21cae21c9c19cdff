import { assert } from '~/assert.ts'
import type { TestResponse } from '../../../support/app.ts'
import { type Browser, openBrowser, type ServedApp } from '../../../support/browser.ts'
import { buildPayment, processEvent } from '../../../support/checkout.ts'
import { createTestEdge } from '../../../support/edges.ts'
import type { Known } from './values.ts'

/** The things that exist on the server before requests are sent. */
export interface Seeds {
  /** Values by the names of fields and parameters. */
  readonly known: Known
  /** IDs by the segment of the path in front of them. */
  readonly ids: Readonly<Record<string, readonly string[]>>
  readonly customer: Browser
  readonly edgeToken: string
  /** Texts that no later response may contain. */
  readonly secrets: readonly string[]
}

type Json = TestResponse['body']

let rounds = 0

/** Creates one of everything. IDs that are used up by a round are those of this round only. */
export async function createSeeds(app: ServedApp): Promise<Seeds> {
  rounds += 1
  const name = `round-${rounds}`
  const email = `${name}@example.com`
  const create = async (path: string, body?: object): Promise<Json> => {
    const response = await app.send('POST', `/api/v1${path}`, body)
    assert(response.status < 300, `${path} creates something: ${response.text}`)
    return response.body
  }
  const callAsApp = async (path: string, body: object): Promise<Json> => {
    const response = await app.callAsClient(path, body)
    assert(response.status === 200, `${path} works: ${response.text}`)
    return response.body
  }
  const offline = { refresh_days: 1, valid_days: 7, hard_days: 30 }
  const product = await create('/products', { slug: name, name, key_prefix: prefixOf(rounds) })
  const terms = { max_domains: 3, max_devices: 3, max_seats: 3, offline, borrow_days_max: 7 }
  const plan = await create('/plans', { slug: name, product: name, name, ...terms })
  const order = { plan: name, customer_email: email, external_ref: name }
  const license = await create('/licenses', order)
  const spare = await create('/licenses', { plan: name, customer_email: email })
  const { key } = license
  const fingerprint = `device-${name}`
  await callAsApp('activate', { key, domain: `${name}.example.com` })
  await callAsApp('activate', { key, fingerprint })
  const { id: seatId } = await callAsApp('seats/acquire', { key, fingerprint })
  const activations = await app.send('GET', `/api/v1/licenses/${license.id}/activations`)
  const webhook = await create('/webhooks', {
    url: 'https://127.0.0.1/hook',
    events: ['license.*'],
  })
  await create(`/webhooks/${webhook.id}/test`)
  const deliveries = await app.send('GET', '/api/v1/deliveries')
  const apiKey = await create('/keys', { name, scopes: ['licenses:read'] })
  const operator = await create('/operators', { name, scopes: ['licenses:read'] })
  const rule = await create('/checkout/rules', { price: name, plan: name })
  const event = await processEvent(app, buildPayment(app, { order_id: name }))
  const mail = await create(`/licenses/${license.id}/mail`)
  // With PostgreSQL there are none.
  const backups = app.deps.store.isShared ? [] : [await create('/backups')]
  const events = await app.send('GET', '/api/v1/events')
  const edge = await createTestEdge(app, name)
  const customer = openBrowser(app.url)
  const entered = await customer.send('POST', '/api/v1/portal/session', { key })
  assert(entered.status === 201, `the customer signs in: ${entered.text}`)
  await app.signedIn({ token: apiKey.token })
  const sessions = await app.send('GET', '/api/v1/sessions')
  const idsOf = ({ body }: TestResponse): string[] => body.data.map(({ id }: Json) => id)
  return {
    known: {
      plan: [name, 'professional'],
      product: [name, 'default'],
      customer_email: [email, 'dev@example.com'],
      email: [email],
      key: [key, spare.key],
      license_id: [license.id],
      domain: [`${name}.example.com`, 'localhost', 'other.example'],
      domains: ['a.example', 'localhost'],
      fingerprint: [fingerprint, 'another device'],
      external_ref: [name],
      // Apps release seats by ID.
      id: [seatId],
      from: [`${name}.example.com`],
      webhook_id: [webhook.id],
      activation_id: idsOf(activations),
      event_id: [event.id],
      url: ['https://127.0.0.1/hook', 'https://example.com/hook'],
      events: ['license.*', 'license.created'],
      scopes: ['licenses:read', 'plans:read'],
      token: [apiKey.token],
      key_prefix: ['AB', 'XY12'],
      quantity: [1, 2],
      // Edges wait for changes that long.
      wait_ms: [0],
      to: ['a.example', 'ops@example.com'],
      provider: ['standard', 'stripe'],
    },
    ids: {
      products: [product.slug],
      plans: [plan.slug],
      licenses: [license.id, spare.id],
      activations: idsOf(activations),
      seats: [seatId],
      webhooks: [webhook.id],
      deliveries: idsOf(deliveries),
      keys: [apiKey.id],
      operators: [operator.id],
      rules: [rule.id],
      events: idsOf(events).slice(0, 3),
      'checkout/events': [event.id],
      mails: [mail.id],
      backups: backups.map(({ name: file }: Json) => file),
      edges: [edge.id],
      sessions: idsOf(sessions).slice(0, 1),
      jobs: ['clean-up', 'expire-licenses'],
      swagger: ['swagger-ui.css'],
      checkout: ['standard', 'stripe'],
    },
    customer,
    edgeToken: edge.token,
    secrets: [apiKey.token, edge.token, webhook.secret],
  }
}

const prefixOf = (round: number) => `R${String(round).padStart(3, '0')}`
