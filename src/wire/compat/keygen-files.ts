import type { KeygenFileTerms } from '~/domain/compat/keygen-files.ts'
import { Type } from '../type.ts'
import { KeygenError } from './keygen-errors.ts'
import { check } from './keygen-requests.ts'

const TTL_SECONDS_MIN = 3600
const TEXT_MAX = 300
const INCLUDES_MAX = 20
const algorithms = { encrypted: 'aes-256-gcm+ed25519', plain: 'base64+ed25519' } as const

const CheckoutBody = Type.Object({
  meta: Type.Optional(
    Type.Object({
      encrypt: Type.Optional(Type.Boolean()),
      algorithm: Type.Optional(Type.Nullable(Type.String({ maxLength: TEXT_MAX }))),
      ttl: Type.Optional(Type.Nullable(Type.Integer())),
      include: Type.Optional(
        Type.Array(Type.String({ maxLength: TEXT_MAX }), { maxItems: INCLUDES_MAX }),
      ),
    }),
  ),
})

/** A file that an app asks for. */
export interface Checkout {
  readonly isEncrypted: boolean
  /** Null for as long as the plan allows. */
  readonly ttlSeconds: number | null
  /** The names of the resources that the file is to contain besides its own. */
  readonly includes: readonly string[]
}

/** Parses the query and the body, which has priority. Throws a KeygenError for a file that Licet never signs. */
export function parseCheckout(query: URLSearchParams, body: unknown): Checkout {
  const { meta = {} } = check(CheckoutBody, body)
  const algorithm = meta.algorithm ?? query.get('algorithm') ?? ''
  const encrypt = meta.encrypt ?? /^(?:1|true)$/.test(query.get('encrypt') ?? '')
  const isEncrypted = algorithm === '' ? encrypt : algorithm === algorithms.encrypted
  if (algorithm !== '' && algorithm !== algorithms.plain && !isEncrypted) {
    throw invalid('CHECKOUT_ALGORITHM_INVALID', 'invalid signing algorithm', 'algorithm')
  }
  const includes = meta.include ?? query.get('include')?.split(',') ?? []
  return { isEncrypted, ttlSeconds: requireTtl(meta.ttl ?? readTtl(query)), includes }
}

const readTtl = (query: URLSearchParams) => {
  const text = query.get('ttl') ?? ''
  return text === '' ? null : /^\d{1,9}$/.test(text) ? Number(text) : 0
}

function requireTtl(ttl: number | null): number | null {
  if (ttl === null || ttl >= TTL_SECONDS_MIN) return ttl
  throw invalid('CHECKOUT_TTL_INVALID', 'must be greater than or equal to 3600 (1 hour)', 'ttl')
}

const invalid = (code: string, detail: string, parameter: string) =>
  new KeygenError(400, { title: 'Bad request', detail, code, source: { parameter } })

/** Presents the contents of a file: a resource, and those that belong to it. */
export function presentContents(
  data: object,
  included: readonly object[],
  { issuedAtMs, expiresAtMs, ttlSeconds }: KeygenFileTerms,
) {
  const meta = { issued: toTime(issuedAtMs), expiry: toTime(expiresAtMs), ttl: ttlSeconds }
  return { data, included, meta }
}

/** The resources that a file is about. */
export interface FileSubject {
  readonly kind: 'license' | 'machine'
  readonly accountId: string
  readonly licenseId: string
  readonly machineId: string | null
}

/** Presents a file as Keygen does, see https://keygen.sh/docs/api/licenses/#licenses-actions-check-out. */
export function presentFile(
  id: string,
  certificate: string,
  { isEncrypted, includes }: Checkout,
  { issuedAtMs, expiresAtMs, ttlSeconds }: KeygenFileTerms,
  { kind, accountId, licenseId, machineId }: FileSubject,
) {
  const machine =
    machineId === null ? {} : { machine: { data: { type: 'machines', id: machineId } } }
  return {
    id,
    type: `${kind}-files`,
    attributes: {
      certificate,
      algorithm: nameAlgorithm(isEncrypted),
      includes,
      ttl: ttlSeconds,
      expiry: toTime(expiresAtMs),
      issued: toTime(issuedAtMs),
    },
    relationships: {
      account: { data: { type: 'accounts', id: accountId } },
      license: { data: { type: 'licenses', id: licenseId } },
      ...machine,
    },
  }
}

export const nameAlgorithm = (isEncrypted: boolean): string =>
  isEncrypted ? algorithms.encrypted : algorithms.plain

const toTime = (timeMs: number) => new Date(timeMs).toISOString()
