import { describe, expect, test } from 'bun:test'
import type { FetchFromApi, PurchaseNews } from '~/checkout/providers/provider.ts'
import { translateStripe } from '~/checkout/providers/stripe.ts'
import { Fault } from '~/domain/faults.ts'
import {
  boughtAt,
  buildCustomer,
  buildDispute,
  buildEvent,
  buildInvoicePayment,
  buildRefund,
  buildSession,
  type RawEvent,
  recentShape,
} from './stripe/fixtures.ts'
import { oldShape } from './stripe/fixtures-old.ts'

const at = boughtAt + 100
const atMs = at * 1000
const sessionId = 'cs_live_a1b2c3'

function translate(event: RawEvent, fetchFromApi: FetchFromApi | null = null) {
  return translateStripe(event, { headers: {}, endpoint: null, fetchFromApi })
}

async function newsOf(
  event: RawEvent,
  fetchFromApi: FetchFromApi | null = null,
): Promise<PurchaseNews> {
  const { news } = await translate(event, fetchFromApi)
  if (news.kind !== 'purchase') throw new Error(`It is ${news.kind}.`)
  return news
}

const completed = (more?: Parameters<typeof buildSession>[0]) =>
  buildEvent('checkout.session.completed', at, buildSession(more))

const customer = { type: 'customer', atMs, email: 'dev@example.com', name: 'Dev' }
const paid = { type: 'paid', atMs, paymentRef: 'pi_once', paidUntilMs: null }
const unknown = { price: null, product: null, paymentLink: null, plan: null, quantity: 1 }

