import { Elysia, status } from 'elysia'
import type { Deps } from '~/deps.ts'
import type { LicenseState } from '~/domain/activations.ts'
import type { Decision } from '~/domain/decisions.ts'
import type { TermsSnapshot } from '~/domain/licenses.ts'
import {
  type Binding,
  bindPlaces,
  type Places,
  requireSignable,
  unbound,
} from '~/domain/offline.ts'
import { type Verdict as DomainVerdict, decideValidation } from '~/domain/validations.ts'
import { isRefusal, type UnknownKey } from '~/domain/verdicts.ts'
import { whenReady } from '~/turns.ts'
import { problems } from '~/wire/problems.ts'
import { UnknownKeyVerdict, ValidateBody, Verdict } from '~/wire/validations.ts'
import { presentVerdict } from '~/wire/verdicts.ts'
import { openOptions } from '../plugins/route-options.ts'
import { decideThenCommit } from './decide-then-commit.ts'
import { type ClientCall, type ClientParts, createCall, createFindLicense } from './find-license.ts'
import { createRecordValidation, findActivatedDomain } from './record-validation.ts'
import { createPrepareSigner, type OutcomeSigner } from './signed-outcomes.ts'
import { createParseRequest } from './validation-request.ts'

type ValidateDeps = Pick<
  Deps,
  'store' | 'signer' | 'usage' | 'vault' | 'clock' | 'createId' | 'metrics' | 'config'
>

const responses = {
  200: Verdict,
  404: UnknownKeyVerdict,
  ...problems(400, 409, 413, 415, 422, 429),
}

/** Apps call this at every launch, so it waits for nothing that is already in memory. */
export const validateRoutes = (deps: ValidateDeps, parts: ClientParts) => {
  const { store, metrics, createId } = deps
  const findLicense = createFindLicense(deps, parts)
  const prepareSigner = createPrepareSigner(deps)
  const parseRequest = createParseRequest(parts)
  const recordValidation = createRecordValidation(deps, parts)
  const createActivationId = () => createId('act')

  function validate(
    found: TermsSnapshot | UnknownKey,
    body: ValidateBody,
    call: ClientCall,
    signer: OutcomeSigner | null,
  ) {
    if (isRefusal(found)) {
      metrics.recordVerdict(found.error)
      return status(404, signer === null ? found : sign(found, signer.refusal(found, null)))
    }
    const request = parseRequest(body, call)
    const { hostname, fingerprint } = request
    let activatedDomain: string | null = null
    let binding = unbound
    const deciding = decideThenCommit(
      store,
      found,
      { intent: 'validate', hostname, fingerprint },
      call,
      (state) => {
        const decision = decideValidation(state, request, createActivationId, call.nowMs)
        activatedDomain = findActivatedDomain(state, decision.changes)
        if (signer !== null) binding = bindSignable(state, decision, request)
        return decision
      },
    )
    return whenReady(deciding, (decided) => {
      const { result: verdict, license, plan } = decided
      metrics.recordVerdict(verdict.valid ? 'VALID' : verdict.error)
      recordValidation(decided, request, activatedDomain, call)
      const presented = presentVerdict(verdict, license, plan)
      if (signer === null) return presented
      return verdict.valid
        ? sign(presented, signer.grant(decided, binding))
        : sign(presented, signer.refusal(verdict, license))
    })
  }

  return new Elysia({ tags: ['Validation'] })
    .macro(openOptions)
    .derive(createCall(deps))
    .post(
      '/validate',
      // Not async, so that a verdict from memory needs no promise.
      ({ body, call }) =>
        whenReady(prepareSigner(body, call), (signer) =>
          whenReady(findLicense(body.key, call), (found) => validate(found, body, call, signer)),
        ),
      {
        credential: 'license key',
        operationId: 'validate',
        body: ValidateBody,
        response: responses,
        summary: 'Validate a license key, as an app does at every launch',
        description:
          'The status is 200 even if the license is not valid, and 404 if no license has the key. With ' +
          '`lease: true` or a `nonce`, either has `signed`; 409 if that would exceed 16 KiB.',
      },
    )
}

/** Returns the binding of what will be signed. Throws a Fault for a grant that is too long for that. */
function bindSignable(
  state: LicenseState,
  decision: Decision<DomainVerdict>,
  places: Places,
): Binding {
  const binding = bindPlaces(state, decision.changes, places)
  if (decision.result.valid) requireSignable(state, binding)
  return binding
}

const sign = <Presented extends object>(presented: Presented, signed: string) => ({
  ...presented,
  signed,
})
