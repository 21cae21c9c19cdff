import { expect, test } from 'bun:test'
import { paddleApiOf } from '~/checkout/providers/api.ts'
import { translatePaddle } from '~/checkout/providers/paddle.ts'
import type { FetchFromApi } from '~/checkout/providers/provider.ts'
import { Fault } from '~/domain/faults.ts'
import {
  adjustmentEvent,
  customer,
  customerEvent,
  customerId,
  price,
  proMonthly,
  subscriptionCreated,
  subscriptionEvent,
  subscriptionId,
  subscriptionItem,
  transactionCompleted,
  transactionId,
} from './paddle-events.ts'

const at = '2026-03-01T10:00:03.635628Z'
const atMs = Date.parse(at)
const endOfMarch = '2026-04-01T10:00:00Z'
const endOfMarchMs = Date.parse(endOfMarch)

function item(id: string, quantity = 1) {
  const names = { ref: id, price: id, product: `pro_of_${id}` }
  return { ...names, paymentLink: null, plan: null, quantity }
}
const items = (...list: object[]) => ({ type: 'items', atMs, items: list })
const paid = (paidUntilMs: number | null, paymentRef: string | null = transactionId) => ({
  type: 'paid',
  atMs,
  paymentRef,
  paidUntilMs,
})
const uncanceled = { type: 'uncanceled', atMs }

function translate(
  event: object,
  endpoint: string | null = null,
  fetchFromApi: FetchFromApi | null = null,
) {
  return translatePaddle(event, { headers: {}, endpoint, fetchFromApi })
}

async function newsOf(event: object, fetchFromApi: FetchFromApi | null = null) {
  const { news } = await translate(event, null, fetchFromApi)
  if (news.kind !== 'purchase') throw new Error(`It is ${news.kind}.`)
  return news
}

const oneOff = {
  subscription_id: null,
  billing_period: null,
  items: [
    { price: price('pri_once', { billing_cycle: null }), quantity: 2 },
    { price: price('pri_once', { billing_cycle: null }), quantity: 1 },
    { price: price('pri_other', { billing_cycle: null }), quantity: 1 },
  ],
}
const scheduled = (action: 'cancel' | 'pause' | 'resume') => ({
  scheduled_change: { action, effective_at: endOfMarch, resume_at: null },
})

