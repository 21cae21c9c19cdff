import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { FetchFromApi, PurchaseNews } from '~/checkout/providers/provider.ts'
import { translateStripe } from '~/checkout/providers/stripe.ts'
import { Fault } from '~/domain/faults.ts'
import {
  boughtAt,
  buildEvent,
  firstEnd,
  type RawEvent,
  recentShape,
  type Shape,
  secondEnd,
} from './stripe/fixtures.ts'
import { oldShape } from './stripe/fixtures-old.ts'

const shapes: readonly (readonly [name: string, shape: Shape])[] = [
  ['recent', recentShape],
  ['old', oldShape],
]

const at = boughtAt + 100
const atMs = at * 1000
/** The time of a fact that the event only repeats. */
const repeatedMs = atMs - 1

function translate(event: unknown, fetchFromApi: FetchFromApi | null = null) {
  return translateStripe(event, { headers: {}, endpoint: null, fetchFromApi })
}

async function newsOf(event: RawEvent, fetchFromApi?: FetchFromApi): Promise<PurchaseNews> {
  const { news } = await translate(event, fetchFromApi)
  if (news.kind !== 'purchase') throw new Error(`It is ${news.kind}.`)
  return news
}

/** Returns the facts of these types, or else all. */
async function factsOf(event: RawEvent, ...types: readonly string[]): Promise<readonly object[]> {
  const { facts } = await newsOf(event)
  return facts.filter(({ type }) => types.length === 0 || types.includes(type))
}

const item = (more: object = {}) => ({
  ref: 'si_pro',
  price: 'price_pro',
  product: 'prod_of_price_pro',
  paymentLink: null,
  plan: null,
  quantity: 1,
  ...more,
})

