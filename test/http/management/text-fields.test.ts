import { expect, test } from 'bun:test'
import { openTestApp } from '../../support/app.ts'
import { expectProblem } from '../../support/problems.ts'

const hidden = [
  '\u200b',
  '\ufeff',
  '\u00ad',
  '\u202e',
  '\u2066',
  '\u0007',
  '\u0085',
  '\u2028',
  '\u3164',
  '\u{e0041}',
]

test('texts: an invisible character gets 422 with its field, code point and position, and changes nothing', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense()
  const order = { plan: 'professional', customer_email: 'dev@example.com' }
  const requests: [method: string, path: string, body: object, field: string][] = [
    ['POST', '/licenses', order, 'customer_name'],
    ['POST', '/licenses', order, 'external_ref'],
    ['POST', '/licenses', order, 'key'],
    ['PUT', `/licenses/${id}`, {}, 'customer_name'],
    ['PUT', `/licenses/${id}`, {}, 'external_ref'],
    ['POST', `/licenses/${id}/suspend`, {}, 'reason'],
    ['POST', `/licenses/${id}/revoke`, {}, 'reason'],
    ['POST', '/licenses/bulk', { action: 'suspend', ids: [id] }, 'reason'],
    ['POST', '/products', { slug: 'p', key_prefix: 'PP' }, 'name'],
    ['PUT', '/products/default', {}, 'name'],
    ['POST', '/plans', { slug: 'p', product: 'default' }, 'name'],
    ['PUT', '/plans/starter', {}, 'name'],
    ['POST', '/keys', { scopes: ['*'] }, 'name'],
    ['POST', '/webhooks', { url: 'https://hooks.example.com' }, 'description'],
  ]
  await app.deps.store.flush()
  const before = await app.database.readRows()
  for (const [method, path, body, field] of requests) {
    for (const character of hidden) {
      const text = `A 🔑 long enough text${character} for all`
      const refused = await app.send(method, `/api/v1${path}`, { ...body, [field]: text })
      expectProblem(refused, 422, 'validation_failed', [`/${field}`])
      const hex = character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')
      expect(refused.body.errors[0].detail).toStartWith(`Character 21 is U+${hex}, `)
    }
  }
  for (const character of hidden) {
    for (const customer_email of [`a${character}b@example.com`, `a@exam${character}ple.com`]) {
      const refused = await app.send('POST', '/api/v1/licenses', { ...order, customer_email })
      expectProblem(refused, 422, 'validation_failed', ['/customer_email'])
    }
    const feature = `s${character}o`
    const refused = await app.send('PUT', '/api/v1/plans/starter', {
      features: { [feature]: true },
    })
    expectProblem(refused, 422, 'validation_failed', [`/features/${feature}`])
  }
  await app.deps.store.flush()
  expect(await app.database.readRows()).toEqual(before)
})

test('texts: names keep the joiners of emoji and of scripts, and reasons their line breaks', async () => {
  await using app = await openTestApp()
  for (const customer_name of ['👩‍💻 Ada', 'می\u200cخواهم', '辻\u{e0100}', "O'Brien – Zoë"]) {
    expect((await app.createLicense({ customer_name })).customer_name).toBe(customer_name)
  }
  const { id } = await app.createLicense()
  const reason = 'Two lines:\r\n\tfraud'
  const { body } = await app.send('POST', `/api/v1/licenses/${id}/suspend`, { reason })
  expect(body.suspension_reason).toBe(reason)
})

test('texts: a stored text from before these rules can still be read', async () => {
  await using app = await openTestApp()
  const [plan] = (await app.database.readRows()).plans ?? []
  const terms = {
    ...JSON.parse(`${plan?.terms}`),
    name: 'Pro\u200b',
    features: { 's\u200bso': true },
  }
  await app.database.run(`UPDATE plans SET terms = '${JSON.stringify(terms)}'`)
  const { key } = await app.createLicense()
  expect((await app.send('GET', '/api/v1/plans/professional')).status).toBe(200)
  expect((await app.send('GET', '/api/v1/licenses')).body.data[0].features).toEqual({
    's\u200bso': true,
  })
  expect((await app.validate({ key })).body.valid).toBe(true)
})

test('queries: one that is not percent-encoded UTF-8, or has a NUL, gets 400, and such a path 404', async () => {
  await using app = await openTestApp()
  for (const query of [
    'q=%ff',
    'q=%E2%82',
    'q=%ED%A0%80',
    'q=%C0%AF',
    'q=a%00',
    'external_ref=100%',
    '%ff=1',
  ]) {
    const refused = await app.send('GET', `/api/v1/licenses?${query}`)
    expectProblem(refused, 400, 'invalid_request')
  }
  expectProblem(await app.send('GET', '/api/v1/licenses?cursor=%ff'), 400, 'invalid_cursor')
  for (const path of ['%ff', '%E2%82', '%zz', '%00', 'lic_%00']) {
    expectProblem(await app.send('GET', `/api/v1/licenses/${path}`), 404, 'not_found')
  }
  expect((await app.send('GET', '/api/v1/licenses?q=%C3%A9')).status).toBe(200)
})
