import { expect, test } from 'bun:test'
import type { CheckoutApis } from '~/checkout/providers/api.ts'
import { permute } from '../../support/orders.ts'
import { openShop, type Shop } from '../../support/shop.ts'
import {
  boughtAt,
  buildCustomer,
  buildDispute,
  buildEvent,
  buildInvoicePayment,
  buildRefund,
  buildSession,
  firstEnd,
  type RawEvent,
  recentShape,
  type Shape,
  secondEnd,
  secondsOf,
} from './stripe/fixtures.ts'
import { oldShape } from './stripe/fixtures-old.ts'

const thirdEnd = secondsOf('2026-06-01T10:00:00Z')
const HOUR = 3600

const shapes: readonly (readonly [name: string, shape: Shape])[] = [
  ['recent', recentShape],
  ['old', oldShape],
]

/** Opens a server with rules, at a time in seconds. */
async function openStripe(now: number, apis: CheckoutApis = {}): Promise<Shop> {
  const shop = await openShop('stripe', { apis })
  shop.app.clock.advanceMs(now * 1000 - shop.app.clock.nowMs())
  const rules = [
    { provider: 'stripe', price: 'price_pro', plan: 'professional' },
    { provider: 'stripe', price: 'price_team', plan: 'enterprise' },
    { provider: 'stripe', payment_link: 'plink_pro', plan: 'professional' },
  ]
  for (const rule of rules) {
    const { status } = await shop.app.send('POST', '/api/v1/checkout/rules', rule)
    expect(status).toBe(201)
  }
  return shop
}

let purchases = 0

/** Gives a purchase IDs and a customer of its own. */
function createPurchase() {
  purchases += 1
  const number = purchases
  const email = `dev${number}@example.com`
  const rename = (event: RawEvent): RawEvent =>
    JSON.parse(
      JSON.stringify(event)
        .replaceAll(/"(cus|sub|si|in|pi|ch|cs|dp|re|evt)_([a-z0-9_]+)"/g, `"$1_$2_${number}"`)
        .replaceAll('dev@example.com', email),
    )
  return { email, rename }
}

const at = (text: string) => secondsOf(`2026-${text}Z`)
const renewedAt = firstEnd + HOUR
const failedAt = secondEnd + HOUR
const recoveredAt = secondEnd + 50 * HOUR
const canceledAt = at('05-10T10:00:00')
const refundedAt = at('05-12T10:00:00')

/** The life of a subscription, in which every event may be as it was before or since 2025. */
function buildLife({ subscription, invoice, charge }: Shape) {
  const updated = (created: number, more: object, previous: object) =>
    buildEvent('customer.subscription.updated', created, subscription(more), previous)
  const second = {
    id: 'in_second',
    billing_reason: 'subscription_cycle',
    created: renewedAt - HOUR,
    lines: [{ id: 'il_second', end: secondEnd }],
    payment_intent: 'pi_second',
    charge: 'ch_second',
  } as const
  const third = {
    ...second,
    id: 'in_third',
    created: failedAt - HOUR,
    lines: [{ id: 'il_third', end: thirdEnd }],
    payment_intent: 'pi_third',
    charge: 'ch_third',
  } as const
  const session = buildSession({
    mode: 'subscription',
    subscription: 'sub_pro',
    invoice: 'in_first',
    customer: 'cus_dev',
    payment_intent: null,
  })
  const pastDue = { status: 'past_due', periodEnd: thirdEnd } as const
  const paymentOfSecond = buildInvoicePayment({
    id: 'inpay_second',
    invoice: 'in_second',
    payment: { type: 'payment_intent', payment_intent: 'pi_second' },
  })
  return {
    bought: [
      buildEvent('customer.subscription.created', boughtAt, subscription({ status: 'incomplete' })),
      updated(boughtAt, {}, { status: 'incomplete' }),
      buildEvent('invoice.paid', boughtAt, invoice()),
      buildEvent('checkout.session.completed', boughtAt, session),
    ],
    renewed: buildEvent('invoice.paid', renewedAt, invoice(second)),
    // Only in recent versions, but both accept it.
    linked: buildEvent('invoice_payment.paid', renewedAt, paymentOfSecond),
    failed: buildEvent('invoice.payment_failed', failedAt, invoice(third)),
    pastDue: updated(failedAt, pastDue, { status: 'active' }),
    recovered: buildEvent('invoice.paid', recoveredAt, invoice(third)),
    canceled: updated(
      canceledAt,
      { cancel_at_period_end: true, canceled_at: canceledAt, periodEnd: thirdEnd },
      { cancel_at_period_end: false },
    ),
    refunded: buildEvent(
      'charge.refunded',
      refundedAt,
      charge({ id: 'ch_second', payment_intent: 'pi_second', invoice: 'in_second' }),
    ),
  }
}

