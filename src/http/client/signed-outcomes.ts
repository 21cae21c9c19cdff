import { createHash } from 'node:crypto'
import type { Deps } from '~/deps.ts'
import type { LicenseTerms, TermsSnapshot } from '~/domain/licenses.ts'
import { type Binding, buildGrant, buildLeaseTerms, coversLimits } from '~/domain/offline.ts'
import {
  type AnswerVerdict,
  buildAnswerClaims,
  buildLeaseClaims,
  type SignedTerms,
} from '~/domain/tokens.ts'
import type { Refusal } from '~/domain/verdicts.ts'
import type { ClientCall } from './find-license.ts'

/** The fields of a request that ask for a signed response. */
export interface SigningRequest {
  readonly lease?: boolean | null | undefined
  readonly nonce?: string | null | undefined
}

/** Signs the outcome of one request. */
export interface OutcomeSigner {
  /** Returns a lease if the request asks for one and the plan allows it, otherwise an answer. */
  grant(snapshot: TermsSnapshot, binding: Binding): string
  /** Returns an answer. `license` is null for an unknown license key. */
  refusal(refusal: Refusal, license: LicenseTerms | null): string
}

/**
 * Returns a function that creates the signer of a request; null for one that asks for no signature,
 * for which nothing is read or hashed. The position of the feed is read before the decision, so no
 * token hides a revocation.
 */
export function createPrepareSigner(deps: Pick<Deps, 'store' | 'signer'>) {
  return (request: SigningRequest, call: ClientCall): null | Promise<OutcomeSigner> =>
    request.lease === true || request.nonce != null ? prepare(deps, request, call) : null
}

async function prepare(
  { store, signer }: Pick<Deps, 'store' | 'signer'>,
  { lease, nonce = null }: SigningRequest,
  { request, bodyBytes, nowMs }: ClientCall,
): Promise<OutcomeSigner> {
  // Some routes take the same body, and the grant of one must not answer another.
  const rte = new URL(request.url).pathname.replace(/^.*\/api\/v1(?=\/)/, '')
  const requestHash = createHash('sha256').update(bodyBytes).digest('base64url')
  const feedPosition = await store.revocations.findPosition()
  const origin = { feedPosition, nonce, requestHash }

  const signLease = (terms: SignedTerms) =>
    signer.sign('licet-lease+jwt', { ...buildLeaseClaims(terms), rte }, nowMs)

  function signAnswer(verdict: AnswerVerdict, license: LicenseTerms | null): string {
    const productSlug = license?.productSlug ?? null
    const subject = { productSlug, licenseId: license?.id ?? null, ...origin }
    const claims = buildAnswerClaims(subject, verdict, nowMs)
    return signer.sign('licet-answer+jwt', { ...claims, rte }, nowMs)
  }

  return {
    grant: (snapshot, binding) => {
      const { offline } = snapshot.plan
      return lease === true && offline !== null && coversLimits(snapshot, binding)
        ? signLease(buildLeaseTerms(snapshot, offline, binding, origin, nowMs))
        : signAnswer(buildGrant(snapshot, binding, nowMs), snapshot.license)
    },
    refusal: signAnswer,
  }
}