describe('stripe: sessions', () => {
  test('stripe: a one-off session is its own purchase, and its payment leads to it', async () => {
    const { unmatchedReason, ...news } = await newsOf(completed({ customer: 'cus_dev' }))
    expect<object>(news).toEqual({
      kind: 'purchase',
      ref: sessionId,
      facts: [customer, { type: 'items', atMs: 0, items: [{ ref: sessionId, ...unknown }] }, paid],
      links: [{ from: 'pi_once', to: sessionId }],
      customerRef: 'cus_dev',
      sessionIds: [sessionId],
    })
    expect(unmatchedReason).toStartWith('This session names no price')
    expect(unmatchedReason).toContain('metadata.licet_plan')
    expect(unmatchedReason).toContain('LICET_STRIPE_API_KEY')
  })

  test('stripe: a session names its plan and payment link, and no price without the API', async () => {
    const event = completed({ metadata: { licet_plan: 'team' }, payment_link: 'plink_1' })
    const { facts, unmatchedReason } = await newsOf(event)
    const origin = { paymentLink: 'plink_1', plan: 'team' }
    expect<object>(facts).toEqual([
      { type: 'origin', atMs, ...origin },
      customer,
      { type: 'items', atMs: 0, items: [{ ref: sessionId, ...unknown, ...origin }] },
      paid,
    ])
    expect(unmatchedReason).toContain('create a rule for plink_1')
  })

  test('stripe: text that the buyer can add to a payment link never names a plan', async () => {
    const { facts } = await newsOf(completed({ client_reference_id: 'enterprise' }))
    expect(JSON.stringify(facts)).not.toContain('enterprise')
  })

  test.each([
    ['completed', 'paid', true],
    ['completed', 'no_payment_required', true],
    ['completed', 'unpaid', false],
    ['async_payment_succeeded', 'paid', true],
  ] as const)('stripe: a session that is %s and %s is paid: %p', async (step, status, isPaid) => {
    const object = buildSession({ payment_status: status })
    const { facts } = await newsOf(buildEvent(`checkout.session.${step}`, at, object))
    expect(facts.some(({ type }) => type === 'paid')).toBe(isPaid)
  })

  test('stripe: a session that costs nothing has no payment, and is paid under its own ID', async () => {
    const free = completed({ payment_status: 'no_payment_required', payment_intent: null })
    const { facts, links } = await newsOf(free)
    expect<object>(facts).toContainEqual({ ...paid, paymentRef: sessionId })
    expect(links).toEqual([])
  })

  test('stripe: the session of a subscription belongs to it, and leaves payments to its invoices', async () => {
    const event = completed({
      mode: 'subscription',
      subscription: 'sub_pro',
      invoice: 'in_first',
      payment_intent: null,
      payment_link: 'plink_1',
    })
    expect<object>(await newsOf(event)).toEqual({
      kind: 'purchase',
      ref: 'sub_pro',
      facts: [{ type: 'origin', atMs, paymentLink: 'plink_1', plan: null }, customer],
      links: [
        { from: 'in_first', to: 'sub_pro' },
        { from: sessionId, to: 'sub_pro' },
      ],
      customerRef: null,
      sessionIds: [sessionId],
    })
  })

  test('stripe: the items of a one-off invoice prevail over what its session does not know', async () => {
    const news = await newsOf(completed({ invoice: 'in_once' }))
    expect(news).toMatchObject({ ref: 'in_once', sessionIds: [sessionId] })
    expect(news.links).toContainEqual({ from: 'in_once', to: sessionId })
    expect(news.unmatchedReason).toBeUndefined()
  })

  test('stripe: a session that only stores a payment method is ignored', async () => {
    const { news } = await translate(completed({ mode: 'setup' }))
    expect(news.kind).toBe('ignored')
  })

  const line = (id: string, price: string, quantity: number) => ({
    id,
    object: 'item',
    price: { id: price, object: 'price', product: `prod_of_${price}`, metadata: {} },
    quantity,
  })

  test('stripe: line items come from the API, from all of its pages', async () => {
    const paths: string[] = []
    const pages = [
      { data: [line('li_1', 'price_a', 2)], has_more: true },
      { data: [line('li_2', 'price_b', 1)], has_more: false },
    ]
    const news = await newsOf(completed({ invoice: 'in_once' }), async (path) => {
      paths.push(path)
      return pages.shift()
    })
    expect(paths).toEqual([
      `/v1/checkout/sessions/${sessionId}/line_items?limit=100`,
      `/v1/checkout/sessions/${sessionId}/line_items?limit=100&starting_after=li_1`,
    ])
    expect(news.ref).toBe(sessionId)
    const named = { ...unknown, price: 'price_a', product: 'prod_of_price_a', quantity: 2 }
    expect<object | undefined>(news.facts.find(({ type }) => type === 'items')).toEqual({
      type: 'items',
      atMs,
      items: [
        { ref: 'li_1', ...named },
        { ref: 'li_2', ...named, price: 'price_b', product: 'prod_of_price_b', quantity: 1 },
      ],
    })
  })

  test('stripe: line items that an event contains are not asked for', async () => {
    const list = { object: 'list', data: [line('li_1', 'price_a', 1)], has_more: false }
    const event = buildEvent('checkout.session.completed', at, {
      ...buildSession(),
      line_items: list,
    })
    const news = await newsOf(event, () => Promise.reject(new Error('It was asked for.')))
    expect(news.facts).toContainEqual(expect.objectContaining({ type: 'items', atMs }))
  })

  test('stripe: a key that the API refuses leaves what the session names itself', async () => {
    const refuse = () => Promise.reject(new Fault('invalid_request', 'Check the key.'))
    const { facts, unmatchedReason } = await newsOf(completed({ payment_link: 'plink_1' }), refuse)
    expect(facts).toContainEqual(expect.objectContaining({ type: 'paid' }))
    expect(unmatchedReason).toBe('Check the key.')
  })

  test('stripe: an API that fails for a moment fails the event, which is tried again', async () => {
    const failure = new Error('The API of Stripe responded with status 500.')
    const translation = newsOf(completed(), () => Promise.reject(failure))
    expect(await translation.catch((error) => error)).toBe(failure)
  })
})

