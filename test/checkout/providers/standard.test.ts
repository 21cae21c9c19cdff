import { expect, test } from 'bun:test'
import { translateStandard } from '~/checkout/providers/standard.ts'
import { Fault } from '~/domain/faults.ts'
import { StandardEvent } from '~/wire/checkout-standard.ts'

const at = '2026-03-06T12:00:00Z'
const atMs = Date.parse(at)
const untilMs = Date.parse('2026-04-06T12:00:00Z')
const customer = { email: 'Dev@Example.com', name: 'Ada' }
const items = [{ price: 'pro-monthly', quantity: 2 }]
const order = { occurred_at: at, order_id: '1001' }
const subscription = { ...order, subscription_id: 'S-7' }

const customerFact = { type: 'customer', atMs, email: 'dev@example.com', name: 'Ada' }
const item = { price: null, product: null, paymentLink: null, plan: null, quantity: 1 }
const itemsFact = {
  type: 'items',
  atMs,
  items: [{ ...item, ref: 'pro-monthly', price: 'pro-monthly', quantity: 2 }],
}

async function translate(event: object, headers: Record<string, string> = {}) {
  return translateStandard(event, { headers, endpoint: null, fetchFromApi: null })
}

async function newsOf(event: object) {
  const { news } = await translate(event)
  if (news.kind !== 'purchase') throw new Error(`It is ${news.kind}.`)
  return news
}

test.each([
  [
    'a paid order',
    { type: 'paid', ...order, customer, items },
    [customerFact, itemsFact, { type: 'paid', atMs, paymentRef: null, paidUntilMs: null }],
  ],
  [
    'a paid period',
    {
      type: 'paid',
      ...subscription,
      payment_id: 9,
      customer,
      items,
      paid_until: '2026-04-06T12:00:00Z',
    },
    [
      customerFact,
      itemsFact,
      { type: 'paid', atMs, paymentRef: 'payment:9', paidUntilMs: untilMs },
    ],
  ],
  ['a failed payment', { type: 'past_due', ...subscription }, [{ type: 'past_due', atMs }]],
  [
    'a payment that was made after all',
    { type: 'recovered', ...subscription, paid_until: '2026-04-06T14:00:00+02:00' },
    [{ type: 'paid', atMs, paymentRef: null, paidUntilMs: untilMs }],
  ],
  [
    'a cancellation at the end of the period',
    { type: 'cancels', ...subscription, ends_at: '2026-04-06T12:00:00Z' },
    [{ type: 'cancels_at', atMs, endsAtMs: untilMs }],
  ],
  [
    'a withdrawn cancellation',
    { type: 'uncanceled', ...subscription },
    [{ type: 'uncanceled', atMs }],
  ],
  ['a cancellation now', { type: 'canceled', ...subscription }, [{ type: 'ended', atMs }]],
  [
    'a cancellation with an end',
    { type: 'canceled', ...subscription, ends_at: '2026-04-06T12:00:00Z' },
    [{ type: 'cancels_at', atMs, endsAtMs: untilMs }],
  ],
  [
    'a refund, whose items are not all that was bought',
    { type: 'refunded', ...order, payment_id: 'P-1', items: [{ price: 'other' }] },
    [{ type: 'refunded', atMs, paymentRef: 'payment:P-1', share: 'full' }],
  ],
  [
    'a partial refund',
    { type: 'partially_refunded', ...order },
    [{ type: 'refunded', atMs, paymentRef: null, share: 'partial' }],
  ],
  [
    'a failed refund',
    { type: 'refund_failed', ...order },
    [{ type: 'refund_failed', atMs, paymentRef: null }],
  ],
  [
    'a dispute',
    { type: 'disputed', ...order },
    [{ type: 'disputed', atMs, disputeRef: 'dispute' }],
  ],
  [
    'a won dispute, one of several',
    { type: 'dispute_won', ...order, dispute_id: 'D-1' },
    [{ type: 'dispute_won', atMs, disputeRef: 'D-1' }],
  ],
  [
    'a lost dispute',
    { type: 'dispute_lost', ...order },
    [{ type: 'dispute_lost', atMs, disputeRef: 'dispute' }],
  ],
  ['other items', { type: 'changed', ...order, items }, [itemsFact]],
  ['another customer', { type: 'changed', ...order, customer }, [customerFact]],
])('standard: facts follow from %s', async (_name, event, facts) => {
  expect((await newsOf(event)).facts).toEqual(facts as never)
})

test('standard: an order and a payment lead to their subscription, and a payment to its order', async () => {
  const paid = await newsOf({ type: 'past_due', ...subscription, payment_id: 'P-1' })
  expect(paid.ref).toBe('subscription:S-7')
  expect(paid.links).toEqual([
    { from: 'order:1001', to: 'subscription:S-7' },
    { from: 'payment:P-1', to: 'subscription:S-7' },
  ])
  const refund = await newsOf({ type: 'refunded', occurred_at: at, payment_id: 'P-1' })
  expect([refund.ref, refund.links]).toEqual(['payment:P-1', []])
})

