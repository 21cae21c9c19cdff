import { afterAll, beforeAll, expect, test } from 'bun:test'
import { openTestApp, type TestApp } from '../../support/app.ts'
import { expectProblem } from '../../support/problems.ts'
import { openShop } from '../../support/shop.ts'

const path = '/api/v1/checkout/rules'

let app: TestApp
beforeAll(async () => {
  app = await openTestApp()
})
afterAll(() => app.close())

const create = (body: object) => app.send('POST', path, { plan: 'professional', ...body })
const countRules = async () => (await app.database.readRows()).checkout_rules?.length

test('checkout rules: a rule has the documented defaults, and can be read, changed and deleted', async () => {
  const { status, body: rule } = await create({ provider: 'stripe', price: 'price_1' })
  expect(status).toBe(201)
  expect(rule).toEqual({
    id: expect.stringMatching(/^rule_/),
    version: 1,
    provider: 'stripe',
    price: 'price_1',
    payment_link: null,
    product: null,
    metadata_plan: null,
    plan: 'professional',
    quantity_means: 'licenses',
    slack_hours: 72,
    past_due: 'suspend',
    past_due_days: 0,
    full_refund: 'revoke',
    partial_refund: 'nothing',
    dispute: 'suspend',
    dispute_lost: 'revoke',
    lower_quantity: 'newest_unused',
    email_change: 'update',
    import_keys: false,
    mail: { key: true, file: false, expiring: false, past_due: false },
    created_at: '2026-03-06T00:00:00Z',
    updated_at: '2026-03-06T00:00:00Z',
  })
  const one = `${path}/${rule.id}`
  expect((await app.send('GET', one)).body).toEqual(rule)
  expect((await app.send('GET', path)).body).toEqual({ data: [rule], next_cursor: null })

  app.clock.advanceMs(1000)
  const edit = {
    plan: 'starter',
    quantity_means: 'seats',
    slack_hours: 0,
    past_due_days: 7,
    mail: { past_due: true },
  }
  const changed = await app.send('PUT', one, edit)
  const now = '2026-03-06T00:00:01Z'
  const mail = { key: true, file: false, expiring: false, past_due: true }
  expect(changed.body).toEqual({ ...rule, ...edit, mail, version: 2, updated_at: now })
  expect((await app.send('PUT', one, edit)).body).toEqual(changed.body)
  expect((await app.send('PUT', one, {})).body).toEqual(changed.body)

  expect((await app.send('DELETE', one)).status).toBe(204)
  expectProblem(await app.send('GET', one), 404, 'not_found')
  expectProblem(await app.send('PUT', one, edit), 404, 'not_found')
  expectProblem(await app.send('DELETE', one), 404, 'not_found')
})

test('checkout rules: a change can replace what the rule matches', async () => {
  const { body: rule } = await create({ price: 'price_2' })
  expect(rule.provider).toBeNull()
  const one = `${path}/${rule.id}`
  const product = await app.send('PUT', one, { product: ' prod_2 ', provider: 'paddle' })
  expect(product.body).toMatchObject({ price: null, product: 'prod_2', provider: 'paddle' })
  const again = await app.send('PUT', one, { price: 'price_2', product: null, provider: null })
  expect(again.body).toMatchObject({ price: 'price_2', product: null, provider: null, version: 3 })
  const nothing = await app.send('PUT', one, { price: null })
  expectProblem(nothing, 422, 'validation_failed', ['/price'])
})