const copy = <Item>(item: Item | undefined, count: number): Item[] =>
  item === undefined ? [] : Array(count).fill(item)

async function readLicense(shop: Shop, email: string) {
  const licenses = await shop.licensesOf(email)
  expect(licenses).toHaveLength(1)
  const [license] = licenses
  const { status, expires_at, suspension_cause, plan } = license
  return { status, expires_at, suspension_cause, plan }
}

test.each(shapes)(
  'stripe: renewed, failed, recovered and canceled in any order and number end the same, %s shape',
  async (_name, shape) => {
    const { bought, renewed, linked, failed, pastDue, recovered, canceled, refunded } =
      buildLife(shape)
    await using shop = await openStripe(refundedAt + HOUR)
    const orders = permute([[renewed, linked], [failed, pastDue], [recovered], [canceled]])
    for (let start = 0; start < orders.length; start += 8) {
      // Eight purchases at once, each with its own order of the same events.
      const lives = orders.slice(start, start + 8).map((order) => ({
        ...createPurchase(),
        events: order.flatMap((pair, index) => (index % 2 === 0 ? pair : pair.toReversed())),
      }))
      const sendAll = (pick: (events: readonly RawEvent[], index: number) => readonly RawEvent[]) =>
        shop.deliverAtOnce(
          lives.flatMap(({ events, rename }, index) => pick(events, index).map(rename)),
        )
      await sendAll(() => bought)
      for (let step = 0; step < 6; step += 1) {
        await sendAll((events, index) => copy(events[step], 1 + ((start + index + step) % 3)))
      }
      for (const { email } of lives) {
        expect(await readLicense(shop, email)).toEqual({
          status: 'active',
          expires_at: '2026-06-01T10:00:00Z',
          suspension_cause: null,
          plan: 'professional',
        })
      }
      await sendAll(() => [refunded])
      for (const { email } of lives) {
        expect(await readLicense(shop, email)).toMatchObject({
          status: 'revoked',
          expires_at: '2026-06-01T10:00:00Z',
        })
      }
    }
  },
  120_000,
)

test.each(shapes)(
  'stripe: a whole life that arrives backwards, at once and eight times is one license, %s shape',
  async (_name, shape) => {
    await using shop = await openStripe(refundedAt + HOUR)
    const { bought, refunded, ...middle } = buildLife(shape)
    const { email, rename } = createPurchase()
    const events = [...bought, ...Object.values(middle)].map(rename).reverse()
    await shop.deliverAtOnce(events.flatMap((event) => Array(8).fill(event)))
    expect(await readLicense(shop, email)).toMatchObject({
      status: 'active',
      suspension_cause: null,
    })
    await shop.deliver(rename(refunded), 8)
    expect(await readLicense(shop, email)).toMatchObject({ status: 'revoked' })
  },
)

test('stripe: the refund of a renewal finds its license, in every order of events', async () => {
  await using shop = await openStripe(refundedAt + HOUR)
  const life = buildLife(recentShape)
  const orders = permute(['bought', 'renewed', 'linked', 'refunded'] as const)
  const purchases = orders.map((order) => ({ ...createPurchase(), order }))
  for (let step = 0; step < 4; step += 1) {
    const events = purchases.flatMap(({ order, rename }) =>
      order.slice(step, step + 1).flatMap((name) => [life[name]].flat().map(rename)),
    )
    await shop.deliverAtOnce(events)
  }
  for (const { email, order } of purchases) {
    const license = await readLicense(shop, email)
    expect({ order, ...license }).toMatchObject({ order, status: 'revoked' })
  }
})