describe.each(shapes)('stripe, %s shape', (_name, { subscription, invoice }) => {
  const updated = (more: Parameters<Shape['subscription']>[0], previous: object = {}) =>
    buildEvent('customer.subscription.updated', at, subscription(more), previous)

  test('stripe: a new subscription names its items, customer and first invoice', async () => {
    const object = subscription({ latest_invoice: 'in_first', status: 'incomplete' })
    expect(await newsOf(buildEvent('customer.subscription.created', at, object))).toEqual({
      kind: 'purchase',
      ref: 'sub_pro',
      facts: [
        { type: 'items', atMs: repeatedMs, items: [item()] },
        { type: 'uncanceled', atMs: repeatedMs },
      ],
      links: [{ from: 'in_first', to: 'sub_pro' }],
      customerRef: 'cus_dev',
      sessionIds: [],
    })
  })

  test('stripe: the plan is named by the item, else by its price, else by the subscription', async () => {
    const items = [
      {
        id: 'si_1',
        metadata: { licet_plan: 'item' },
        priceMetadata: { licet_plan: 'price' },
      },
      { id: 'si_2', metadata: { licet_plan: ' ' }, priceMetadata: { licet_plan: 'price' } },
      { id: 'si_3', quantity: undefined },
    ]
    const [fact] = await factsOf(updated({ items, metadata: { licet_plan: 'whole' } }), 'items')
    expect(fact).toMatchObject({
      items: [
        item({ ref: 'si_1', plan: 'item' }),
        item({ ref: 'si_2', plan: 'price' }),
        item({ ref: 'si_3', plan: 'whole' }),
      ],
    })
  })

  test('stripe: a changed plan or quantity keeps its item, and beats repetitions in the same second', async () => {
    const event = updated({ items: [{ price: 'price_team', quantity: 3 }] }, { items: {} })
    const team = { price: 'price_team', product: 'prod_of_price_team', quantity: 3 }
    expect(await factsOf(event, 'items')).toEqual([{ type: 'items', atMs, items: [item(team)] }])
  })

  test.each([
    ['past_due', 'active', [{ type: 'past_due', atMs }]],
    ['unpaid', 'past_due', [{ type: 'past_due', atMs }]],
    ['past_due', undefined, [{ type: 'past_due', atMs: repeatedMs }]],
    ['active', 'past_due', []],
    ['incomplete', undefined, []],
  ])(
    'stripe: the status %s after %s is a missing payment only if it says so',
    async (status, former, facts) => {
      const event = updated({ status }, former === undefined ? {} : { status: former })
      expect(await factsOf(event, 'past_due', 'paid')).toEqual(facts)
    },
  )

  const ends = ['cancels_at', 'uncanceled', 'ended']
  const canceled = { cancel_at_period_end: true, canceled_at: at }
  test.each([
    [
      'at the end of the period',
      updated(canceled, { cancel_at_period_end: false }),
      { type: 'cancels_at', atMs, endsAtMs: firstEnd * 1000 },
    ],
    [
      'at a date',
      updated({ cancel_at: secondEnd, canceled_at: at }, { cancel_at: null }),
      { type: 'cancels_at', atMs, endsAtMs: secondEnd * 1000 },
    ],
    [
      'earlier, which is only repeated',
      updated(canceled),
      { type: 'cancels_at', atMs: repeatedMs, endsAtMs: firstEnd * 1000 },
    ],
    [
      'but that is taken back',
      updated({}, { cancel_at_period_end: true }),
      { type: 'uncanceled', atMs },
    ],
    [
      'at once',
      buildEvent(
        'customer.subscription.deleted',
        at,
        subscription({ status: 'canceled', canceled_at: at, ended_at: at }),
      ),
      { type: 'ended', atMs },
    ],
    [
      'and ends a little after the period',
      buildEvent(
        'customer.subscription.deleted',
        firstEnd + 40,
        subscription({ status: 'canceled', cancel_at: firstEnd, ended_at: firstEnd + 30 }),
      ),
      { type: 'ended', atMs: firstEnd * 1000 },
    ],
    [
      'because it was never paid',
      updated({ status: 'incomplete_expired', ended_at: at }, { status: 'incomplete' }),
      { type: 'ended', atMs },
    ],
  ])('stripe: a subscription is canceled %s', async (_how, event, fact) => {
    expect(await factsOf(event, ...ends)).toEqual([fact])
  })

  test('stripe: a pause ends the subscription until it is resumed, however often it is repeated', async () => {
    const paused = subscription({ status: 'paused' })
    const [pause, repetition, resumption] = await Promise.all([
      factsOf(buildEvent('customer.subscription.paused', at, paused), ...ends),
      factsOf(updated({ status: 'paused' }, { metadata: {} }), ...ends),
      factsOf(buildEvent('customer.subscription.resumed', at, subscription()), ...ends),
    ])
    expect(pause).toEqual([{ type: 'cancels_at', atMs, endsAtMs: atMs }])
    expect(repetition).toEqual([])
    expect(resumption).toEqual([{ type: 'uncanceled', atMs }])
  })

  test('stripe: a trial that is extended counts as paid until its new end', async () => {
    const trialing = { status: 'trialing', trial_end: secondEnd } as const
    const paid = { type: 'paid', atMs, paymentRef: null, paidUntilMs: secondEnd * 1000 }
    expect(await factsOf(updated(trialing, { trial_end: firstEnd }), 'paid')).toEqual([paid])
    expect(await factsOf(updated(trialing), 'paid')).toEqual([])
  })

  test('stripe: the first invoice pays until the end of its lines and names items and customer', async () => {
    const news = await newsOf(buildEvent('invoice.paid', at, invoice()))
    expect(news).toMatchObject({
      ref: 'in_first',
      facts: [
        { type: 'customer', atMs: boughtAt * 1000, email: 'dev@example.com', name: 'Dev' },
        { type: 'items', atMs: boughtAt * 1000, items: [item()] },
        { type: 'paid', atMs, paymentRef: 'in_first', paidUntilMs: firstEnd * 1000 },
      ],
      customerRef: 'cus_dev',
    })
    expect(news.links[0]).toEqual({ from: 'in_first', to: 'sub_pro' })
  })

  const proration = { id: 'il_rest', isProration: true, end: secondEnd }
  const extra = { id: 'il_setup', item: null, end: secondEnd }
  test.each([
    ['a renewal', { billing_reason: 'subscription_cycle', lines: [{ end: secondEnd }] }, secondEnd],
    [
      'several items',
      { lines: [{}, { id: 'il_more', item: 'si_more', end: secondEnd }] },
      secondEnd,
    ],
    ['nothing, as for a trial', { amount_paid: 0, lines: [{ end: secondEnd }] }, secondEnd],
    ['prorations beside a renewal', { lines: [proration, {}] }, firstEnd],
    [
      'prorations alone, which never extend it',
      { billing_reason: 'subscription_update', lines: [proration] },
      boughtAt,
    ],
    ['an extra, which never extends it', { lines: [extra] }, boughtAt],
    ['the first lines of many', { lines: [proration, {}], hasMore: true }, firstEnd],
  ] as const)('stripe: the period that is paid for is right with %s', async (_what, more, end) => {
    const event = buildEvent('invoice.paid', at, invoice(more))
    const [fact] = await factsOf(event, 'paid')
    expect(fact).toEqual({ type: 'paid', atMs, paymentRef: 'in_first', paidUntilMs: end * 1000 })
  })

  test('stripe: an invoice whose first lines hide the period fails with a sentence that says what to do', async () => {
    const event = buildEvent('invoice.paid', at, invoice({ lines: [proration], hasMore: true }))
    const failure = await translate(event).catch((error) => error)
    expect(failure).toBeInstanceOf(Fault)
    expect(failure.message).toContain('Set LICET_STRIPE_API_KEY')
  })

  test('stripe: the plan in the metadata of a subscription is known from its invoice, too', async () => {
    const event = buildEvent('invoice.paid', at, invoice({ metadata: { licet_plan: 'team' } }))
    expect(await factsOf(event, 'items')).toMatchObject([{ items: [item({ plan: 'team' })] }])
  })

  test('stripe: a failed payment is past due, except of an invoice that was sent and is not due', async () => {
    const failed = (more: object) => buildEvent('invoice.payment_failed', at, invoice(more))
    expect(await factsOf(failed({}), 'past_due')).toEqual([{ type: 'past_due', atMs }])
    const sent = await translate(failed({ collection_method: 'send_invoice' }))
    expect(sent.news.kind).toBe('ignored')
    const oneOff = await translate(failed({ subscription: null }))
    expect(oneOff.news.kind).toBe('ignored')
  })

  test('stripe: an uncollectible invoice is as old as it is, so that later payments count', async () => {
    const event = buildEvent('invoice.marked_uncollectible', at, invoice())
    const fact = { type: 'past_due', atMs: boughtAt * 1000 }
    expect(await factsOf(event, 'past_due')).toEqual([fact])
  })

  test('stripe: an invoice without a subscription names what was sold, and grants nothing itself', async () => {
    const object = invoice({ subscription: null, lines: [{ item: null, price: 'price_once' }] })
    const once = { ref: 'il_pro', price: 'price_once', product: 'prod_of_price_once' }
    expect(await factsOf(buildEvent('invoice.paid', at, object))).toEqual([
      { type: 'customer', atMs: boughtAt * 1000, email: 'dev@example.com', name: 'Dev' },
      { type: 'items', atMs: boughtAt * 1000, items: [item(once)] },
    ])
  })
})