test.each([
  [
    'a one-off sale, whose equal items are added up',
    transactionCompleted(at, oneOff),
    [items(item('pri_once', 3), item('pri_other')), paid(null)],
  ],
  [
    'the first payment of a subscription',
    transactionCompleted(at),
    [items(item(proMonthly)), paid(endOfMarchMs)],
  ],
  [
    'a renewal, which may contain other charges',
    transactionCompleted(at, {
      origin: 'subscription_recurring',
      items: [{ price: price('pri_setup', { billing_cycle: null }), quantity: 1 }],
    }),
    [paid(endOfMarchMs)],
  ],
  [
    'a payment for an upgrade, which contains only the difference',
    transactionCompleted(at, { origin: 'subscription_update' }),
    [paid(endOfMarchMs)],
  ],
  [
    'a subscription sold with a one-off product',
    transactionCompleted(at, {
      items: [
        { price: price(proMonthly), quantity: 1 },
        { price: price('pri_setup', { billing_cycle: null }), quantity: 1 },
      ],
    }),
    [items(item(proMonthly)), paid(endOfMarchMs)],
  ],
  [
    'a new subscription, which may be unpaid',
    subscriptionCreated(at),
    [items(item(proMonthly)), uncanceled],
  ],
  [
    'a trial',
    subscriptionCreated(at, { status: 'trialing' }),
    [items(item(proMonthly)), paid(endOfMarchMs, null), uncanceled],
  ],
  [
    'an imported subscription',
    subscriptionEvent('imported', at),
    [items(item(proMonthly)), paid(endOfMarchMs, null), uncanceled],
  ],
  [
    'a changed price and quantity',
    subscriptionEvent('updated', at, {
      items: [
        subscriptionItem('pri_team', { quantity: 5 }),
        subscriptionItem(proMonthly, { status: 'inactive' }),
      ],
    }),
    [items(item('pri_team', 5)), uncanceled],
  ],
  [
    'a failed payment',
    subscriptionEvent('past_due', at, { status: 'past_due' }),
    [items(item(proMonthly)), { type: 'past_due', atMs }, uncanceled],
  ],
  [
    'a cancellation at the end of the period',
    subscriptionEvent('updated', at, scheduled('cancel')),
    [items(item(proMonthly)), { type: 'cancels_at', atMs, endsAtMs: endOfMarchMs }],
  ],
  [
    'a pause at the end of the period',
    subscriptionEvent('updated', at, scheduled('pause')),
    [items(item(proMonthly)), { type: 'cancels_at', atMs, endsAtMs: endOfMarchMs }],
  ],
  [
    'a pause',
    subscriptionEvent('paused', at, { status: 'paused', paused_at: endOfMarch }),
    [{ type: 'cancels_at', atMs, endsAtMs: endOfMarchMs }],
  ],
  [
    'a planned end of a pause',
    subscriptionEvent('updated', at, { status: 'paused', ...scheduled('resume') }),
    [{ type: 'cancels_at', atMs, endsAtMs: atMs }],
  ],
  ['the end of a pause', subscriptionEvent('resumed', at), [items(item(proMonthly)), uncanceled]],
  [
    'the end of a subscription, whose items are inactive by then',
    subscriptionEvent('canceled', at, { status: 'canceled', canceled_at: endOfMarch, items: [] }),
    [{ type: 'ended', atMs: endOfMarchMs }],
  ],
  [
    'an approved refund',
    adjustmentEvent('updated', at),
    [{ type: 'refunded', atMs, paymentRef: transactionId, share: 'full' }],
  ],
  [
    'an approved partial refund',
    adjustmentEvent('created', at, { type: 'partial' }),
    [{ type: 'refunded', atMs, paymentRef: transactionId, share: 'partial' }],
  ],
  [
    'a reversed refund',
    adjustmentEvent('updated', at, { status: 'reversed' }),
    [{ type: 'refund_failed', atMs, paymentRef: transactionId }],
  ],
  [
    'a chargeback',
    adjustmentEvent('created', at, { action: 'chargeback' }),
    [{ type: 'disputed', atMs, disputeRef: transactionId }],
  ],
  [
    'a warning of a chargeback',
    adjustmentEvent('created', at, { action: 'chargeback_warning' }),
    [{ type: 'disputed', atMs, disputeRef: transactionId }],
  ],
  [
    'a won chargeback',
    adjustmentEvent('created', at, { action: 'chargeback_reverse' }),
    [{ type: 'dispute_won', atMs, disputeRef: transactionId }],
  ],
  [
    'a withdrawn warning',
    adjustmentEvent('created', at, { action: 'chargeback_warning_reverse' }),
    [{ type: 'dispute_won', atMs, disputeRef: transactionId }],
  ],
])('paddle: facts follow from %s', async (_name, event, facts) => {
  expect((await newsOf(event)).facts).toEqual(facts as never)
})

test.each([
  ['a refund that awaits approval', adjustmentEvent('created', at, { status: 'pending_approval' })],
  ['a rejected refund', adjustmentEvent('updated', at, { status: 'rejected' })],
  ['a credit', adjustmentEvent('created', at, { action: 'credit' })],
  [
    'a new payment method',
    transactionCompleted(at, { origin: 'subscription_payment_method_change' }),
  ],
  ['an unused type', { ...customerEvent('created', at), event_type: 'address.created' }],
  [
    'an unused type of another shape',
    { ...customerEvent('created', at), event_type: 'x.created', data: [] },
  ],
  ['an unusable address', customerEvent('created', at, { email: 'unknown' })],
])('paddle: nothing follows from %s', async (_name, event) => {
  const { news } = await translate(event)
  expect(news).toEqual({ kind: 'ignored', reason: expect.stringMatching(/^[A-Z].*\.$/) })
})

test('paddle: a payment leads to its subscription, and a refund starts at its payment', async () => {
  const sale = await newsOf(transactionCompleted(at))
  const links = [{ from: transactionId, to: subscriptionId }]
  expect([sale.ref, sale.links]).toEqual([subscriptionId, links])
  const created = await newsOf(subscriptionCreated(at))
  expect([created.ref, created.links]).toEqual([subscriptionId, links])
  const refund = await newsOf(adjustmentEvent('updated', at))
  expect([refund.ref, refund.links]).toEqual([transactionId, []])
})