test('stripe: a license does not expire between the end of a period and its invoice an hour later', async () => {
  await using shop = await openStripe(renewedAt)
  const { bought, renewed } = buildLife(recentShape)
  const { email, rename } = createPurchase()
  await shop.deliverAtOnce(bought.map(rename))
  expect(await readLicense(shop, email)).toMatchObject({ expires_at: '2026-04-04T10:00:00Z' })
  await shop.deliver(rename(renewed))
  expect(await readLicense(shop, email)).toMatchObject({ expires_at: '2026-05-04T10:00:00Z' })
})

test.each(shapes)(
  'stripe: a failed payment suspends, and a payment reinstates, %s shape',
  async (_name, shape) => {
    await using shop = await openStripe(recoveredAt)
    const { bought, failed, pastDue, recovered } = buildLife(shape)
    const { email, rename } = createPurchase()
    await shop.deliverAtOnce(bought.map(rename))
    await shop.deliverAtOnce([failed, pastDue].map(rename))
    const suspended = { status: 'suspended', suspension_cause: 'past_due' }
    expect(await readLicense(shop, email)).toMatchObject(suspended)
    await shop.deliver(rename(recovered))
    expect(await readLicense(shop, email)).toMatchObject({ status: 'active' })
  },
)

test('stripe: a plan change keeps the key, and its proration does not extend the license', async () => {
  await using shop = await openStripe(boughtAt + 24 * HOUR)
  const { bought } = buildLife(recentShape)
  const { email, rename } = createPurchase()
  await shop.deliverAtOnce(bought.map(rename))
  const [before] = await shop.licensesOf(email)
  const upgradedAt = boughtAt + 10 * HOUR
  const upgraded = recentShape.subscription({ items: [{ price: 'price_team' }] })
  const prorated = recentShape.invoice({
    id: 'in_rest',
    billing_reason: 'subscription_update',
    created: upgradedAt,
    lines: [{ id: 'il_rest', isProration: true, price: 'price_team', end: secondEnd }],
  })
  const events = [
    buildEvent('customer.subscription.updated', upgradedAt, upgraded, { items: {} }),
    buildEvent('invoice.paid', upgradedAt, prorated),
  ]
  for (const event of events) await shop.deliver(rename(event))
  const [after] = await shop.licensesOf(email)
  expect(after).toMatchObject({ plan: 'enterprise', id: before.id, expires_at: before.expires_at })
})

test('stripe: a dispute suspends, an inquiry does not, and a dispute that is won reinstates', async () => {
  await using shop = await openStripe(boughtAt + 24 * HOUR)
  const { bought } = buildLife(oldShape)
  const { email, rename } = createPurchase()
  await shop.deliverAtOnce(bought.map(rename))
  const steps = [
    ['charge.dispute.created', 'warning_needs_response', 'active'],
    ['charge.dispute.updated', 'needs_response', 'suspended'],
    ['charge.dispute.closed', 'won', 'active'],
  ] as const
  for (const [index, [type, disputeStatus, status]] of steps.entries()) {
    const event = buildEvent(type, boughtAt + 100 + index, buildDispute(disputeStatus))
    await shop.deliver(rename(event))
    expect(await readLicense(shop, email)).toMatchObject({ status })
  }
})

test('stripe: a new address of the customer is that of the license', async () => {
  await using shop = await openStripe(boughtAt + 24 * HOUR)
  const { bought } = buildLife(recentShape)
  const { email, rename } = createPurchase()
  await shop.deliverAtOnce(bought.map(rename))
  const changed = buildEvent('customer.updated', boughtAt + 100, buildCustomer())
  await shop.deliver(rename(changed))
  expect(await shop.licensesOf(email)).toEqual([])
  expect(await shop.licensesOf('new@example.com')).toHaveLength(1)
})

const soldAt = boughtAt + 5

test('stripe: a one-off payment without a price is unmatched, and says what to do', async () => {
  await using shop = await openStripe(boughtAt + 24 * HOUR)
  const { email, rename } = createPurchase()
  const event = rename(buildEvent('checkout.session.completed', soldAt, buildSession()))
  await shop.deliver(event)
  expect(await shop.licensesOf(email)).toEqual([])
  const [latest] = await shop.eventsOf('checkout.session.completed')
  expect(latest).toMatchObject({
    state: 'unmatched',
    reason: expect.stringContaining('This session names no price'),
  })
})