test.each<[what: string, body: object, pointer: string]>([
  ['without a target', {}, '/price'],
  ['with a null target', { product: null }, '/price'],
  ['with two targets', { price: 'a', product: 'b' }, '/product'],
  ['with a payment link of Paddle', { provider: 'paddle', payment_link: 'x' }, '/payment_link'],
  ['with metadata of Paddle', { provider: 'paddle', metadata_plan: 'x' }, '/metadata_plan'],
  [
    'with metadata of Lemon Squeezy',
    { provider: 'lemonsqueezy', metadata_plan: 'x' },
    '/metadata_plan',
  ],
  ['with an unknown provider', { price: 'a', provider: 'gumroad' }, '/provider'],
  ['with an unknown plan', { price: 'a', plan: 'gold' }, '/plan'],
  ['with a blank price', { price: ' ' }, '/price'],
  ['with an invisible character', { price: 'a\u200bb' }, '/price'],
  ['with a price of 256 characters', { price: 'x'.repeat(256) }, '/price'],
  ['with a negative slack', { price: 'a', slack_hours: -1 }, '/slack_hours'],
  ['with half a day', { price: 'a', past_due_days: 0.5 }, '/past_due_days'],
  ['with an unknown meaning', { price: 'a', quantity_means: 'users' }, '/quantity_means'],
  ['with an unknown effect', { price: 'a', full_refund: 'suspend' }, '/full_refund'],
  ['with an unknown field', { price: 'a', variant: 'b' }, '/variant'],
  ['with an unknown mail', { price: 'a', mail: { welcome: true } }, '/mail/welcome'],
  ['with a version', { price: 'a', version: 2 }, '/version'],
])('checkout rules: one %s gets 422 and is not created', async (_what, body, pointer) => {
  const before = await countRules()
  expectProblem(await create(body), 422, 'validation_failed', [pointer])
  expect(await countRules()).toBe(before)
})

test('checkout rules: no two rules match the same, except of different providers', async () => {
  const { body: rule } = await create({ price: 'price_3' })
  expectProblem(await create({ price: 'price_3' }), 409, 'already_exists')
  expect((await create({ price: 'price_3', provider: 'polar' })).status).toBe(201)
  expect((await create({ product: 'price_3' })).status).toBe(201)
  const { body: other } = await create({ price: 'price_4' })
  const taken = await app.send('PUT', `${path}/${other.id}`, { price: 'price_3' })
  expectProblem(taken, 409, 'already_exists')
  expect(taken.body.detail).toContain(rule.id)
})

test('checkout rules: a retried creation creates one rule', async () => {
  const headers = { 'idempotency-key': 'rule-1' }
  const body = { plan: 'professional', price: 'price_5' }
  const first = await app.send('POST', path, body, headers)
  const second = await app.send('POST', path, body, headers)
  expect(second).toMatchObject({ status: 201, body: first.body })
})

test('checkout rules: reading and writing have scopes of their own', async () => {
  const reader = { authorization: `Bearer ${await app.tokenWith('checkout:read')}` }
  const writer = { authorization: `Bearer ${await app.tokenWith('checkout:write')}` }
  const body = { plan: 'professional', price: 'price_6' }
  expect((await app.send('GET', path, undefined, reader)).status).toBe(200)
  expectProblem(await app.send('POST', path, body, reader), 403, 'missing_scope')
  expect((await app.send('POST', path, body, writer)).status).toBe(201)
  expectProblem(await app.send('GET', path, undefined, writer), 403, 'missing_scope')
})

test('checkout rules: one that has granted licenses keeps what it matches until they are revoked, so that refunds still find it', async () => {
  await using shop = await openShop('standard')
  const { body: rule } = await shop.app.send('POST', path, { plan: 'professional', price: 'pro' })
  const one = `${path}/${rule.id}`
  const event = (type: string, minute: number) => ({
    type,
    occurred_at: `2026-03-06T00:0${minute}:00Z`,
    order_id: 'order_1',
    customer: { email: 'dev@example.com' },
    items: [{ price: 'pro' }],
  })
  await shop.deliver(event('paid', 0))
  expectProblem(await shop.app.send('DELETE', one), 409, 'in_use')
  expectProblem(await shop.app.send('PUT', one, { price: 'other' }), 409, 'in_use')
  expectProblem(await shop.app.send('PUT', one, { provider: 'stripe' }), 409, 'in_use')
  expect((await shop.app.send('PUT', one, { slack_hours: 1 })).status).toBe(200)

  await shop.deliver(event('refunded', 1))
  expect(await shop.licensesOf('dev@example.com')).toMatchObject([{ status: 'revoked' }])
  expect((await shop.app.send('DELETE', one)).status).toBe(204)
})
