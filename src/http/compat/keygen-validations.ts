import { toStoredKey } from '~/domain/compat/keygen-keys.ts'
import {
  decideKeygenValidation,
  findScopeMismatch,
  type KeygenRequest,
  type KeygenResult,
  type KeygenScope,
  keygenNotFound,
} from '~/domain/compat/keygen-validations.ts'
import { readSourceValue } from '~/domain/compat/source-values.ts'
import type { LicenseRecord } from '~/domain/licenses.ts'
import { cutText, removeUnstorable } from '~/domain/text.ts'
import { isRefusal } from '~/domain/verdicts.ts'
import { notFound } from '~/wire/compat/keygen-errors.ts'
import {
  parseKeyValidation,
  parseValidation,
  type Scope,
  toScope,
  type Validation,
} from '~/wire/compat/keygen-requests.ts'
import {
  getIdentity,
  getLicenseId,
  type LicenseView,
  presentLicense,
  presentResult,
} from '~/wire/compat/keygen-resources.ts'
import { decideThenCommit } from '../client/decide-then-commit.ts'
import { readJson } from './bodies.ts'
import { type Authenticated, authenticate } from './keygen-auth.ts'
import type { KeygenCall, KeygenReply } from './keygen-responses.ts'

const VERSION_MAX = 64

/** Validates a key, see https://keygen.sh/docs/api/licenses/#licenses-actions-validate-key. */
export async function validateKey(keygen: KeygenCall): Promise<KeygenReply> {
  const { call, tools } = keygen
  const { key, ...validation } = parseKeyValidation(readJson(call))
  const record = await tools.findLicense(call, toStoredKey(key))
  if (isRefusal(record)) return presentNotFound(keygen, validation)
  return validate(keygen, { record, key: key.trim() }, validation)
}

/** Validates the license that the request is authenticated as. */
export async function validateById(keygen: KeygenCall): Promise<KeygenReply> {
  const found = await authenticateFor(keygen)
  return validate(keygen, found, parseValidation(readJson(keygen.call)))
}

/** Does the same without a scope. */
export async function validateQuickly(keygen: KeygenCall): Promise<KeygenReply> {
  const found = await authenticateFor(keygen)
  return validate(keygen, found, { nonce: undefined, scope: undefined })
}

/** Returns the license of the path. A license key can name no other than its own. */
export async function authenticateFor({ call, tools }: KeygenCall): Promise<Authenticated> {
  const found = await authenticate(call, tools)
  const { id = '' } = call.params
  if (![...listIds(found.record), found.key].includes(id)) throw notFound('license', id)
  return found
}

/** Returns the IDs by which apps may know a license. */
export const listIds = (record: LicenseRecord) => [getLicenseId(record), record.license.id]

export function createView(
  { call, account }: KeygenCall,
  { record, key }: Authenticated,
): LicenseView {
  const read = (name: string) => readSourceValue(record, name)
  return { record, read, key, account, nowMs: call.nowMs }
}

async function validate(
  keygen: KeygenCall,
  found: Authenticated,
  validation: Validation,
): Promise<KeygenReply> {
  const { result, record } = await runValidation(keygen, found.record, validation.scope)
  if (result.code === 'NOT_FOUND') return presentNotFound(keygen, validation)
  const data = presentLicense(createView(keygen, { ...found, record }))
  return present(data, result, validation, keygen.call.nowMs)
}

/** Validates a license, counts it as usage, and returns the license as it is afterwards. */
export async function runValidation(
  keygen: KeygenCall,
  record: LicenseRecord,
  scope: Scope | undefined,
): Promise<{ readonly result: KeygenResult; readonly record: LicenseRecord }> {
  const { call, tools } = keygen
  const { store, createId } = tools.deps
  const request = await buildRequest(keygen, record, scope)
  const { fingerprint, country } = request
  const query = { intent: 'validate', fingerprint } as const
  const decided = await decideThenCommit(store, record, query, call, (state) =>
    decideKeygenValidation(state, request, () => createId('act'), call.nowMs),
  )
  const recorded = { hostname: undefined, fingerprint, country, version: readVersion(scope) }
  tools.recordVerdict({ ...decided, result: decided.result.verdict }, recorded, null, call)
  const license = { ...record.license, ...decided.license }
  const usage = { ...record.usage, lastValidatedAtMs: call.nowMs }
  return { result: decided.result, record: { ...record, license, plan: decided.plan, usage } }
}

const presentNotFound = ({ call }: KeygenCall, validation: Validation) =>
  present(null, keygenNotFound, validation, call.nowMs)

function present(
  data: object | null,
  result: KeygenResult,
  validation: Validation,
  nowMs: number,
): KeygenReply {
  return { status: 200, document: { data, meta: presentResult(result, validation, nowMs) } }
}

async function buildRequest(
  { call, tools }: KeygenCall,
  record: LicenseRecord,
  given: Scope | undefined,
): Promise<KeygenRequest> {
  const scope = toScope(given)
  const read = (name: string) => readSourceValue(record, name)
  const machine =
    scope.machine === undefined ? null : await tools.findActivation(record, scope.machine)
  const isUnknownMachine = scope.machine !== undefined && machine?.kind !== 'device'
  return {
    mismatch: findScopeMismatch(scope, getIdentity(record, read)),
    entitlements: scope.entitlements ?? [],
    fingerprint: (await findFingerprint(tools.deps.store, record, scope)) ?? machine?.value,
    isUnknownMachine,
    country: tools.parts.countryOf(call.request),
  }
}

/** Returns the first fingerprint that is activated: one of several has to match. Otherwise, the first one. */
async function findFingerprint(
  { validations }: KeygenCall['tools']['deps']['store'],
  record: LicenseRecord,
  { fingerprints = [] }: KeygenScope,
): Promise<string | undefined> {
  if (fingerprints.length > 1) {
    for (const fingerprint of fingerprints) {
      const query = { intent: 'validate', fingerprint } as const
      const { device } = await validations.findActivationState(record, query)
      if (device !== null) return fingerprint
    }
  }
  return fingerprints[0]
}

function readVersion(scope: Scope | undefined): string | null {
  return cutText(removeUnstorable(scope?.version ?? ''), VERSION_MAX) || null
}