test.each([
  ['metadata.licet_plan', { metadata: { licet_plan: 'professional' } }],
  ['a payment link with a rule', { payment_link: 'plink_pro' }],
])(
  'stripe: a one-off payment with %s is a license, and a failed refund is none',
  async (_what, more) => {
    await using shop = await openStripe(boughtAt + 24 * HOUR)
    const { email, rename } = createPurchase()
    const session = buildSession({ ...more, payment_status: 'unpaid' })
    await shop.deliver(rename(buildEvent('checkout.session.completed', soldAt, session)))
    expect(await shop.licensesOf(email)).toEqual([])
    const paid = { ...session, payment_status: 'paid' }
    const type = 'checkout.session.async_payment_succeeded'
    await shop.deliver(rename(buildEvent(type, soldAt + 60, paid)), 3)
    expect(await readLicense(shop, email)).toMatchObject({ status: 'active', expires_at: null })
    const refund = buildRefund({ payment_intent: 'pi_once', charge: 'ch_once' })
    await shop.deliver(rename(buildEvent('refund.failed', soldAt + 200, refund)))
    const charge = recentShape.charge({ id: 'ch_once', payment_intent: 'pi_once' })
    await shop.deliver(rename(buildEvent('charge.refunded', soldAt + 100, charge)))
    expect(await readLicense(shop, email)).toMatchObject({ status: 'active' })
  },
)

test.each(permute(['session', 'invoice'] as const).map((order) => [order]))(
  'stripe: the price of a one-off payment comes from its invoice, in the order %p',
  async (order) => {
    await using shop = await openStripe(boughtAt + 24 * HOUR)
    const { email, rename } = createPurchase()
    const lines = [{ item: null, price: 'price_pro' }]
    const invoice = recentShape.invoice({ id: 'in_once', subscription: null, lines })
    const events = {
      session: buildEvent(
        'checkout.session.completed',
        soldAt,
        buildSession({ invoice: 'in_once' }),
      ),
      invoice: buildEvent('invoice.paid', soldAt, invoice),
    }
    for (const name of order) await shop.deliver(rename(events[name]), 2)
    expect(await readLicense(shop, email)).toMatchObject({ plan: 'professional', status: 'active' })
  },
)

test('stripe: with an API key, a rule for the price of a one-off payment is enough', async () => {
  const line = { id: 'li_once', price: { id: 'price_pro', product: 'prod_pro' }, quantity: 2 }
  const stripe = () => Promise.resolve({ data: [line], has_more: false })
  await using shop = await openStripe(boughtAt + 24 * HOUR, { stripe })
  const { email, rename } = createPurchase()
  await shop.deliver(rename(buildEvent('checkout.session.completed', soldAt, buildSession())))
  expect(await shop.licensesOf(email)).toHaveLength(2)
})

test('stripe: the thank-you page shows the key of a subscription once it is paid', async () => {
  await using shop = await openStripe(boughtAt + 24 * HOUR)
  const id = `cs_live_${'a1B2c3D4'.repeat(7)}`
  const { bought } = buildLife(recentShape)
  const page = () =>
    shop.app.send('GET', `/api/v1/checkout/sessions/stripe/${id}`, undefined, {
      authorization: undefined,
    })
  const events: RawEvent[] = JSON.parse(JSON.stringify(bought).replaceAll('cs_live_a1b2c3', id))
  const paid = events.filter(({ type }) => type === 'invoice.paid')
  await shop.deliverAtOnce(events.filter(({ type }) => type !== 'invoice.paid'))
  expect(await page()).toMatchObject({ status: 202, body: { state: 'pending' } })
  await shop.deliverAtOnce(paid)
  const { status, body } = await page()
  expect(status).toBe(200)
  expect(body.licenses).toHaveLength(1)
})

test('stripe: a payment link with a rule sells a subscription whose price has none', async () => {
  await using shop = await openStripe(boughtAt + 24 * HOUR)
  const { email, rename } = createPurchase()
  const items = [{ price: 'price_unknown' }]
  const session = buildSession({
    mode: 'subscription',
    subscription: 'sub_pro',
    payment_link: 'plink_pro',
  })
  const events = [
    buildEvent('customer.subscription.created', boughtAt, recentShape.subscription({ items })),
    buildEvent('invoice.paid', boughtAt, recentShape.invoice({ lines: items })),
    buildEvent('checkout.session.completed', boughtAt, session),
  ]
  for (const event of events) await shop.deliver(rename(event))
  expect(await readLicense(shop, email)).toMatchObject({ plan: 'professional' })
})
