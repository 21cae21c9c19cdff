import { Fault } from '~/domain/faults.ts'
import { SECOND_MS } from '~/domain/times.ts'
import { parseDomain } from '~/domain/validations.ts'
import type { ClientCall, ClientParts } from '~/http/client/find-license.ts'
import { clientHeaders } from '~/http/client/native-routes.ts'
import type { Eventual } from '~/turns.ts'
import type { ValidateBody, Verdict } from '~/wire/validations.ts'
import { type Confirm, hashOtherKey } from './confirm.ts'
import type { Facts } from './facts.ts'
import type { EdgeFigures } from './figures.ts'
import type { Forward } from './forward.ts'
import type { Guesses } from './guesses.ts'
import type { Lease } from './lease.ts'

/** The start of a valid verdict, as the primary writes it. */
const VALID = '{"valid":true,'

export interface ValidateParts extends Pick<ClientParts, 'clientAddressOf'> {
  readonly confirm: Confirm
  readonly facts: Pick<Facts, 'learn'>
  readonly lease: Pick<Lease, 'isRunning' | 'getAgeMs'>
  readonly forward: Forward
  readonly guesses: Guesses
  readonly figures: EdgeFigures
  readonly hashKey: (text: string) => string
  /** For how long known facts are used after the lease has ended, in ms. */
  readonly staleMs: number
}

interface Validation {
  readonly body: ValidateBody
  readonly call: ClientCall
}

/**
 * Returns the handler of validations. It confirms and never grants: only what is known to be valid is
 * answered from memory. Everything else is forwarded, so a refusal is never out of date.
 */
export function createValidate(parts: ValidateParts) {
  const { confirm, lease, figures, staleMs } = parts
  const forwardAndLearn = createForwardAndLearn(parts)

  /** Returns the answer from memory after the lease has ended, for as long as that is allowed. */
  function confirmStale({ body, call }: Validation): Response | null {
    const ageMs = lease.getAgeMs()
    if (ageMs === null || ageMs > staleMs || wantsSignature(body)) return null
    const verdict = staleMs === 0 ? null : confirm(body, call)
    if (verdict === null) return null
    figures.stale += 1
    return presentStale(verdict, Math.max(0, ageMs))
  }

  async function forwardOrConfirm(validation: Validation): Promise<Response> {
    try {
      return await forwardAndLearn(validation)
    } catch (error) {
      const isUnreachable = error instanceof Fault && error.kind === 'primary_unreachable'
      const stale = isUnreachable ? confirmStale(validation) : null
      if (stale === null) throw error
      return stale
    }
  }

  return (validation: Validation): Eventual<Verdict | Response> => {
    const { body, call } = validation
    const mayConfirm = lease.isRunning() && !wantsSignature(body)
    return (mayConfirm ? confirm(body, call) : null) ?? forwardOrConfirm(validation)
  }
}

/** Only the primary can sign. */
const wantsSignature = ({ lease, nonce }: ValidateBody) => lease === true || nonce != null

/** Returns a function that forwards a validation, and reads the facts behind a valid answer afterwards. */
function createForwardAndLearn({
  facts,
  forward,
  guesses,
  hashKey,
  clientAddressOf,
}: ValidateParts) {
  function learn({ body, call }: Validation): void {
    const { key, domain, fingerprint } = body
    const keyHash = call.keyHash ?? hashOtherKey(hashKey, key)
    if (keyHash === null) return
    const hostname = parseDomain(domain ?? undefined)
    const place = { hostname, fingerprint: fingerprint ?? undefined }
    facts.learn({ keyHash, key, domain, query: { intent: 'validate', ...place } })
  }

  return async (validation: Validation): Promise<Response> => {
    const { body, call } = validation
    const { request, requestId, bodyBytes } = call
    const isSigned = wantsSignature(body)
    const textHash = hashKey(body.key)
    const unknown = isSigned ? undefined : guesses.recall(textHash)
    if (unknown !== undefined) {
      guesses.record(clientAddressOf(request))
      return new Response(unknown, { status: 404, headers: clientHeaders })
    }
    const response = await forward({ request, requestId, body: bodyBytes })
    if (isSigned) return response
    const text = await response.text()
    if (response.status === 404) guesses.remember(textHash, text)
    if (response.status === 200 && text.startsWith(VALID)) learn(validation)
    return new Response(text, response)
  }
}

function presentStale(verdict: Verdict, ageMs: number): Response {
  const headers = new Headers(clientHeaders)
  headers.set('licet-stale', String(Math.floor(ageMs / SECOND_MS)))
  headers.append('access-control-expose-headers', 'licet-stale')
  return new Response(JSON.stringify(verdict), { headers })
}
