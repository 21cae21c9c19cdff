import { createHash, type KeyObject, sign } from 'node:crypto'
import { badRequest } from '~/wire/compat/keygen-errors.ts'

const ALGORITHM = 'ed25519'
const SIGNED = '(request-target) host date digest'
/** Pages need these headers to verify a signature. */
const EXPOSED =
  'date, digest, keygen-signature, ratelimit, ratelimit-policy, retry-after, x-request-id'
const ACCEPT_SIGNATURE =
  /^(?:keyid="(?<keyid>[ !#-[\]-~]+)")?(?:\s*,\s*)?algorithm="(?<algorithm>[^"]+)"(?:\s*;\s*)?$/i

/** The parts of a request and its response that are signed. */
export interface SignedExchange {
  readonly request: Request
  /** The account in the path of the request; null for a host of its own. */
  readonly account: string | null
  readonly body: string
  readonly nowMs: number
}

/** Throws a KeygenError for a request that asks for another signature than Ed25519. */
export function requireAlgorithm({ headers }: Request): void {
  const accepted = headers.get('keygen-accept-signature')
  if (accepted === null || accepted.trim() === '') return
  const algorithm = ACCEPT_SIGNATURE.exec(accepted.trim())?.groups?.algorithm
  if (algorithm === undefined) throw badRequest('invalid accept-signature header (malformed)')
  if (algorithm.toLowerCase() !== ALGORITHM) {
    throw badRequest('invalid accept-signature header (unsupported algorithm)')
  }
}

/**
 * Returns the headers that sign a response as Keygen does, see
 * https://keygen.sh/docs/api/signatures/#response-signatures.
 */
export function signResponse(
  privateKey: KeyObject,
  { request, account, body, nowMs }: SignedExchange,
): Record<string, string> {
  const date = new Date(nowMs).toUTCString()
  const digest = `sha-256=${createHash('sha256').update(body).digest('base64')}`
  const lines = [
    `(request-target): ${request.method.toLowerCase()} ${targetOf(request.url)}`,
    `host: ${hostOf(request)}`,
    `date: ${date}`,
    `digest: ${digest}`,
  ]
  const signature = sign(null, Buffer.from(lines.join('\n')), privateKey).toString('base64')
  const keyId = readKeyId(request.headers) ?? account ?? 'licet'
  return {
    'access-control-expose-headers': EXPOSED,
    date,
    digest,
    'keygen-date': date,
    'keygen-digest': digest,
    'keygen-signature': `keyid="${keyId}", algorithm="${ALGORITHM}", signature="${signature}", headers="${SIGNED}"`,
  }
}

/** Returns the path and the query as the client has sent them. */
function targetOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('://') + 3)
  return start === -1 ? '/' : url.slice(start)
}

/** Returns the host that the client has called, with its port, also if an edge has forwarded the request. */
function hostOf({ headers, url }: Request): string {
  return headers.get('licet-client-host') ?? headers.get('host') ?? new URL(url).host
}

function readKeyId(headers: Headers): string | undefined {
  const accepted = headers.get('keygen-accept-signature') ?? ''
  return ACCEPT_SIGNATURE.exec(accepted.trim())?.groups?.keyid
}
