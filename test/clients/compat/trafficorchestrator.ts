import { createRequire } from 'node:module'
import type * as client from '@traffic-orchestrator/client'
import { assertEqual, check, present, token, url } from '../checks.ts'

// The package lacks the file that it names for `import`, so apps have to require it.
const { TrafficOrchestrator, TrafficOrchestratorError }: typeof client = createRequire(
  import.meta.url,
)('@traffic-orchestrator/client')

const apiUrl = `${url}/api/v1`
const app = new TrafficOrchestrator({ apiUrl, retries: 0 })
const vendor = new TrafficOrchestrator({ apiUrl, apiKey: token, retries: 0 })

const license = await vendor.createLicense({ appName: 'My App', planId: 'starter' })
const { license_id: id, license_key: key } = license
const name = (words: string) => `@traffic-orchestrator/client: ${words}`

/** Sets when the license expires, which the client cannot do. */
async function expireAt(expires_at: string): Promise<void> {
  const response = await fetch(`${apiUrl}/licenses/${id}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ expires_at }),
  })
  assertEqual(response.status, 200)
}

/** Returns the error that a call throws. */
async function errorOf(call: Promise<unknown>) {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (error instanceof TrafficOrchestratorError) return error
  throw new Error(`expected an error of the client, got ${error}`)
}

await check(
  name('a new license is active, and the first validation activates its domain'),
  async () => {
    assertEqual([license.status, license.plan_id], ['active', 'starter'])
    const result = await app.validateLicense(key, 'example.com')
    assertEqual([result.valid, result.plan], [true, 'starter'])
    assertEqual(result.domains, ['example.com'])
    assertEqual((await app.validateLicense(key)).valid, true)
  },
)

await check(name('a domain beyond the limit is refused with a message'), async () => {
  const result = await app.validateLicense(key, 'example.org')
  assertEqual(result.valid, false)
  assertEqual(result.message, 'The only domain of this license is in use.')
})

await check(name('a domain that is removed makes room for another'), async () => {
  assertEqual((await vendor.removeDomain(id, 'example.com')).success, true)
  assertEqual((await vendor.addDomain(id, 'example.org')).success, true)
  assertEqual((await vendor.getDomains(id)).domains, ['example.org'])
  assertEqual((await app.validateLicense(key, 'example.com')).valid, false)
  assertEqual((await app.validateLicense(key, 'example.org')).valid, true)
})

await check(name('a license is suspended and reactivated'), async () => {
  assertEqual((await vendor.updateLicenseStatus(id, 'suspended')).success, true)
  const result = await app.validateLicense(key, 'example.org')
  assertEqual([result.valid, result.message], [false, 'This license is suspended.'])
  assertEqual((await vendor.updateLicenseStatus(id, 'active')).success, true)
  assertEqual((await app.validateLicense(key, 'example.org')).valid, true)
})

await check(
  name('an expired license is refused, and valid again once it is extended'),
  async () => {
    await expireAt('2026-01-31T00:00:00Z')
    const result = await app.validateLicense(key, 'example.org')
    assertEqual([result.valid, result.expiresAt], [false, '2026-01-31T00:00:00Z'])
    const batch = await vendor.batchLicenseOperation('extend', [id, 'lic_gone'], 30)
    assertEqual([batch.succeeded, batch.failed], [1, 1])
    assertEqual((await app.validateLicense(key, 'example.org')).valid, true)
  },
)

await check(name('a rotated key replaces the former one'), async () => {
  const rotated = present((await vendor.rotateLicense(id)) as unknown as Rotation)
  const error = await errorOf(app.validateLicense(key, 'example.org'))
  assertEqual([error.code, error.status], ['LICENSE_NOT_FOUND', 404])
  assertEqual(
    (await app.validateLicense(rotated.newLicense.license_key, 'example.org')).valid,
    true,
  )
})

await check(name('API keys and webhooks are created and listed'), async () => {
  const created = await vendor.createApiKey('ci')
  const reader = new TrafficOrchestrator({ apiUrl, apiKey: created.key, retries: 0 })
  assertEqual((await reader.listLicenses()).length > 0, true)
  assertEqual((await errorOf(reader.deleteLicense(id))).code, 'MISSING_SCOPE')
  assertEqual(
    (await vendor.listApiKeys()).keys.some((one) => one.id === created.id),
    true,
  )
  assertEqual((await vendor.deleteApiKey(created.id)).success, true)
  const webhook = await vendor.setWebhookConfig('https://hooks.example.com/licet')
  assertEqual(webhook.secret.startsWith('whsec_'), true)
  assertEqual((await vendor.getWebhookConfig()).configs.length, 1)
})

await check(name('usage, analytics and health are reported'), async () => {
  const usage = await vendor.getUsage()
  assertEqual(usage.validationsToday > 5 && usage.activeLicenses > 0, true)
  assertEqual(Array.isArray((await vendor.getAnalytics(7)).daily), true)
  assertEqual((await app.healthCheck()).status, 'healthy')
})

await check(name('a revoked license is refused, and what has no equivalent says so'), async () => {
  assertEqual((await vendor.deleteLicense(id)).success, true)
  assertEqual((await vendor.getSLA().catch((error) => error)).code, 'NOT_SUPPORTED')
  assertEqual((await errorOf(app.listLicenses())).status, 401)
})

interface Rotation {
  readonly newLicense: client.License
}
