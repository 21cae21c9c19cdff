import { assertEqual, check, present, token, url } from './checks.ts'
import {
  Configuration,
  LicensesApi,
  ProblemFromJSON,
  ResponseError,
  UnknownKeyVerdictFromJSON,
  ValidationApi,
} from './generated/typescript-fetch/index.ts'

const licenses = new LicensesApi(new Configuration({ basePath: url, accessToken: token }))
const validation = new ValidationApi(new Configuration({ basePath: url }))

const order = { plan: 'starter', customerEmail: 'dev@example.com' }
const expiresAt = new Date('2099-03-06T00:00:00Z')
let key = ''

await check('typescript-fetch: creates a license with a time, features and metadata', async () => {
  const response = await licenses.createLicenseRaw({
    idempotencyKey: 'typescript-fetch',
    createLicenseRequest: {
      ...order,
      expiresAt,
      features: { sso: true, projects: 10 },
      metadata: { order: 'A-1009' },
    },
  })
  const license = await response.value()
  key = license.key
  assertEqual(response.raw.headers.get('etag'), '"1"')
  assertEqual(license.status, 'active')
  assertEqual(license.maxDomains, 1)
  assertEqual(license.expiresAt?.getTime(), expiresAt.getTime())
  assertEqual(license.features.projects, 10)
  assertEqual(license.metadata.order, 'A-1009')
})

await check('typescript-fetch: creates a batch and reads it page by page', async () => {
  const { data } = await licenses.createLicenses({
    createLicensesRequest: { ...order, quantity: 3 },
  })
  assertEqual(data.length, 3)
  const first = await licenses.listLicenses({ limit: 2 })
  const next = await licenses.listLicenses({ limit: 2, cursor: present(first.nextCursor) })
  assertEqual(first.data.length, 2)
  assertEqual(next.data[0]?.customerEmail, 'dev@example.com')
})

await check('typescript-fetch: validates the license, narrowed by valid', async () => {
  const verdict = await validation.validate({ validateRequest: { key, domain: 'example.com' } })
  if (!verdict.valid) throw new Error(verdict.error)
  assertEqual(verdict.license.plan, 'starter')
  assertEqual(verdict.license.expiresAt?.getTime(), expiresAt.getTime())
  assertEqual(verdict.warnings, [])
})

await check('typescript-fetch: reads a refusal, narrowed by valid', async () => {
  const verdict = await validation.validate({ validateRequest: { key, domain: 'example.org' } })
  if (verdict.valid) throw new Error('the license is valid on a second domain')
  assertEqual<string>(verdict.error, 'DOMAIN_LIMIT_REACHED')
  assertEqual(verdict.details, { limit: 1, used: 1 })
})

await check('typescript-fetch: reads the verdict of an unknown key', async () => {
  const response = await failedResponse(
    validation.validate({ validateRequest: { key: 'unknown-key-of-nobody' } }),
  )
  assertEqual(response.status, 404)
  const verdict = UnknownKeyVerdictFromJSON(await response.json())
  assertEqual<string>(verdict.error, 'LICENSE_NOT_FOUND')
})

await check('typescript-fetch: reads a problem with its invalid field', async () => {
  const response = await failedResponse(
    licenses.createLicense({ createLicenseRequest: { ...order, plan: 'none' } }),
  )
  const problem = ProblemFromJSON(await response.json())
  assertEqual<string>(problem.code, 'validation_failed')
  assertEqual(problem.errors?.[0]?.pointer, '/plan')
})

/** Returns the response behind the error that the client throws for a status other than 2xx. */
async function failedResponse(call: Promise<unknown>): Promise<Response> {
  const error = await call.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (error instanceof ResponseError) return error.response
  throw new Error(`expected an error response, got ${error}`)
}
