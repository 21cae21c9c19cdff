import { type Hostname, parseHostname } from '~/domain/hostnames.ts'

const KEY_CHARACTERS_MAX = 300
const DOMAIN_CHARACTERS_MAX = 4096
const FINGERPRINT_CHARACTERS_MAX = 255
const NAME_CHARACTERS_MAX = 64
const FEATURES_MAX = 100
const JSON_TYPE = /^application\/json\s*(?:;\s*charset=utf-8\s*)?$/i
/** Names that Licet cuts, so only their type matters. */
const labels = ['name', 'device_name', 'version']

/** A validation that this machine may be able to confirm. */
export interface Validation {
  readonly key: string
  readonly product: string | undefined
  readonly features: readonly string[] | undefined
  /** As it was sent, because Licet reads it itself. */
  readonly domain: string | undefined
  readonly hostname: Hostname | undefined
  readonly fingerprint: string | undefined
  readonly version: string | null
}

/**
 * Parses the body of a validation. Returns null for every request that only the primary may answer: one
 * that wants a signature, and anything unusual, so that what is wrong with it is said in one place.
 */
export function parseValidation(headers: Headers, bytes: Uint8Array): Validation | null {
  if (!JSON_TYPE.test(headers.get('content-type') ?? '')) return null
  const body = headers.has('content-encoding') ? null : parseObject(bytes)
  if (body === null || Object.hasOwn(body, '__proto__')) return null
  if ((body.lease ?? false) !== false || (body.nonce ?? null) !== null) return null
  const { key, features = null } = body
  const product = readText(body.product, NAME_CHARACTERS_MAX)
  const domain = readText(body.domain, DOMAIN_CHARACTERS_MAX)
  const fingerprint = readText(body.fingerprint, FINGERPRINT_CHARACTERS_MAX)
  if (typeof key !== 'string' || key.length > KEY_CHARACTERS_MAX) return null
  if (product === null || domain === null || fingerprint === null) return null
  if (features !== null && !isListOfNames(features)) return null
  if (labels.some((name) => typeof (body[name] ?? '') !== 'string')) return null
  if (Object.entries(body).some(([name, value]) => isNested(value) && name !== 'features'))
    return null
  const hostname = domain === undefined ? undefined : parseHostname(domain)
  if (hostname === null) return null
  const version = typeof body.version === 'string' && body.version !== '' ? body.version : null
  return { key, product, features: features ?? undefined, domain, hostname, fingerprint, version }
}

/** Returns the JSON object in the bytes; null for anything else. */
export function parseObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return isNested(value) && !Array.isArray(value)
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** Returns undefined for a field that was not sent, and null for one that is not such a text. */
function readText(value: unknown, charactersMax: number): string | undefined | null {
  if (value === undefined || value === null) return undefined
  return typeof value === 'string' && value.length <= charactersMax ? value : null
}

function isListOfNames(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) &&
    value.length <= FEATURES_MAX &&
    value.every((name) => typeof name === 'string' && name.length <= NAME_CHARACTERS_MAX)
  )
}
