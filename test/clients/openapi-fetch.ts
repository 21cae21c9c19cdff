import createClient from 'openapi-fetch'
import { assertEqual, check, present, token, url } from './checks.ts'
import type { paths } from './generated/openapi-typescript.ts'

const vendor = createClient<paths>({ baseUrl: url, headers: { authorization: `Bearer ${token}` } })
const app = createClient<paths>({ baseUrl: url })

const order = { plan: 'starter', customer_email: 'dev@example.com' }
let key = ''

await check('openapi-fetch: creates a license with a time, features and metadata', async () => {
  const { data, response } = await vendor.POST('/api/v1/licenses', {
    params: { header: { 'Idempotency-Key': 'openapi-fetch' } },
    body: {
      ...order,
      expires_at: '2099-03-06T00:00:00Z',
      features: { sso: true, projects: 10 },
      metadata: { order: 'A-1009', note: null },
    },
  })
  const license = present(data)
  key = license.key
  assertEqual(response.status, 201)
  assertEqual(response.headers.get('etag'), '"1"')
  assertEqual(license.status, 'active')
  assertEqual(license.max_domains, 1)
  assertEqual(license.expires_at, '2099-03-06T00:00:00Z')
  assertEqual(license.features.projects, 10)
  assertEqual(license.metadata.note, null)
})

await check('openapi-fetch: creates a batch and reads it page by page', async () => {
  const { data } = await vendor.POST('/api/v1/licenses/batch', { body: { ...order, quantity: 3 } })
  assertEqual(data?.data.length, 3)
  const first = await vendor.GET('/api/v1/licenses', { params: { query: { limit: 2 } } })
  const cursor = present(first.data?.next_cursor)
  const next = await vendor.GET('/api/v1/licenses', { params: { query: { limit: 2, cursor } } })
  assertEqual(first.data?.data.length, 2)
  assertEqual(next.data?.data.at(0)?.customer_email, 'dev@example.com')
})

await check('openapi-fetch: validates the license, narrowed by valid', async () => {
  const { data } = await app.POST('/api/v1/validate', { body: { key, domain: 'example.com' } })
  const verdict = present(data)
  if (!verdict.valid) throw new Error(verdict.error)
  assertEqual(verdict.license.plan, 'starter')
  assertEqual(verdict.license.expiresAt, '2099-03-06T00:00:00Z')
  assertEqual(verdict.warnings, [])
})

await check('openapi-fetch: reads a refusal, narrowed by valid', async () => {
  const { data } = await app.POST('/api/v1/validate', { body: { key, domain: 'example.org' } })
  const verdict = present(data)
  if (verdict.valid) throw new Error('the license is valid on a second domain')
  assertEqual(verdict.error, 'DOMAIN_LIMIT_REACHED')
  assertEqual(verdict.details, { limit: 1, used: 1 })
})

await check('openapi-fetch: reads the verdict of an unknown key', async () => {
  const { error, response } = await app.POST('/api/v1/validate', {
    body: { key: 'unknown-key-of-nobody' },
  })
  assertEqual(response.status, 404)
  const verdict = present(error)
  assertEqual('error' in verdict ? verdict.error : null, 'LICENSE_NOT_FOUND')
})

await check('openapi-fetch: reads a problem with its invalid field', async () => {
  const { error } = await vendor.POST('/api/v1/licenses', { body: { ...order, plan: 'none' } })
  const problem = present(error)
  assertEqual(problem.code, 'validation_failed')
  assertEqual(problem.errors?.[0]?.pointer, '/plan')
})
