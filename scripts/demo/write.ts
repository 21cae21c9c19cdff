import { DAY_MS, HOUR_MS, SECOND_MS, toTimestamp } from '~/domain/times.ts'
import type { PostResult } from '~/webhooks/http-post.ts'
import { BROKEN_URL, operators, plans, products, rules, webhooks } from './catalog.ts'
import { inventCustomer } from './customers.ts'
import { createRandom } from './random.ts'
import { planSales, type Sales, use } from './sales.ts'
import { type DemoServer, type Network, openDemoServer } from './server.ts'
import { createTimeline } from './timeline.ts'
import { recordUsage } from './usage.ts'

const HISTORY_DAYS = 300
const USAGE_DAYS = 60
/** For how long one endpoint has failed at the end. */
const BROKEN_DAYS = 2
const MAIL_REFUSED_EACH = 30

export interface DemoOptions {
  readonly licenses: number
  readonly seed: number
  /** When the history ends. */
  readonly endsAtMs: number
}

/**
 * Writes the history of a vendor with three products into an empty data directory: through the API, in
 * the order of time, with a clock that is set by hand.
 */
export async function writeDemo(directory: string, options: DemoOptions): Promise<void> {
  const { seed, endsAtMs } = options
  const random = createRandom(seed)
  const startMs = Math.floor(endsAtMs / DAY_MS - HISTORY_DAYS) * DAY_MS + 8 * HOUR_MS
  await using server = await openDemoServer(directory, startMs, createNetwork(endsAtMs))
  const timeline = createTimeline(endsAtMs)
  const shopToken = await setUp(server)
  const licenses: Sales['licenses'] = []
  const sales: Sales = { random, timeline, licenses, startMs, endsAtMs, shopToken: () => shopToken }
  planSales(sales, options.licenses)
  timeline.add(endsAtMs - 30 * DAY_MS, createWebhooks)
  planOddEvents(sales)
  planChores(sales)
  planEdges(sales)
  await timeline.run(server)
  await useToday(server, sales)
  await server.runJobs()
  await recordUsage(server, random, licenses, { days: USAGE_DAYS, endsAtMs })
}

/** Receivers and mail servers that accept everything, but for one endpoint and a few mailboxes. */
const createNetwork =
  (endsAtMs: number) =>
  (nowMs: () => number): Network => {
    let mails = 0
    return {
      post: async ({ url }) => {
        const isBroken = url === BROKEN_URL && nowMs() > endsAtMs - BROKEN_DAYS * DAY_MS
        return isBroken ? unavailable : accepted
      },
      sendMail: async () => {
        mails += 1
        if (mails % MAIL_REFUSED_EACH > 0) return { outcome: 'sent' }
        return { outcome: 'rejected', reason: '550 5.1.1 There is no such mailbox here.' }
      },
    }
  }

const accepted: PostResult = {
  status: 200,
  error: null,
  retryAfter: null,
  responseBody: 'ok',
  durationMs: 84,
}
const unavailable: PostResult = {
  ...accepted,
  status: 503,
  responseBody: '<h1>503 Service Unavailable</h1> The database is being migrated.',
  durationMs: 412,
}

/** Creates what is there from the first day. Returns the token of the shop's API key. */
async function setUp({ asOperator }: DemoServer): Promise<string> {
  const [owner, ...colleagues] = operators
  for (const product of products) await asOperator(owner, 'POST', '/products', product)
  for (const { slug, product, days, fields } of plans) {
    const plan = { slug, product, duration_days: days, ...fields }
    await asOperator(owner, 'POST', '/plans', plan)
  }
  for (const rule of rules) await asOperator(owner, 'POST', '/checkout/rules', rule)
  for (const name of colleagues) await asOperator(owner, 'POST', '/operators', { name })
  const dashboards = { name: 'Reports', scopes: ['licenses:read', 'usage:read'] }
  await asOperator(owner, 'POST', '/keys', dashboards)
  const shop = { name: 'Web shop', scopes: ['licenses:read', 'licenses:write', 'licenses:reveal'] }
  return (await asOperator(owner, 'POST', '/keys', shop)).token
}

async function createWebhooks({ asOperator }: DemoServer): Promise<void> {
  for (const webhook of webhooks) await asOperator(operators[1], 'POST', '/webhooks', webhook)
}