describe('stripe: refunds and disputes', () => {
  test('stripe: a payment of a recent invoice leads to it through invoice_payment.paid', async () => {
    const news = await newsOf(buildEvent('invoice_payment.paid', at, buildInvoicePayment()))
    expect(news).toMatchObject({
      ref: 'in_first',
      facts: [],
      links: [{ from: 'pi_first', to: 'in_first' }],
    })
    const payment = { type: 'payment_record', payment_record: 'pr_cash' } as const
    const outside = buildInvoicePayment({ payment })
    const { news: ignored } = await translate(buildEvent('invoice_payment.paid', at, outside))
    expect(ignored.kind).toBe('ignored')
  })

  test.each([
    ['full', 3000],
    ['partial', 1000],
  ])('stripe: a %s refund is one of its payment', async (share, amount_refunded) => {
    const charge = recentShape.charge({ amount_refunded })
    expect<object>(await newsOf(buildEvent('charge.refunded', at, charge))).toMatchObject({
      ref: 'pi_first',
      facts: [{ type: 'refunded', atMs, paymentRef: 'pi_first', share }],
      links: [{ from: 'ch_first', to: 'pi_first' }],
    })
  })

  test('stripe: an old charge names its invoice, and a very old one has no payment intent', async () => {
    const { links } = await newsOf(buildEvent('charge.refunded', at, oldShape.charge()))
    expect(links).toContainEqual({ from: 'pi_first', to: 'in_first' })
    const veryOld = oldShape.charge({ payment_intent: null })
    expect(await newsOf(buildEvent('charge.refunded', at, veryOld))).toMatchObject({
      ref: 'ch_first',
      links: [{ from: 'ch_first', to: 'in_first' }],
    })
  })

  test.each([
    ['refund.failed', 'failed', 'purchase'],
    ['refund.updated', 'failed', 'purchase'],
    ['refund.updated', 'canceled', 'purchase'],
    ['charge.refund.updated', 'failed', 'purchase'],
    ['refund.updated', 'succeeded', 'ignored'],
    ['refund.updated', 'pending', 'ignored'],
  ] as const)('stripe: %s with the status %s is %s', async (type, status, kind) => {
    const { news } = await translate(buildEvent(type, at, buildRefund({ status })))
    expect(news.kind).toBe(kind)
    if (news.kind !== 'purchase') return
    expect(news.ref).toBe('pi_first')
    expect(news.facts).toEqual([{ type: 'refund_failed', atMs, paymentRef: 'pi_first' }])
  })

  test.each([
    ['created', 'needs_response', 'disputed'],
    ['created', 'under_review', 'disputed'],
    ['updated', 'needs_response', 'disputed'],
    ['funds_withdrawn', 'needs_response', 'disputed'],
    ['closed', 'won', 'dispute_won'],
    ['closed', 'lost', 'dispute_lost'],
    ['closed', 'warning_closed', 'dispute_won'],
    ['updated', 'prevented', 'dispute_won'],
    ['funds_reinstated', 'under_review', 'dispute_won'],
    ['funds_reinstated', 'lost', 'dispute_lost'],
  ] as const)(
    'stripe: a dispute that is %s with the status %s is %s',
    async (step, status, type) => {
      const event = buildEvent(`charge.dispute.${step}`, at, buildDispute(status))
      expect<object>(await newsOf(event)).toMatchObject({
        ref: 'pi_first',
        facts: [{ type, atMs, disputeRef: 'dp_first' }],
        links: [{ from: 'ch_first', to: 'pi_first' }],
      })
    },
  )

  test.each([
    'warning_needs_response',
    'warning_under_review',
    'appeal_needs_response',
    'appeal_under_review',
  ] as const)('stripe: a dispute with the status %s changes nothing', async (status) => {
    const event = buildEvent('charge.dispute.updated', at, buildDispute(status))
    expect((await translate(event)).news.kind).toBe('ignored')
  })

  test('stripe: objects that were expanded are read like their IDs', async () => {
    const intent = { id: 'pi_first', object: 'payment_intent' } as const
    const dispute = { ...buildDispute('lost'), payment_intent: intent, charge: { id: 'ch_first' } }
    const event = buildEvent('charge.dispute.closed', at, dispute)
    expect(await newsOf(event)).toMatchObject({ ref: 'pi_first' })
  })
})

describe('stripe: customers', () => {
  test.each(['customer.created', 'customer.updated'] as const)(
    'stripe: %s has the address of a customer, in its normal form',
    async (type) => {
      const object = buildCustomer({ email: ' New@Example.com ' })
      const { news } = await translate(buildEvent(type, at, object))
      const address = { email: 'new@example.com', name: 'Dev' }
      expect(news).toEqual({ kind: 'customer', ref: 'cus_dev', ...address })
    },
  )

  test('stripe: a customer without an address is ignored', async () => {
    const { news } = await translate(
      buildEvent('customer.updated', at, buildCustomer({ email: null })),
    )
    expect(news.kind).toBe('ignored')
  })
})
