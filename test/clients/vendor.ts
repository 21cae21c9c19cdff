import { assertEqual, present, token, url } from './checks.ts'

/** Sends a request of the vendor, and returns the body of the response. */
export async function manage<Body>(method: string, path: string, body?: object): Promise<Body> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const init =
    body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) }
  const response = await fetch(`${url}/api/v1${path}`, init)
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${text}`)
  return JSON.parse(text)
}

export interface License {
  readonly id: string
  readonly key: string
}

/** Creates a license of the plan `professional`, with `fields`. */
export const createLicense = (fields: object = {}): Promise<License> =>
  manage('POST', '/licenses', {
    plan: 'professional',
    customer_email: 'dev@example.com',
    ...fields,
  })

export const suspend = ({ id }: License) => manage('POST', `/licenses/${id}/suspend`)

/** Ends a license yesterday. */
export const expire = ({ id }: License) =>
  manage('PUT', `/licenses/${id}`, { expires_at: new Date(Date.now() - 86_400_000).toISOString() })

/** Compares some members of an object. */
export function assertMembers(actual: unknown, expected: Readonly<Record<string, unknown>>): void {
  const object: object = Object(present(actual))
  for (const [name, value] of Object.entries(expected)) {
    assertEqual<unknown>(Reflect.get(object, name), value)
  }
}
