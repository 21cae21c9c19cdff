import { assert } from '~/assert.ts'
import type { Deps } from '~/deps.ts'
import type {
  Activation,
  ActivationDraft,
  ActivationQuery,
  LicenseState,
  Target,
} from '~/domain/activations.ts'
import type { Decision } from '~/domain/decisions.ts'
import type { LicenseRecord } from '~/domain/licenses.ts'
import { decideActivation, decideDeactivation, decideRelease } from '~/domain/slots.ts'
import { decideValidation, type ValidationRequest, type Verdict } from '~/domain/validations.ts'
import { isRefusal, type Refusal, type UnknownKey } from '~/domain/verdicts.ts'
import { toPrivateKey } from '~/signing/keys.ts'
import { type ClientResult, decideThenCommit } from '../client/decide-then-commit.ts'
import { type ClientParts, createFindLicense } from '../client/find-license.ts'
import { createRecordValidation, findActivatedDomain } from '../client/record-validation.ts'
import type { KeyLimited } from '../plugins/auth.ts'
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
export function createCompatTools(deps: Deps, parts: ClientParts & KeyLimited) {
  const { store, metrics, keygenSeed } = deps
  const findByKey = createFindLicense(deps, parts)
  const recordVerdict = createRecordVerdict(deps, parts)

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
    recordVerdict,
    validate: createValidate(deps, parts, recordVerdict),
    /** The key that signs responses to apps of Keygen; null without one. */
    keygenKey: keygenSeed && toPrivateKey(keygenSeed),
    authorize: createAuthorize(deps, parts),
    ...createActivationTools(deps, parts),
  }
}

type RecordVerdict = ReturnType<typeof createRecordVerdict>

/** Returns a function that counts a verdict, in the metrics and as usage. */
function createRecordVerdict(deps: Deps, parts: ClientParts) {
  const record = createRecordValidation(deps, parts)
  return (
    decided: ClientResult<Verdict>,
    request: Parameters<typeof record>[1],
    activatedDomain: string | null,
    call: CompatCall,
  ): void => {
    const { result } = decided
    deps.metrics.recordVerdict(result.valid ? 'VALID' : result.error)
    record(decided, request, activatedDomain, call)
  }
}

/** Returns a function that validates as `/api/v1/validate` does: it may take slots, and counts as usage. */
function createValidate(
  { store, createId }: Deps,
  { countryOf }: ClientParts,
  recordVerdict: RecordVerdict,
) {
  return async (
    call: CompatCall,
    record: LicenseRecord,
    { version = null, isExplicit = false, hostname, fingerprint, ...rest }: CompatRequest,
  ): Promise<Verdict> => {
    const country = countryOf(call.request)
    const request = { ...rest, hostname, fingerprint, country }
    let activatedDomain: string | null = null
    const query = { intent: 'validate', hostname, fingerprint } as const
    const decided = await decideThenCommit(store, record, query, call, (given) => {
      const state = isExplicit ? requireActivation(given) : given
      const decision = decideValidation(state, request, () => createId('act'), call.nowMs)
      activatedDomain = findActivatedDomain(state, decision.changes)
      return decision
    })
    recordVerdict(decided, { ...request, version }, activatedDomain, call)
    return decided.result
  }
}

const requireActivation = (state: LicenseState): LicenseState => ({
  ...state,
  plan: { ...state.plan, activation: 'explicit' },
})

function createActivationTools({ store, createId }: Deps, { countryOf }: ClientParts) {
  async function decideOn<Result>(
    call: CompatCall,
    record: LicenseRecord,
    query: ActivationQuery,
    decide: (state: LicenseState) => Decision<Result>,
  ): Promise<Result> {
    const { result } = await decideThenCommit(store, record, query, call, decide)
    return result
  }

  /** Activates by a decision of the source. */
  async function activateBy<Result extends Activation | Refusal | null>(
    call: CompatCall,
    record: LicenseRecord,
    target: Target,
    { name = null, externalId = null }: CompatNewcomer,
    decide: (state: LicenseState, draft: ActivationDraft) => Decision<Result>,
  ): Promise<Result> {
    const { nowMs, request } = call
    const draft = { id: createId('act'), name, country: countryOf(request), nowMs, externalId }
    const query = { intent: 'activate', target } as const
    const result = await decideOn(call, record, query, (state) => decide(state, draft))
    if (result !== null && !isRefusal(result)) store.activations.recordSeen(result, nowMs)
    return result
  }

  return {
    activateBy,
    /** Activates as `/api/v1/activate` does. A place that is activated already keeps its activation. */
    activate: (
      call: CompatCall,
      record: LicenseRecord,
      target: Target,
      newcomer: CompatNewcomer = {},
    ): Promise<Activation | Refusal> =>
      activateBy(call, record, target, newcomer, (state, draft) =>
        decideActivation(state, target, draft),
      ),
    /** Deactivates a domain or device as `/api/v1/deactivate` does. */
    deactivate: (
      call: CompatCall,
      record: LicenseRecord,
      target: Target,
    ): Promise<Activation | Refusal> =>
      decideOn(call, record, { intent: 'deactivate', target, nowMs: call.nowMs }, (state) =>
        decideDeactivation(state, target, call.nowMs),
      ),
    /** Finds an activation by its ID in the API of the source, or else by its own. */
    findActivation: ({ license }: LicenseRecord, id: string): Promise<Activation | null> =>
      store.activations.findByExternalId(license.id, id),
    /** Deactivates in the same way by ID. Throws `not_found` if it is gone meanwhile. */
    release: (
      call: CompatCall,
      record: LicenseRecord,
      { id: activationId }: Activation,
    ): Promise<Activation | Refusal> =>
      decideOn(call, record, { intent: 'return', activationId, nowMs: call.nowMs }, (state) =>
        decideRelease(state, call.nowMs),
      ),
  }
}

/** Returns the ID of an activation in the API of another product. */
export const idOf = ({ externalId, id }: Activation): string => externalId ?? id
