/** The Licet server that the tests run against. The bundler sets both. */
declare const PRIMARY_URL: string
declare const ADMIN_TOKEN: string

export const primaryUrl = PRIMARY_URL

export interface License {
  readonly id: string
  readonly key: string
}

/** Calls the management API. */
export async function manage<Answer>(method: string, path: string, body?: object): Promise<Answer> {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' }
  const init = body === undefined ? {} : { body: JSON.stringify(body) }
  const response = await fetch(`${PRIMARY_URL}/api/v1${path}`, { method, headers, ...init })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path} failed with ${response.status}: ${text}`)
  return text === '' ? (null as Answer) : JSON.parse(text)
}

const randomName = () => `t${crypto.randomUUID().replaceAll('-', '').slice(0, 12)}`

const terms = {
  duration_days: 365,
  grace_days: 7,
  max_domains: 3,
  max_devices: 2,
  max_seats: 1,
  features: { sso: true, api: false },
}

/** Creates a product and a plan with these differences to the usual one. Returns its slug. */
export async function createPlan(changes: object = {}): Promise<string> {
  const slug = randomName()
  const key_prefix = slug.slice(0, 8).toUpperCase()
  await manage('POST', '/products', { slug, name: 'Editor', key_prefix })
  await manage('POST', '/plans', { slug, product: slug, name: 'Team', ...terms, ...changes })
  return slug
}

/** Changes a plan of `createPlan`. */
export function changePlan(slug: string, changes: object): Promise<unknown> {
  return manage('PUT', `/plans/${slug}`, { name: 'Team', ...terms, ...changes })
}

/** Creates a license; by default of a plan of its own. */
export async function createLicense(plan?: string): Promise<License> {
  return manage('POST', '/licenses', {
    plan: plan ?? (await createPlan()),
    customer_email: 'dev@example.com',
  })
}

/** Returns the token of a new edge. */
export async function createEdgeToken(): Promise<string> {
  const { token } = await manage<{ token: string }>('POST', '/edges', { name: randomName() })
  return token
}