test('standard: numbers are IDs too, and an ID of one noun is none of another', async () => {
  const { ref, links } = await newsOf({
    type: 'past_due',
    occurred_at: at,
    order_id: 7,
    subscription_id: 7,
  })
  expect([ref, links]).toEqual(['subscription:7', [{ from: 'order:7', to: 'subscription:7' }]])
})

test('standard: an event has its own ID, or that of its webhook', async () => {
  const event = { type: 'past_due', ...order }
  const headers = { 'webhook-id': 'msg_1' }
  expect((await translate({ ...event, id: 'E-1' }, headers)).eventId).toBe('E-1')
  expect((await translate(event, headers)).eventId).toBe('msg_1')
  expect((await translate(event)).eventId).toBeNull()
})

test('standard: only `test: true` is test mode', async () => {
  const event = { type: 'past_due', ...order }
  const modes = [true, false, null, undefined].map((test) => translate({ ...event, test }))
  expect((await Promise.all(modes)).map(({ mode }) => mode)).toEqual([
    'test',
    'live',
    'live',
    'live',
  ])
})

test('standard: an item has the ID of its line, else of its price, product or plan', async () => {
  const bought = [
    { id: 'line-1', price: 'p' },
    { price: 'p', product: 'x' },
    { product: 'x', plan: 'professional' },
    { plan: 'professional' },
  ]
  const { facts } = await newsOf({ type: 'changed', ...order, items: bought })
  expect(facts).toEqual([
    {
      type: 'items',
      atMs,
      items: [
        { ...item, ref: 'line-1', price: 'p' },
        { ...item, ref: 'p', price: 'p', product: 'x' },
        { ...item, ref: 'x', product: 'x', plan: 'professional' },
        { ...item, ref: 'professional', plan: 'professional' },
      ],
    },
  ])
})

test('standard: the ID of the session opens the thank-you page, and must be hard to guess', async () => {
  const event = { type: 'paid', ...order, customer, items }
  const session_id = '5a5c8f0e-52cd-4e0c-93a8-2f1a7e5b9c11'
  expect((await newsOf({ ...event, session_id })).sessionIds).toEqual([session_id])
  expect((await newsOf(event)).sessionIds).toEqual([])
  await expect(translate({ ...event, session_id: '1001' })).rejects.toThrow(
    'at least 16 characters',
  )
})

test('standard: an event of an unknown type is ignored with a reason, whatever else it contains', async () => {
  const { type, news } = await translate({ type: 'shipped', occurred_at: at, items: 'many' })
  expect(type).toBe('shipped')
  expect(news).toEqual({
    kind: 'ignored',
    reason: expect.stringMatching(/no type “shipped”. Use one of paid,/),
  })
})

test.each([
  ['a text', 'paid', 'Must be an object'],
  ['no type', order, '/type'],
  ['no time', { type: 'paid', order_id: '1' }, '/occurred_at: This field is required.'],
  [
    'a date only',
    { type: 'paid', order_id: '1', occurred_at: '2026-03-06' },
    'An RFC 3339 time|When it happened',
  ],
  [
    'a day that does not exist',
    { type: 'past_due', order_id: '1', occurred_at: '2026-02-30T00:00:00Z' },
    'does not exist',
  ],
  ['nothing that it refers to', { type: 'past_due', occurred_at: at }, 'Send an order_id'],
  ['a payment without a customer', { type: 'paid', ...order, items }, 'needs a customer'],
  ['a payment without items', { type: 'paid', ...order, customer }, 'needs items'],
  ['no items at all', { type: 'paid', ...order, customer, items: [] }, 'at least one item'],
  [
    'an item without a name',
    { type: 'paid', ...order, customer, items: [{ quantity: 1 }] },
    'needs a price',
  ],
  [
    'an item twice',
    { type: 'paid', ...order, customer, items: [{ price: 'p' }, { price: 'p' }] },
    'an id of its own',
  ],
  [
    'a quantity of zero',
    { type: 'paid', ...order, customer, items: [{ price: 'p', quantity: 0 }] },
    '/items/0/quantity: Must be at least 1',
  ],
  [
    'half a license',
    { type: 'paid', ...order, customer, items: [{ price: 'p', quantity: 0.5 }] },
    '/items/0/quantity: Must be an integer',
  ],
  [
    'no address',
    { type: 'paid', ...order, customer: { email: 'nobody' }, items },
    '/customer/email',
  ],
  ['an end that is missing', { type: 'cancels', ...subscription }, 'needs ends_at'],
  ['a change of nothing', { type: 'changed', ...order }, 'needs items or a customer'],
])('standard: %s is refused with a sentence', async (_name, event, words) => {
  const fault = await translateStandard(event, {
    headers: {},
    endpoint: null,
    fetchFromApi: null,
  }).catch((error: unknown) => error)
  expect(fault).toBeInstanceOf(Fault)
  expect((fault as Fault).message).toMatch(new RegExp(words))
})

test('standard: the documented example is an event that creates a license', async () => {
  const [example] = StandardEvent.examples
  const { facts } = await newsOf(example)
  expect(facts.map(({ type }) => type)).toEqual(['customer', 'items', 'paid'])
})
