import { afterAll, beforeAll, expect, test } from 'bun:test'
import { edd } from '~/importing/sources/edd.ts'
import { gumroad } from '~/importing/sources/gumroad.ts'
import { lemonsqueezy } from '~/importing/sources/lemonsqueezy.ts'
import { openTestApp, type TestApp } from '../../support/app.ts'
import { importText } from '../../support/imports.ts'
import { getWith, postForm } from './forms.ts'

let app: TestApp
beforeAll(async () => {
  app = await openTestApp({ compat: ['lemonsqueezy', 'gumroad', 'edd'] })
})
afterAll(() => app.close())

const findPlan = () => 'professional'

test('imported from Lemon Squeezy: an installed copy goes on with its instance and its IDs', async () => {
  const key = '80e15db5-c796-436b-850c-8f9c98a48abe'
  const identifier = 'f70a79fa-6054-433e-9c1b-6075344292e4'
  const attributes = {
    store_id: 1,
    order_id: 2,
    order_item_id: 3,
    product_id: 4,
    customer_id: 6,
    user_name: 'John Doe',
    user_email: 'johndoe@example.com',
    key,
    activation_limit: 2,
    disabled: 0,
    status: 'active',
    expires_at: null,
    created_at: '2024-05-24T14:15:07.000000Z',
  }
  const created_at = '2024-06-01T00:00:00.000000Z'
  const instance = { license_key_id: 11, identifier, name: 'example.com', created_at }
  const data = [{ type: 'license-keys', id: '11', attributes }]
  const included = [{ type: 'license-key-instances', id: '9', attributes: instance }]
  const dump = JSON.stringify({ data, included })
  const summary = await importText(app, dump, { source: lemonsqueezy, findPlan })
  expect(summary.entries.map(({ kind }) => kind)).not.toContain('refused')
  const call = (action: string, fields: object = {}) =>
    postForm(app, `/v1/licenses/${action}`, { license_key: key, ...fields })

  const { body } = await call('validate', { instance_id: identifier })
  expect(body).toMatchObject({
    valid: true,
    license_key: {
      id: 11,
      created_at: attributes.created_at,
      status: 'active',
      activation_limit: 2,
      activation_usage: 1,
    },
    instance: { id: identifier, name: 'example.com', created_at },
    meta: { store_id: 1, order_id: 2, product_id: 4, customer_id: 6, customer_name: 'John Doe' },
  })
  expect((await call('activate', { instance_name: 'Second' })).body.activated).toBe(true)
  expect((await call('activate', { instance_name: 'Third' })).body.activated).toBe(false)
  const done = await call('deactivate', { instance_id: identifier })
  expect(done.body).toMatchObject({ deactivated: true, license_key: { activation_usage: 1 } })
})

test('imported from Gumroad: the uses go on from where they were', async () => {
  const header =
    'Purchase ID,Item Name,Purchase Email,Purchase Time (UTC timezone),Product ID,Order Number,License Key,License Key Activation Count,License Key Enabled?'
  const key = '85DB562A-C11D4B06-A2335A6B-8C079166'
  const cells = `FO8TXN==,Pencil,ada@example.com,2021-01-05 19:38:56 UTC,QMGY,524459935,${key},3,1`
  const text = `${header}\n${cells}\nTotals,,,,,,,,`
  const summary = await importText(app, text, { source: gumroad, findPlan })
  expect(summary.entries.map(({ kind }) => kind)).not.toContain('refused')
  const fields = { license_key: key, product_permalink: 'QMGY' }
  const { status, body } = await postForm(app, '/v2/licenses/verify', fields)
  expect({ status, body }).toMatchObject({
    status: 200,
    body: {
      success: true,
      uses: 4,
      purchase: {
        id: 'FO8TXN==',
        permalink: 'QMGY',
        order_number: 524459935,
        sale_timestamp: '2021-01-05T19:38:56Z',
      },
    },
  })
  const other = await postForm(app, '/v2/licenses/verify', { ...fields, product_permalink: 'pen' })
  expect(other.status).toBe(404)
})

test('imported from Easy Digital Downloads: a site goes on without a new activation', async () => {
  const header =
    'License ID,License Key,License Status,Customer ID,Customer Email,Customer Name,Product Name,Price ID,Purchase Date,Expiration Date,Activation Limit,Activation Count,Activated URLs'
  const license = 'cc22c1ec86304b36883440e2e84cddff'
  const cells = `1201,${license},active,55,ada@example.com,Ada,Sample Plugin,2,2024-01-31 12:00:00,1990000000,1,1,www.example.com/`
  const summary = await importText(app, `${header}\n${cells}`, { source: edd, findPlan })
  expect(summary.entries.map(({ kind }) => kind)).not.toContain('refused')
  const fields = { license, item_name: 'Sample Plugin' }
  const call = (edd_action: string, url: string) =>
    getWith(app, '/', { edd_action, url, ...fields })
  const { body } = await call('check_license', 'https://example.com')
  expect(body).toMatchObject({
    success: true,
    license: 'valid',
    license_limit: 1,
    site_count: 1,
    activations_left: 0,
    expires: '2033-01-22 09:46:40',
    price_id: 2,
    customer_name: 'Ada',
  })
  const second = await call('activate_license', 'https://example.org')
  expect(second.body.error).toBe('no_activations_left')
})