test.each([
  'customer.subscription.trial_will_end',
  'customer.subscription.pending_update_applied',
  'customer.subscription.pending_update_expired',
] as const)('stripe: %s shows the whole subscription, as all its events do', async (type) => {
  const facts = await factsOf(buildEvent(type, at, recentShape.subscription()))
  expect(facts).toMatchObject([{ type: 'items' }, { type: 'uncanceled' }])
})

test('stripe: the payment of an old invoice leads to it, and its charge to the payment', async () => {
  const { links } = await newsOf(buildEvent('invoice.paid', at, oldShape.invoice()))
  expect(links).toEqual([
    { from: 'in_first', to: 'sub_pro' },
    { from: 'pi_first', to: 'in_first' },
    { from: 'ch_first', to: 'pi_first' },
  ])
})

test('stripe: the end of a pause in the middle of a period is when it began', async () => {
  const transitioned_at = at - 10
  const status_details = {
    paused: { transitioned_at, type: 'subscription', subscription: { type: 'pause_requested' } },
  }
  const object = { ...recentShape.subscription({ status: 'paused' }), status_details }
  const facts = await factsOf(buildEvent('customer.subscription.paused', at, object), 'cancels_at')
  expect(facts).toEqual([{ type: 'cancels_at', atMs, endsAtMs: transitioned_at * 1000 }])
})

