import { type License, LicetAdmin } from 'licet/admin'
import type { Target } from './online-checks.ts'

export const { LICET_URL: url = '', LICET_TOKEN: token = '' } = process.env
export const admin = new LicetAdmin(url, token)

/** Creates a product and a plan for one program. Returns the slug of the plan. */
export async function createPlan(name: string): Promise<string> {
  const product = name.toLowerCase()
  await admin.products.create({ slug: product, name, key_prefix: name.slice(0, 8).toUpperCase() })
  const plan = `${product}-pro`
  const limits = { max_domains: 3, max_devices: 2, max_seats: 1 }
  const offline = { refresh_days: 1, valid_days: 7, hard_days: 30, file_days: 365 }
  await admin.plans.create({
    slug: plan,
    product,
    name: 'Pro',
    features: { sso: true },
    ...limits,
    offline,
  })
  return plan
}

export function issue(plan: string): Promise<License> {
  return admin.licenses.create({ plan, customer_email: 'dev@example.com' })
}

/** Returns the keys to pin. An app has them in its code and never fetches them. */
export async function listPublicKeys(): Promise<string[]> {
  const path = '/.well-known/licet/jwks.json'
  const { keys } = await admin.request<{ keys: { x: string }[] }>('GET', path)
  return keys.map(({ x }) => x)
}

/** Issues what `checkOnline` needs. */
export async function createTarget(name: string): Promise<Target> {
  const plan = await createPlan(name)
  const [{ key }, suspended] = [await issue(plan), await issue(plan)]
  await admin.licenses.suspend(suspended.id)
  return { url, publicKeys: await listPublicKeys(), key, suspendedKey: suspended.key, plan }
}
