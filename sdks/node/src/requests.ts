import { toBase64url } from './bytes.ts'
import type { Context } from './context.ts'
import { NoAnswer } from './errors.ts'
import { readText, send } from './http.ts'
import { isObject, type JsonObject, parseObject } from './json.ts'
import type { Feed } from './record.ts'
import { isPassingStatus, parseRetryAfterMs, retry } from './retry.ts'
import { type Outcome, readError, readVerdict, type ValidVerdict } from './verdicts.ts'
import type { Proof } from './verification.ts'
import { version } from './version.ts'

const NONCE_BYTES = 16
const ATTEMPTS_MAX = 3
const TOTAL_MS = 10_000
const RESPONSE_BYTES_MAX = 1024 * 1024

/** The kind of signature that a request asks for if keys are pinned. */
export type Signing = 'lease' | 'answer' | 'nothing'

export interface RequestOptions {
  readonly signing: Signing
  /** 3 by default, within 10 seconds in total. */
  readonly attemptsMax?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export interface AppResponse {
  readonly outcome: Exclude<Outcome, { failure: NoAnswer }>
  readonly proof: Proof
}

/** Sends a request of an app. Throws `NoAnswer` if all attempts fail. */
export function post(
  context: Context,
  path: string,
  fields: JsonObject,
  { signing, attemptsMax = ATTEMPTS_MAX, signal }: RequestOptions,
): Promise<AppResponse> {
  const { url, transport, timeoutMs, platform } = context
  const isSigned = signing !== 'nothing' && context.publicKeys.length > 0
  const headers = { 'content-type': 'application/json', accept: 'application/json' }
  // Browsers set it themselves, and some would ask the server for permission.
  const agent = platform.name === 'web' ? {} : { 'user-agent': `licet-${platform.name}/${version}` }
  return retry({ attemptsMax, totalMs: TOTAL_MS }, signal, async (remainingMs) => {
    const nonce = isSigned ? createNonce() : null
    const lease = isSigned && signing === 'lease' ? true : null
    const requestBody = JSON.stringify(omitNull({ ...fields, lease, nonce }))
    const call = {
      method: 'POST',
      url: `${url}/api/v1${path}`,
      headers: { ...headers, ...agent },
      body: requestBody,
      timeoutMs: Math.min(timeoutMs, remainingMs),
      signal,
    }
    return {
      outcome: await send(transport, call, readOutcome),
      proof: { nonce, requestBody, route: path },
    }
  })
}

/** Throws `NoAnswer` for a status that decides nothing: 408, 425, 429 and 5xx. */
async function readOutcome(response: Response): Promise<AppResponse['outcome']> {
  const { status, headers } = response
  if (isPassingStatus(status)) {
    await response.body?.cancel()
    const retryAfterMs = parseRetryAfterMs(headers.get('retry-after'), Date.now())
    throw new NoAnswer('status', `The server answered ${status}.`, { status, retryAfterMs })
  }
  const body = await readText(response, RESPONSE_BYTES_MAX)
  return { status, date: headers.get('date'), body }
}

export function createNonce(): string {
  return toBase64url(globalThis.crypto.getRandomValues(new Uint8Array(NONCE_BYTES)))
}

function omitNull(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null))
}

/** A granted request, with its signed verdict if keys are pinned. */
export interface Grant {
  readonly body: JsonObject
  readonly verdict: ValidVerdict | null
}

/**
 * Returns what the server granted. Throws `LicetProblem` if it refuses, and `NoAnswer` if the response
 * is not one of Licet or, with pinned keys, not signed.
 */
export async function readGrant(
  context: Context,
  { outcome, proof }: AppResponse,
  feed: Feed | null,
): Promise<Grant> {
  const { status } = outcome
  const body = parseObject(outcome.body)
  if (status !== 200) throw readError(status, body ?? {})
  if (body === null) throw new NoAnswer('not_licet', 'The response does not come from Licet.')
  if (proof.nonce == null) return { body, verdict: null }
  const verdict = await readVerdict(
    outcome,
    { ...context, ...proof },
    feed,
    context.platform.verifySignature,
  )
  if (verdict.kind === 'valid') return { body, verdict }
  throw verdict.kind === 'none'
    ? verdict.error
    : new NoAnswer('signature', 'The response grants what its signature refuses.')
}

/** Returns a member of a response that is a text. Throws `NoAnswer` if it is missing. */
export function readMember(body: unknown, name: string): string {
  const text = isObject(body) ? body[name] : undefined
  if (typeof text === 'string') return text
  throw new NoAnswer('not_licet', `The response has no "${name}".`)
}
