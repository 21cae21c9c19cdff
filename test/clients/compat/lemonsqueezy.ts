import {
  activateLicense,
  deactivateLicense,
  lemonSqueezySetup,
  validateLicense,
} from '@lemonsqueezy/lemonsqueezy.js'
import { assertEqual, check, present, url } from '../checks.ts'
import { assertMembers, createLicense, expire, suspend } from '../vendor.ts'

/**
 * Uses the published client of Lemon Squeezy. It has no option for its server, so this process resolves
 * the name of that server to ours, as a vendor does with a host name of their own.
 */
const direct = globalThis.fetch
globalThis.fetch = (input: RequestInfo | URL, init?: RequestInit) =>
  direct(String(input).replace('https://api.lemonsqueezy.com', url), init)
lemonSqueezySetup({ apiKey: 'not-needed-for-licenses' })

await check(
  'compat lemonsqueezy.js: activates, validates and deactivates an instance',
  async () => {
    const { key } = await createLicense({ max_devices: 1 })
    const activated = await activateLicense(key, 'Test')
    assertMembers(activated, { statusCode: 200, error: null })
    assertMembers(activated.data, { activated: true, error: null })
    const instance = present(activated.data?.instance)
    assertEqual(instance.name, 'Test')
    const validated = await validateLicense(key, instance.id)
    assertMembers(validated, { statusCode: 200, error: null })
    assertMembers(validated.data, { valid: true })
    assertMembers(validated.data?.license_key, { status: 'active', activation_usage: 1 })
    assertMembers(validated.data?.meta, { customer_email: 'dev@example.com' })
    const deactivated = await deactivateLicense(key, instance.id)
    assertMembers(deactivated.data, { deactivated: true })
    assertMembers(deactivated.data?.license_key, { status: 'inactive', activation_usage: 0 })
    const gone = await validateLicense(key, instance.id)
    assertMembers(gone, { statusCode: 404 })
    assertEqual(gone.error?.cause, 'instance_id not found.')
  },
)

await check('compat lemonsqueezy.js: validates a key without an instance', async () => {
  const { key } = await createLicense()
  const { data } = await validateLicense(key)
  assertMembers(data, { valid: true, instance: null })
  assertMembers(data?.license_key, { status: 'inactive', key })
})

await check('compat lemonsqueezy.js: is refused beyond the limit', async () => {
  const { key } = await createLicense({ max_devices: 1 })
  await activateLicense(key, 'One')
  const { statusCode, error } = await activateLicense(key, 'Two')
  assertEqual(statusCode, 400)
  assertEqual(error?.cause, 'This license key has reached the activation limit.')
})

await check('compat lemonsqueezy.js: is refused for a suspended license', async () => {
  const license = await createLicense()
  await suspend(license)
  const { statusCode, error } = await validateLicense(license.key)
  assertEqual(statusCode, 400)
  assertEqual(error?.cause, 'This license key is disabled.')
})

await check('compat lemonsqueezy.js: is refused for an expired license', async () => {
  const license = await createLicense()
  await expire(license)
  const { statusCode, error } = await activateLicense(license.key, 'Test')
  assertEqual(statusCode, 400)
  assertEqual(error?.cause, 'This license key is expired.')
})

await check('compat lemonsqueezy.js: is refused for an unknown key', async () => {
  const { statusCode, error } = await validateLicense('38b1460a-5104-4067-a91d-77b872934d51')
  assertEqual(statusCode, 404)
  assertEqual(error?.cause, 'license_key not found.')
})