/** Uses most licenses on some of their places, so that these were seen and seats are taken. */
async function useToday(server: DemoServer, { random, licenses }: Sales): Promise<void> {
  for (const license of licenses.filter(({ isUsed }) => isUsed && random.chance(0.8))) {
    for (const place of license.places.filter(() => random.chance(0.7))) {
      await use(random, server, license, place)
    }
  }
}

/** Events of the shop that create no license: each of them is in a state of its own. */
function planOddEvents({ timeline, random, endsAtMs }: Sales): void {
  const at = (hours: number) => endsAtMs - hours * HOUR_MS
  const order = (id: string, atMs: number, fields: object) => {
    const { email, name } = inventCustomer(random, Number(id))
    const said = { type: 'paid', occurred_at: toTimestamp(atMs), order_id: id }
    return {
      ...said,
      customer: { email, name },
      items: [{ price: 'price_canvas_team' }],
      ...fields,
    }
  }
  const isNew = { items: [{ price: 'price_canvas_education', quantity: 1 }] }
  const odd = [
    order('20001', at(30), isNew),
    order('20002', at(5), isNew),
    order('20003', at(100), { test: true }),
    order('20004', at(52), { type: 'refunded', payment_id: 'pay_unknown' }),
    order('20005', at(9), { items: [{ plan: 'canvas-classic', quantity: 1 }] }),
    order('20006', at(26), { customer: undefined }),
    // A sale that the broken endpoint never hears of, whatever else is sold in these days.
    order('20007', at(40), {}),
  ]
  for (const event of odd) {
    timeline.add(Date.parse(event.occurred_at), (server) => server.asShop('standard', event))
  }
  timeline.add(at(20), (server) => server.asShop('stripe', buildStripeEvent(at(20))))
  timeline.add(at(3), (server) => server.asShop('paddle', buildPaddleEvent(at(3))))
}

/** An event that no license depends on. */
const buildStripeEvent = (atMs: number) => ({
  id: 'evt_1QdemoPayoutPaid',
  object: 'event',
  type: 'payout.paid',
  created: Math.floor(atMs / 1000),
  livemode: true,
  data: { object: { id: 'po_1Qdemo', object: 'payout' } },
})

/** A payment of a customer whose email address another event brings. */
const buildPaddleEvent = (atMs: number) => ({
  event_id: 'evt_01demo',
  event_type: 'transaction.completed',
  occurred_at: toTimestamp(atMs),
  data: {
    id: 'txn_01demo',
    customer_id: 'ctm_01demo',
    subscription_id: 'sub_01demo',
    origin: 'web',
    billing_period: { ends_at: toTimestamp(atMs + 30 * DAY_MS) },
    items: [{ price: { id: 'pri_01ledgerpro', billing_cycle: {} }, quantity: 1 }],
  },
})

/** Other work of operators: a change of a plan, and a backup now and then. */
function planChores({ timeline, endsAtMs }: Sales): void {
  const [owner, second, third] = operators
  timeline.add(endsAtMs - 40 * DAY_MS, ({ asOperator }) =>
    asOperator(owner, 'PUT', '/plans/canvas-personal', {
      features: { export_pdf: true, cloud_sync: true },
    }),
  )
  timeline.add(endsAtMs - 12 * DAY_MS, ({ asOperator }) => asOperator(second, 'POST', '/backups'))
  timeline.add(endsAtMs - 5 * HOUR_MS, ({ asOperator }) => asOperator(third, 'POST', '/backups'))
}

/** An edge that is connected until the end, and one that was created and not started yet. */
function planEdges({ timeline, endsAtMs }: Sales): void {
  const create = ({ asOperator }: DemoServer, name: string) =>
    asOperator(operators[0], 'POST', '/edges', { name })
  timeline.add(endsAtMs - 20 * DAY_MS, async (server) => {
    const { token } = await create(server, 'eu-frankfurt')
    timeline.add(endsAtMs - SECOND_MS, ({ nowMs, withToken }) =>
      withToken(token, 'GET', `/edge/feed?wait_ms=0&usage_until_ms=${nowMs()}`),
    )
  })
  timeline.add(endsAtMs - 2 * HOUR_MS, (server) => create(server, 'us-virginia'))
}
