import { expect, test } from 'bun:test'
import { MATCHES_MAX } from '~/http/search.ts'
import { openTestApp, type TestApp } from '../../support/app.ts'
import { expectProblem } from '../../support/problems.ts'

const path = '/api/v1/search'

async function search(app: TestApp, text: string) {
  const { status, body } = await app.send('POST', path, { text })
  expect(status).toBe(200)
  return body
}

/** Replaces the last symbol of the body, so that the check symbols no longer match. */
const mistype = (key: string) => key.slice(0, -3) + (key.at(-3) === '7' ? '8' : '7') + key.slice(-2)

test('search: one box finds a license by whatever the customer says, and changes nothing', async () => {
  await using app = await openTestApp()
  const { id, key } = await app.createLicense({
    customer_email: 'Zoe@Bücher.de',
    customer_name: 'Zoë van der Straße',
    external_ref: 'Order-1009',
    domains: ['shop.acme.com'],
  })
  await app.createLicense({ customer_name: 'Ann', key: '0b9d0c6e-5f0e-4d3a-9b51-6d0a7a1c2e3f' })
  const seat = await app.callAsClient('seats/acquire', { key, fingerprint: 'ada' })
  const events = await app.database.readEventTypes()
  const cases = [
    [key, 'key', 'key'],
    [` “${key.replaceAll('-', '–')}”.`, 'key', 'key'],
    [`License key: ${key.toLowerCase()}`, 'key', 'key'],
    [mistype(key), 'mistyped_key', 'similar_key'],
    [`TO-****-****-****-${key.slice(-4)}`, 'key', 'key_end'],
    ['zoe@BU\u0308CHER.de', 'email', 'email'],
    ['Zoë <zoe@xn--bcher-kva.de>', 'email', 'email'],
    ['@bücher.DE', 'email_domain', 'email_domain'],
    ['xn--bcher-kva.de', 'email_domain', 'email_domain'],
    ['strasse', 'name', 'name'],
    ['ZOE\u0308 STRASSE', 'name', 'name'],
    ['acme.com', 'domain', 'domain'],
    ['https://shop.acme.com/cart?id=1', 'domain', 'domain'],
    ['order-1009', 'reference', 'reference'],
    [id.toUpperCase(), 'id', 'id'],
    [seat.body.id, 'id', 'seat_id'],
  ]
  for (const [text, reading, why] of cases) {
    const { data, ...rest } = await search(app, text)
    const found = data.map((match: { license: { id: string }; why: string }) => [
      match.license.id,
      match.why,
    ])
    expect({ text, ...rest, found }).toEqual({ text, reading, has_more: false, found: [[id, why]] })
  }
  expect(await app.database.readEventTypes()).toEqual(events)
})

test('search: a key with a wrong symbol leads to an imported key as well', async () => {
  await using app = await openTestApp()
  for (const key of ['TO-A3F2-B891-C4D7-E052', '0b9d0c6e-5f0e-4d3a-9b51-6d0a7a1c2e3f']) {
    const { id } = await app.createLicense({ key })
    const found = await search(app, key.replace('2', '7'))
    expect(found).toMatchObject({
      reading: 'mistyped_key',
      data: [{ license: { id }, why: 'similar_key', typo_at: key.indexOf('2') + 1 }],
    })
  }
})

test('search: nothing that matches is an empty list, with what the text looks like', async () => {
  await using app = await openTestApp()
  for (const [text, reading] of [
    ['TO-7Q4M-X0ZD-9KTB-2F17', 'key'],
    ['TO-7Q4M-X0ZD-9KTB-2F16', 'mistyped_key'],
    ['nobody@nowhere.org', 'email'],
    ['nowhere.org', 'domain'],
    ['Nobody', 'name'],
    ["' OR 1=1 --", 'name'],
  ] as const) {
    expect(await search(app, text)).toEqual({ reading, data: [], has_more: false })
  }
})

test('search: keys are masked without licenses:reveal, also those of similar keys', async () => {
  await using app = await openTestApp()
  const { key } = await app.createLicense()
  const authorization = `Bearer ${await app.tokenWith('licenses:read')}`
  for (const text of [key, mistype(key), 'dev@example.com']) {
    const masked = await app.send('POST', path, { text }, { authorization })
    expect(masked.body.data[0].license.key).toBe(`TO-****-****-****-${key.slice(-4)}`)
    expect(masked.text).not.toContain(key)
    expect((await search(app, text)).data[0].license.key).toBe(key)
  }
  const other = `Bearer ${await app.tokenWith('licenses:write')}`
  const refused = await app.send('POST', path, { text: key }, { authorization: other })
  expectProblem(refused, 403, 'missing_scope')
})

test('search: shows the newest of many matches, and says that there are more', async () => {
  await using app = await openTestApp()
  const order = { plan: 'professional', customer_email: 'a@b.co', customer_name: 'Acme GmbH' }
  const quantity = MATCHES_MAX + 1
  const { body } = await app.send('POST', '/api/v1/licenses/batch', { ...order, quantity })
  const newest = body.data.map(({ id }: { id: string }) => id).reverse()
  for (const text of ['gmbh', 'acme gmbh', 'a@b.co', 'b.co']) {
    const { data, has_more } = await search(app, text)
    const ids = data.map(({ license }: { license: { id: string } }) => license.id)
    expect({ text, has_more, ids }).toEqual({
      text,
      has_more: true,
      ids: newest.slice(0, MATCHES_MAX),
    })
  }
})

test('search: an erased customer is no longer found, and no word of the name is left', async () => {
  await using app = await openTestApp()
  const customer = { customer_email: 'zoe@bücher.de', customer_name: 'Zoë Straße' }
  const { id } = await app.createLicense(customer)
  const erase = { customer_email: customer.customer_email }
  expect((await app.send('POST', '/api/v1/customers/erase', erase)).status).toBe(200)
  for (const text of ['zoe', 'strasse', 'bücher.de', 'zoe@bücher.de']) {
    expect((await search(app, text)).data).toEqual([])
  }
  expect((await search(app, id)).data).toHaveLength(1)
  expect(JSON.stringify(await app.database.readRows())).not.toMatch(/zo[eë]|stra|cher/i)
})

test.each([{}, { text: '' }, { text: ' \u200b\n' }, { text: 'x'.repeat(4097) }, { text: 7 }])(
  'search: %j gets 422',
  async (body) => {
    await using app = await openTestApp()
    expectProblem(await app.send('POST', path, body), 422, 'validation_failed', ['/text'])
  },
)
