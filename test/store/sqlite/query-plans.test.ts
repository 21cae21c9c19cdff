import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { databasePath } from '~/store/sqlite/connection.ts'
import { openTestApp, type TestApp } from '../../support/app.ts'

const prepare = Database.prototype.prepare
let statements: Set<string>

// Records the statements in the driver, so that none is forgotten.
beforeEach(() => {
  statements = new Set()
  Database.prototype.prepare = function (this: Database, sql: string, ...rest: []) {
    statements.add(sql)
    return prepare.call(this, sql, ...rest)
  } as typeof prepare
})
afterEach(() => {
  Database.prototype.prepare = prepare
})

const terms = {
  max_domains: 2,
  max_devices: 2,
  max_seats: 1,
  evict_idle_days: 1,
  deactivations_max_per_30_days: 5,
  free_domain_patterns: ['staging.*'],
}

/** Every client and management call about slots and seats. */
async function liveThrough(app: TestApp): Promise<void> {
  await app.send('PUT', '/api/v1/plans/professional', terms)
  const { id, key } = await app.createLicense()
  const path = `/api/v1/licenses/${id}`
  for (const domain of ['a.io', 'staging.a.io', 'b.io', 'c.io', 'localhost']) {
    await app.validate({ key, domain, fingerprint: `on ${domain}` })
    await app.callAsClient('activate', { key, domain })
    app.clock.advanceMs(86_400_000)
  }
  await app.send('PUT', '/api/v1/plans/professional', { domain_match: 'subdomains' })
  await app.validate({ key, domain: 'shop.c.io' })
  await app.callAsClient('deactivate', { key, fingerprint: 'on c.io' })
  await app.send('POST', `${path}/activations/move`, { from: 'c.io', to: 'd.io' })
  const seat = await app.callAsClient('seats/acquire', { key, fingerprint: 'ada' })
  await app.callAsClient('seats/acquire', { key, fingerprint: 'bob' })
  for (const act of ['renew', 'release'])
    await app.callAsClient(`seats/${act}`, { key, id: seat.body.id })
  for (const list of ['', '/activations', '/explain?domain=e.io&fingerprint=new']) {
    await app.send('GET', path + list)
  }
  await app.deps.store.flush()
}

test('every statement about licenses, activations and seats uses an index', async () => {
  await using app = await openTestApp()
  await liveThrough(app)
  using db = new Database(databasePath(app.directory), { readonly: true })
  const plans = [...statements]
    .filter((sql) =>
      /^(select|update|delete)\b.*\b(licenses|activations|deactivations|seats)\b/i.test(sql),
    )
    .map((sql) => {
      const steps = prepare.call(db, `EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[]
      return { sql, steps: steps.map(({ detail }) => detail) }
    })
  expect(plans.length).toBeGreaterThan(20)
  const costly = plans.filter(({ steps }) => steps.some((step) => /^SCAN|TEMP B-TREE/.test(step)))
  expect(costly).toEqual([])
})

const time = '2026-01-01T00:00:00Z'
const filters = [
  ...['active', 'expired', 'suspended', 'revoked'].map((status) => `status=${status}`),
  'plan=professional',
  'product=default',
  'customer_email=a@b.io',
  'domain=a.io',
  'external_ref=order',
  `expires_before=${time}`,
  `expires_after=${time}`,
  `created_after=${time}`,
  'q=buyer',
]

const deliveryFilters = (webhookId: string) => [
  'status=failed',
  'type=license.*',
  `webhook_id=${webhookId}`,
  `after=${time}`,
]

function listSubsets([first, ...others]: readonly string[]): string[] {
  if (first === undefined) return ['']
  return listSubsets(others).flatMap((rest) => [rest, `${first}&${rest}`])
}

/** Every list and search, each list of licenses with each pair of filters. */
async function listEverything(app: TestApp): Promise<void> {
  const { id } = await app.createLicense()
  await app.send('POST', '/api/v1/webhooks', { url: 'https://hooks.example.com' })
  const { body } = await app.send('GET', '/api/v1/webhooks')
  const pairs = filters.flatMap((one) =>
    filters.map((other) => (one === other ? one : `${one}&${other}`)),
  )
  const lists = [
    'overview',
    'plans/professional/effects?max_domains=1&max_devices=1&max_seats=1',
    ...['licenses', 'products', 'plans', 'api-keys', 'events', 'webhooks'],
    ...pairs.map((pair) => `licenses?${pair}`),
    ...['type=license.created', 'after=evt_none', 'after=evt_none&type=license.created'].map(
      (filter) => `events?${filter}`,
    ),
    ...['activations', 'seats', 'events', 'usage'].map((noun) => `licenses/${id}/${noun}`),
    `webhooks/${body.data[0].id}/deliveries`,
    ...listSubsets(deliveryFilters(body.data[0].id)).map((filter) => `deliveries?${filter}`),
  ]
  for (const path of lists) await app.send('GET', `/api/v1/${path}`)
  for (const text of ['buyer', 'a@b.io', 'a.io', 'Ann Buyer', 'ABCD', id]) {
    await app.send('POST', '/api/v1/search', { text })
  }
  await app.send('POST', '/api/v1/licenses/bulk', { action: 'suspend', filter: { q: 'none' } })
  await app.send('POST', '/api/v1/customers/export', { customer_email: 'a@b.io' })
}

test('no list and no search scans a table that grows, except for a page of it', async () => {
  await using app = await openTestApp()
  statements.clear()
  await listEverything(app)
  using db = new Database(databasePath(app.directory), { readonly: true })
  const selects = [...statements].filter(
    (sql) => /^select/i.test(sql) && !/validations|uses/.test(sql),
  )
  expect(selects.length).toBeGreaterThan(200)
  const scans = selects.flatMap((sql) => {
    const steps = prepare.call(db, `EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[]
    return steps
      .filter(({ detail }) => isScan(detail) && !/\bLIMIT\b/i.test(sql))
      .map(({ detail }) => ({ sql, detail }))
  })
  expect(scans).toEqual([])
})

/** SQLite counts the rows of a table without reading them. */
const COUNT = 'SCAN licenses'

function isScan(step: string): boolean {
  const [, table] = /^SCAN (\w+)/.exec(step) ?? []
  return (
    table !== undefined &&
    step !== COUNT &&
    !/^(products|plans|api_keys|endpoints|fan_outs|meta|json_each)$/.test(table)
  )
}
