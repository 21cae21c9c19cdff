import { expect, test } from 'bun:test'
import { openTestApp } from '../../support/app.ts'
import { expectProblem } from '../../support/problems.ts'

const path = '/api/v1/products'
const editor = { slug: 'editor', name: 'Acme Editor', key_prefix: 'ACME' }
const first = { slug: 'default', name: 'Default product', key_prefix: 'TO' }

test('products: a product is created, returned and listed, newest first', async () => {
  await using app = await openTestApp()
  const { status, body } = await app.send('POST', path, editor)
  expect(body).toEqual(editor)
  expect(status).toBe(201)
  expect((await app.send('GET', `${path}/editor`)).body).toEqual(editor)
  expect((await app.send('GET', path)).body).toEqual({ data: [editor, first], next_cursor: null })
  expect(await app.database.readEventTypes()).toEqual([])
})

test('products: license keys start with the prefix of their product', async () => {
  await using app = await openTestApp()
  await app.send('POST', path, editor)
  await app.send('POST', '/api/v1/plans', { slug: 'pro', product: 'editor', name: 'Pro' })
  const { key, product } = await app.createLicense({ plan: 'pro' })
  expect(key).toMatch(/^ACME(?:-[0-9A-HJKMNP-TV-Z]{4}){4}$/)
  expect(product).toBe('editor')
  expect((await app.validate({ key, product: 'editor' })).body.valid).toBe(true)
  expect((await app.validate({ key, product: 'default' })).body.error).toBe('PRODUCT_MISMATCH')
})

test('products: a product can be renamed, but its slug and prefix never change', async () => {
  await using app = await openTestApp()
  const { body } = await app.send('PUT', `${path}/default`, { name: 'Toolbox' })
  expect(body).toEqual({ ...first, name: 'Toolbox' })
  expect((await app.send('PUT', `${path}/default`, {})).body).toEqual(body)
  for (const field of ['slug', 'key_prefix']) {
    const refused = await app.send('PUT', `${path}/default`, { [field]: 'AB' })
    expectProblem(refused, 422, 'validation_failed', [`/${field}`])
  }
})

test('products: a slug or prefix in use gets 409', async () => {
  await using app = await openTestApp()
  for (const taken of [{ slug: 'default' }, { key_prefix: 'TO' }]) {
    const refused = await app.send('POST', path, { ...editor, ...taken })
    expectProblem(refused, 409, 'already_exists')
  }
})

test('products: an invalid field gets 422 with a pointer to it', async () => {
  await using app = await openTestApp()
  const wrong: [field: string, values: unknown[]][] = [
    ['slug', ['', 'Editor', '-a', 'a-', 'a b', 'x'.repeat(65), 'ä', 5, null, undefined]],
    ['name', ['', 'x'.repeat(201), 5, null, undefined]],
    ['key_prefix', ['A', 'ABCDEFGHI', 'ab', 'A-B', 'Ä1', '', null, undefined]],
  ]
  for (const [field, values] of wrong) {
    for (const value of values) {
      const refused = await app.send('POST', path, { ...editor, [field]: value })
      expectProblem(refused, 422, 'validation_failed', [`/${field}`])
    }
  }
  expect((await app.send('GET', path)).body.data).toEqual([first])
})

test('products: an unknown product gets 404, an unknown query parameter 422', async () => {
  await using app = await openTestApp()
  expectProblem(await app.send('GET', `${path}/nope`), 404, 'not_found')
  expectProblem(await app.send('PUT', `${path}/nope`, { name: 'x' }), 404, 'not_found')
  const query = await app.send('GET', `${path}?slug=default`)
  expectProblem(query, 422, 'validation_failed', ['?slug'])
})