test.each([
  ['invoice.voided', recentShape.invoice()],
  ['invoice.payment_succeeded', recentShape.invoice()],
  ['checkout.session.expired', {}],
  ['checkout.session.async_payment_failed', {}],
  ['payment_intent.succeeded', {}],
  ['product.created', {}],
] as const)('stripe: %s is ignored, with a reason', async (type, object) => {
  const { news, ...rest } = await translate(buildEvent(type, at, object))
  expect(rest).toMatchObject({ type, occurredAtMs: atMs, mode: 'live' })
  expect(news).toEqual({ kind: 'ignored', reason: expect.stringMatching(/\.$/) })
})

test('stripe: thin events and types that do not exist yet are ignored', async () => {
  const thin = {
    id: 'evt_test_65R',
    object: 'v2.core.event',
    type: 'v2.core.account.updated',
    created: '2026-03-01T10:00:00.250Z',
    livemode: false,
    related_object: { id: 'acct_1', type: 'v2.core.account', url: '/v2/core/accounts/acct_1' },
  }
  expect(await translate(thin)).toMatchObject({
    eventId: 'evt_test_65R',
    occurredAtMs: boughtAt * 1000 + 250,
    mode: 'test',
    news: { kind: 'ignored' },
  })
  const unknown = { ...buildEvent('invoice.paid', at, {}), type: 'constructor' }
  expect((await translate(unknown)).news.kind).toBe('ignored')
})

test('stripe: every event to select in the documentation is read, and not ignored', async () => {
  const page = await Bun.file(join(import.meta.dir, '../../../docs/checkout/stripe.md')).text()
  const [, table = ''] = page.split('| event | for |')
  const [rows = ''] = table.split('\n\n')
  const types = [...rows.matchAll(/`([a-z_.]+)`/g)].map(([, type]) => type)
  expect(types.length).toBeGreaterThan(15)
  for (const type of types) {
    // Only a type that is read fails without its object.
    const event = { ...buildEvent('invoice.paid', at, {}), type }
    expect(await translate(event).catch((error) => error)).toBeInstanceOf(Fault)
  }
})

test('stripe: events of test mode say so', async () => {
  const event = { ...buildEvent('invoice.paid', at, recentShape.invoice()), livemode: false }
  expect(await translate(event)).toMatchObject({ mode: 'test' })
})

test.each([
  ['no object', null],
  ['a list', []],
  ['an object of something else', { hello: 'world' }],
  ['an event without data', { id: 'evt_1', type: 'invoice.paid', created: 1, livemode: true }],
  ['an invoice without lines', buildEvent('invoice.paid', at, { id: 'in_1', created: 1 })],
  ['a time that is text', { ...buildEvent('invoice.paid', at, {}), created: 'now' }],
  ['a time in ms', { ...buildEvent('invoice.paid', at, {}), created: 1e15 }],
])('stripe: %s is refused with a Fault', async (_what, body) => {
  expect(await translate(body).catch((error) => error)).toBeInstanceOf(Fault)
})
