import { expect, test } from 'bun:test'
import { openTestApp, type TestApp } from '../../support/app.ts'
import { expectProblem } from '../../support/problems.ts'

const path = '/api/v1/licenses'
const DAY_MS = 86_400_000

/** Returns the names of the licenses that a query finds, in order. */
async function namesFound(app: TestApp, query: string): Promise<string[]> {
  const { body, text } = await app.send('GET', `${path}?limit=100&${query}`)
  expect(body.data, text).toBeArray()
  return body.data.map((license: { customer_name: string }) => license.customer_name)
}

/** Creates five licenses one day apart; the clock then shows the sixth day. */
async function openWithLicenses(): Promise<TestApp & { ids: Record<string, string> }> {
  const app = await openTestApp()
  await app.send('POST', '/api/v1/products', { slug: 'editor', name: 'Editor', key_prefix: 'ED' })
  await app.send('POST', '/api/v1/plans', { slug: 'ed-pro', product: 'editor', name: 'Pro' })
  const orders = {
    Ann: { external_ref: 'sub_1', domains: ['example.com'] },
    Bob: { plan: 'starter', expires_at: '2026-03-08T00:00:00Z' },
    Cid: { plan: 'ed-pro', expires_at: '2027-01-01T00:00:00Z' },
    Dan: { customer_email: 'sales@shop.example', domains: ['example.com', 'shop.de'] },
    Eva: { key: 'an-older-key-of-ours-TAIL' },
  }
  const ids: Record<string, string> = {}
  for (const [customer_name, order] of Object.entries(orders)) {
    ids[customer_name] = (await app.createLicense({ customer_name, ...order })).id
    app.clock.advanceMs(DAY_MS)
  }
  await app.send('POST', `${path}/${ids.Ann}/suspend`)
  await app.send('POST', `${path}/${ids.Eva}/revoke`)
  return { ...app, ids }
}

test('license list: newest first, filtered by each filter and by combinations', async () => {
  await using app = await openWithLicenses()
  const found: Record<string, string[]> = {
    '': ['Eva', 'Dan', 'Cid', 'Bob', 'Ann'],
    'status=active': ['Dan', 'Cid'],
    'status=suspended': ['Ann'],
    'status=expired': ['Bob'],
    'status=revoked': ['Eva'],
    'plan=professional': ['Eva', 'Dan', 'Ann'],
    'product=editor': ['Cid'],
    'customer_email=DEV@example.com': ['Eva', 'Cid', 'Bob', 'Ann'],
    'customer_email=%20dev@example.com.%20': ['Eva', 'Cid', 'Bob', 'Ann'],
    'domain=www.Example.com': ['Dan', 'Ann'],
    'domain=no%20domain': [],
    'external_ref=sub_1': ['Ann'],
    'expires_before=2026-12-31T00:00:00Z': ['Bob'],
    'expires_after=2026-12-31T00:00:00Z': ['Cid'],
    'created_after=2026-03-08T12:00:00Z': ['Eva', 'Dan'],
    'created_after=2026-03-09T01:00:00%2B01:00': ['Eva', 'Dan'],
    'domain=example.com&status=active': ['Dan'],
    'plan=no-such-plan': [],
  }
  for (const [query, names] of Object.entries(found)) {
    expect({ query, names: await namesFound(app, query) }).toEqual({ query, names })
  }
})

test('license list: `q` finds the start of email or name, a full id, the last four of a key', async () => {
  await using app = await openWithLicenses()
  const lastFour = (await app.send('GET', `${path}/${app.ids.Cid}`)).body.key.slice(-4)
  const found: Record<string, string[]> = {
    sales: ['Dan'],
    'SALES@shop': ['Dan'],
    'ales@shop': [],
    ev: ['Eva'],
    va: [],
    TAIL: ['Eva'],
    [lastFour.toLowerCase()]: ['Cid'],
    [app.ids.Bob ?? '']: ['Bob'],
    [app.ids.Bob?.slice(0, 20) ?? '']: [],
    '%': [],
    "' OR 1=1 --": [],
  }
  for (const [text, names] of Object.entries(found)) {
    const query = `q=${encodeURIComponent(text)}`
    expect({ query, names: await namesFound(app, query) }).toEqual({ query, names })
  }
})

test('license list: pages have no gaps or repeats while licenses are added', async () => {
  await using app = await openWithLicenses()
  const names: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const at = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const { body } = await app.send('GET', `${path}?limit=2${at}`)
    expect(Object.keys(body)).toEqual(['data', 'next_cursor'])
    names.push(...body.data.map((license: { customer_name: string }) => license.customer_name))
    cursor = body.next_cursor
    await app.createLicense({ customer_name: 'Late' })
  }
  expect(names).toEqual(['Eva', 'Dan', 'Cid', 'Bob', 'Ann'])
})

test('license list: a page has 20 licenses by default and at most 100', async () => {
  await using app = await openTestApp()
  const order = { plan: 'starter', customer_email: 'dev@example.com', quantity: 101 }
  await app.send('POST', path, order)
  const sizeOf = async (query: string) => (await app.send('GET', path + query)).body.data.length
  expect(await sizeOf('')).toBe(20)
  expect(await sizeOf('?limit=1')).toBe(1)
  expect(await sizeOf('?limit=100')).toBe(100)
  for (const limit of ['0', '101', '1000', '-1', '1.5', '1e1', 'ten', '', '%201']) {
    const refused = await app.send('GET', `${path}?limit=${limit}`)
    expectProblem(refused, 422, 'validation_failed', ['?limit'])
  }
})

const addTo = (cursor: string, text: string) =>
  Buffer.from(Buffer.from(cursor, 'base64url').toString() + text).toString('base64url')

test('license list: a cursor works only with the list and filters it was issued for', async () => {
  await using app = await openWithLicenses()
  const { body } = await app.send('GET', `${path}?limit=1&plan=professional`)
  const cursor = encodeURIComponent(body.next_cursor)
  const next = await app.send('GET', `${path}?cursor=${cursor}&plan=professional&limit=5`)
  expect(next.body.data).toHaveLength(2)
  const elsewhere = [
    `${path}?cursor=${cursor}`,
    `${path}?cursor=${cursor}&plan=starter`,
    `${path}?cursor=${cursor}&plan=professional&status=active`,
    `${path}/${app.ids.Ann}/events?cursor=${cursor}`,
    `/api/v1/plans?cursor=${cursor}`,
    `${path}?cursor=${cursor}x&plan=starter`,
    `${path}?cursor=`,
    `${path}?cursor=garbage`,
    `${path}?cursor=%00%ff`,
    ...['\0', 'é'].map((text) => `${path}?plan=professional&cursor=${addTo(cursor, text)}`),
  ]
  for (const url of elsewhere) expectProblem(await app.send('GET', url), 400, 'invalid_cursor')
})

test('license list: an invalid query parameter gets 422 that names it', async () => {
  await using app = await openTestApp()
  const wrong: Record<string, string> = {
    'stauts=active': '?stauts',
    'status=odd': '?status',
    'expires_before=2026-02-30T00:00:00Z': '?expires_before',
    'expires_after=tomorrow': '?expires_after',
    'created_after=2026-03-06': '?created_after',
    'q=': '?q',
    'constructor=1': '?constructor',
    '__proto__=1': '?__proto__',
    'status=active&status=revoked': '?status',
    'limit=1&limit=2': '?limit',
  }
  for (const [query, pointer] of Object.entries(wrong)) {
    const refused = await app.send('GET', `${path}?${query}`)
    expectProblem(refused, 422, 'validation_failed', [pointer])
  }
})
