import { concat, fromBase64, importHmacKey, readBytes, toUtf8 } from './bytes.ts'
import type { CachedFacts } from './cached-facts.ts'
import type { EdgeParts } from './options.ts'
import { respondProblem } from './responses.ts'
import { isObject } from './validations.ts'

/** A license can have long metadata, and 100 domains. */
const BODY_BYTES_MAX = 1_048_576
const TOLERANCE_SECONDS = 300
const SIGNATURES_MAX = 10
const SECRET_PREFIX = 'whsec_'
const SECONDS = /^\d{1,15}$/
const LICENSE_ID = /^lic_[a-z0-9]{26}$/

/** Events after which what was valid still is. All others make the facts of their license void. */
const harmlessTypes: readonly unknown[] = [
  'activation.created',
  'license.activated',
  'license.created',
  'license.expiring',
  'license.limit_reached',
  'license.sharing_suspected',
]

/**
 * Returns the response to a webhook request of Licet, once the facts of its license are void. A failure is
 * answered with 503, so Licet sends the event again.
 */
export function createHook(
  { options: { webhookSecret = [] }, now, onProblem }: EdgeParts,
  cachedFacts: CachedFacts,
) {
  const secrets = typeof webhookSecret === 'string' ? [webhookSecret] : webhookSecret
  const secretBytes = secrets.map(readSecret)

  return async (request: Request): Promise<Response> => {
    const bytes = await readBytes(request, BODY_BYTES_MAX)
    if (bytes === null)
      return respondProblem(request, 'payload_too_large', 'The event exceeds 1 MiB.')
    if (!(await isSigned(request.headers, bytes, secretBytes, now()))) {
      return respondProblem(request, 'unauthorized', 'No signature of this event is valid now.')
    }
    const licenseId = findLicense(bytes)
    try {
      if (licenseId !== null) await cachedFacts.makeVoid(licenseId)
    } catch (error) {
      onProblem(error)
      return respondProblem(
        request,
        'unavailable',
        'The cache cannot be written. Send the event again.',
      )
    }
    return new Response(null, { status: 204 })
  }
}

function readSecret(secret: string): Uint8Array<ArrayBuffer> {
  const base64 = secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : ''
  const bytes = fromBase64(base64)
  if (bytes === null || bytes.length === 0) {
    throw new TypeError('`webhookSecret` must be the secret of a webhook endpoint: whsec_…')
  }
  return bytes
}

/** Whether one of the signatures is right, and not older than five minutes (Standard Webhooks 1.0). */
async function isSigned(
  headers: Headers,
  body: Uint8Array,
  secrets: readonly Uint8Array<ArrayBuffer>[],
  nowMs: number,
): Promise<boolean> {
  const id = headers.get('webhook-id') ?? ''
  const timestamp = headers.get('webhook-timestamp') ?? ''
  if (id === '' || !SECONDS.test(timestamp)) return false
  if (Math.abs(nowMs / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) return false
  const signed = concat([toUtf8(`${id}.${timestamp}.`), body])
  const given = (headers.get('webhook-signature') ?? '').split(' ').slice(0, SIGNATURES_MAX)
  const signatures = given.flatMap((text) =>
    text.startsWith('v1,') ? (fromBase64(text.slice(3)) ?? []) : [],
  )
  for (const secret of secrets) {
    const key = await importHmacKey(secret)
    for (const signature of signatures) {
      // Takes the same time for every wrong signature.
      if (await crypto.subtle.verify('HMAC', key, signature, signed)) return true
    }
  }
  return false
}

/** Returns the license whose facts an event makes void; null if there is none. */
function findLicense(bytes: Uint8Array): string | null {
  const event: unknown = JSON.parse(new TextDecoder().decode(bytes))
  if (!isObject(event) || harmlessTypes.includes(event.type) || !isObject(event.data)) return null
  const { license } = event.data
  const id = isObject(license) ? license.id : null
  return typeof id === 'string' && LICENSE_ID.test(id) ? id : null
}
