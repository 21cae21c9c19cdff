import { assert } from '~/assert.ts'
import type { Deps } from '~/deps.ts'
import type { Activation, LicenseState, Target } from '~/domain/activations.ts'
import type { LicenseRecord } from '~/domain/licenses.ts'
import { decideActivation, decideDeactivation, decideRelease } from '~/domain/slots.ts'
import { decideValidation, type ValidationRequest, type Verdict } from '~/domain/validations.ts'
import { isRefusal, type Refusal, type UnknownKey } from '~/domain/verdicts.ts'
import { decideThenCommit } from '../client/decide-then-commit.ts'
import { type ClientParts, createFindLicense } from '../client/find-license.ts'
import { createRecordValidation, findActivatedDomain } from '../client/record-validation.ts'
import type { CompatCall } from './api.ts'
import { createAuthorize } from './authorize.ts'

export type CompatTools = ReturnType<typeof createCompatTools>

/** The request of a validation in the API of another product. */
export interface CompatRequest
  extends Pick<ValidationRequest, 'product' | 'hostname' | 'fingerprint' | 'deviceName'> {
  /** The version of the app, as far as it is known. */
  readonly version?: string | null
  /** Whether only an activation takes slots in this API, whatever the plan says. */
  readonly isExplicit?: boolean
}

/** A name for a new activation, and the ID that the API of the source needs. */
export interface CompatNewcomer {
  readonly name?: string | null
  readonly externalId?: string | null
}

/** The steps that the routes of all sources share. They run the same decisions as our own routes. */
export function createCompatTools(deps: Deps, parts: ClientParts) {
  const { store, metrics } = deps
  const findByKey = createFindLicense(deps, parts)

  /** Reads a license as it is after everything that was committed. */
  async function readLicense(id: string): Promise<LicenseRecord> {
    const record = await store.licenses.find(id)
    assert(record !== null, 'licenses are never deleted')
    return record
  }

  return {
    deps,
    parts,
    readLicense,
    /**
     * Finds the license of a key, or refuses the key. Throws `rate_limited` for an address that has
     * presented too many unknown keys.
     */
    async findLicense(call: CompatCall, key: string): Promise<LicenseRecord | UnknownKey> {
      const found = await findByKey(key, call)
      if (!isRefusal(found)) return readLicense(found.license.id)
      metrics.recordVerdict(found.error)
      return found
    },
    validate: createValidate(deps, parts),
    authorize: createAuthorize(deps, parts),
    ...createActivationTools(deps, parts),
  }
}

/** Returns a function that validates as `/api/v1/validate` does: it may take slots, and counts as usage. */
function createValidate(deps: Deps, parts: ClientParts) {
  const { store, metrics, createId } = deps
  const recordValidation = createRecordValidation(deps, parts)

  return async (
    call: CompatCall,
    record: LicenseRecord,
    { version = null, isExplicit = false, hostname, fingerprint, ...rest }: CompatRequest,
  ): Promise<Verdict> => {
    const country = parts.countryOf(call.request)
    const request = { ...rest, hostname, fingerprint, country }
    let activatedDomain: string | null = null
    const query = { intent: 'validate', hostname, fingerprint } as const
    const decided = await decideThenCommit(store, record, query, call, (given) => {
      const state = isExplicit ? requireActivation(given) : given
      const decision = decideValidation(state, request, () => createId('act'), call.nowMs)
      activatedDomain = findActivatedDomain(state, decision.changes)
      return decision
    })
    const { result } = decided
    metrics.recordVerdict(result.valid ? 'VALID' : result.error)
    recordValidation(decided, { ...request, version }, activatedDomain, call)
    return result
  }
}

const requireActivation = (state: LicenseState): LicenseState => ({
  ...state,
  plan: { ...state.plan, activation: 'explicit' },
})

function createActivationTools({ store, createId }: Deps, { countryOf }: ClientParts) {
  return {
    /** Activates as `/api/v1/activate` does. A place that is activated already keeps its activation. */
    async activate(
      call: CompatCall,
      record: LicenseRecord,
      target: Target,
      { name = null, externalId = null }: CompatNewcomer = {},
    ): Promise<Activation | Refusal> {
      const { nowMs, request } = call
      const draft = { id: createId('act'), name, country: countryOf(request), nowMs, externalId }
      const query = { intent: 'activate', target } as const
      const { result } = await decideThenCommit(store, record, query, call, (state) =>
        decideActivation(state, target, draft),
      )
      if (!isRefusal(result)) store.activations.recordSeen(result, nowMs)
      return result
    },
    /** Deactivates a domain or device as `/api/v1/deactivate` does. */
    async deactivate(
      call: CompatCall,
      record: LicenseRecord,
      target: Target,
    ): Promise<Activation | Refusal> {
      const { nowMs } = call
      const query = { intent: 'deactivate', target, nowMs } as const
      const { result } = await decideThenCommit(store, record, query, call, (state) =>
        decideDeactivation(state, target, nowMs),
      )
      return result
    },
    /** Finds an activation by its ID in the API of the source, or else by its own. */
    findActivation: ({ license }: LicenseRecord, id: string): Promise<Activation | null> =>
      store.activations.findByExternalId(license.id, id),
    /** Deactivates in the same way by ID. Throws `not_found` if it is gone meanwhile. */
    async release(
      call: CompatCall,
      record: LicenseRecord,
      activation: Activation,
    ): Promise<Activation | Refusal> {
      const { nowMs } = call
      const query = { intent: 'return', activationId: activation.id, nowMs } as const
      const { result } = await decideThenCommit(store, record, query, call, (state) =>
        decideRelease(state, nowMs),
      )
      return result
    },
  }
}

/** Returns the ID of an activation in the API of another product. */
export const idOf = ({ externalId, id }: Activation): string => externalId ?? id