test('paddle: a one-off sale and a single charge are purchases of their own', async () => {
  const sale = await newsOf(transactionCompleted(at, oneOff))
  expect([sale.ref, sale.links]).toEqual([transactionId, []])
  const charge = await newsOf(
    transactionCompleted(at, {
      ...oneOff,
      subscription_id: subscriptionId,
      origin: 'subscription_charge',
    }),
  )
  expect([charge.ref, charge.links, charge.facts[1]]).toEqual([
    transactionId,
    [],
    paid(null) as never,
  ])
})

test('paddle: a sale names its customer, whose own event has the address', async () => {
  const { customerRef, facts } = await newsOf(transactionCompleted(at))
  expect(customerRef).toBe(customerId)
  expect(facts.map(({ type }) => type)).toEqual(['items', 'paid'])
  for (const name of ['created', 'updated'] as const) {
    const { news } = await translate(customerEvent(name, at))
    expect(news).toEqual({
      kind: 'customer',
      ref: customerId,
      email: 'ada@example.com',
      name: 'Ada Lovelace',
    })
  }
})

test('paddle: with an API key, the address is looked up, with the time of its last change', async () => {
  const paths: string[] = []
  const fetchFromApi: FetchFromApi = async (path) => {
    paths.push(path)
    return { data: customer({ updated_at: endOfMarch }), meta: { request_id: '1' } }
  }
  const { facts } = await newsOf(transactionCompleted(at), fetchFromApi)
  expect(paths).toEqual([`/customers/${customerId}`])
  expect(facts.at(-1)).toEqual({
    type: 'customer',
    atMs: endOfMarchMs,
    email: 'ada@example.com',
    name: 'Ada Lovelace',
  })
  await newsOf(subscriptionEvent('updated', at), fetchFromApi)
  expect(paths).toHaveLength(1)
})

test('paddle: the prefix of the API key decides between the sandbox and the live API', () => {
  const urls = ['pdl_sdbx_apikey_01', 'pdl_live_apikey_01', 'a-key-of-old'].map(
    (key) => paddleApiOf(key).baseUrl,
  )
  const live = 'https://api.paddle.com'
  expect(urls).toEqual(['https://sandbox-api.paddle.com', live, live])
})

test('paddle: a sale does not fail with an API key that Paddle refuses, but with an outage it is repeated', async () => {
  const refuses: FetchFromApi = async () => {
    throw new Fault('invalid_request', 'Paddle refuses the API key.')
  }
  const { facts, customerRef } = await newsOf(transactionCompleted(at), refuses)
  expect([facts.map(({ type }) => type), customerRef]).toEqual([['items', 'paid'], customerId])
  const isDown: FetchFromApi = async () => {
    throw new Error('The API of Paddle responded with status 503.')
  }
  await expect(newsOf(transactionCompleted(at), isDown)).rejects.toThrow('503')
})

test('paddle: the thank-you page has the ID of the transaction, which cannot be guessed', async () => {
  expect((await newsOf(transactionCompleted(at))).sessionIds).toEqual([transactionId])
  expect((await newsOf(subscriptionCreated(at))).sessionIds).toEqual([])
})

test('paddle: an event is identified by its own ID, not by that of its delivery', async () => {
  const event = transactionCompleted(at)
  const { eventId, type, occurredAtMs } = await translate(event)
  expect([eventId, type, occurredAtMs]).toEqual([event.event_id, 'transaction.completed', atMs])
})

test('paddle: the label of the endpoint decides about test mode, as events do not contain it', async () => {
  const modes = [null, 'shop', 'Sandbox', 'test'].map((label) =>
    translate(transactionCompleted(at), label),
  )
  expect((await Promise.all(modes)).map(({ mode }) => mode)).toEqual([
    'live',
    'live',
    'test',
    'test',
  ])
})

test.each([
  ['an empty object', {}],
  ['no data', { ...transactionCompleted(at), data: null }],
  [
    'a transaction without items',
    { ...transactionCompleted(at), data: { id: 'txn_1', origin: 'web' } },
  ],
  ['a time that does not exist', transactionCompleted('2026-02-30T00:00:00Z')],
])('paddle: %s is refused', async (_name, event) => {
  await expect(translate(event)).rejects.toBeInstanceOf(Fault)
})
