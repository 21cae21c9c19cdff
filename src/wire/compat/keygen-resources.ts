import type { Activation } from '~/domain/activations.ts'
import { hasHeartbeat } from '~/domain/compat/keygen-heartbeats.ts'
import {
  isFloating,
  type KeygenIdentity,
  type KeygenResult,
} from '~/domain/compat/keygen-validations.ts'
import { type LicenseRecord, resolveEntitlements } from '~/domain/licenses.ts'
import { DAY_MS, SECOND_MS } from '~/domain/times.ts'
import { includesFeature } from '~/domain/validations.ts'
import type { MachineDraft, Validation } from './keygen-requests.ts'

/** The default of Keygen. SDKs send their heartbeats somewhat more often. */
const HEARTBEAT_SECONDS = 600
/** Keygen calls a license expiring in its last three days. */
const EXPIRING_MS = 3 * DAY_MS
/** Metadata of ours, which the apps of customers must not see. */
const OWN_NAMES = /^keygen_|^purchased_at$/

/** Returns the value of an identifier of Keygen, from the metadata of the license or its features. */
export type ReadValue = (name: string) => string | number | boolean | null

/** A license with what its documents need to know of the request. */
export interface LicenseView {
  readonly record: LicenseRecord
  readonly read: ReadValue
  /** The key as the app has sent it. */
  readonly key: string
  /** The account in the path of the request; null for a host of its own. */
  readonly account: string | null
  readonly nowMs: number
}

const toTime = (timeMs: number) => new Date(timeMs).toISOString()
const toOptionalTime = (timeMs: number | null) => (timeMs === null ? null : toTime(timeMs))
const asText = (value: ReturnType<ReadValue>) => (value === null ? null : String(value))

/** Returns the ID that apps know: that of Keygen, if the license was imported from there. */
export function getLicenseId({ license }: LicenseRecord): string {
  const { keygen_license_id: id } = license.metadata
  return typeof id === 'string' ? id : license.id
}

/** Returns what a scope can name. Without IDs of Keygen, these are the slugs of product and plan. */
export function getIdentity({ license }: LicenseRecord, read: ReadValue): KeygenIdentity {
  return {
    productId: asText(read('keygen_product_id')) ?? license.productSlug,
    policyId: asText(read('keygen_policy_id')) ?? license.planSlug,
    userId: asText(read('keygen_user_id')),
    email: license.customerEmail,
  }
}

export const getAccountId = ({ account, read }: Pick<LicenseView, 'account' | 'read'>): string =>
  asText(read('keygen_account_id')) ?? account ?? 'licet'

/** Presents a license as Keygen does, see https://keygen.sh/docs/api/licenses/#licenses-object. */
export function presentLicense(view: LicenseView) {
  const { record, read, key } = view
  const { license, plan, usage } = record
  const { maxDevices } = resolveEntitlements(license, plan)
  const path = `${getBasePath(view)}/licenses/${getLicenseId(record)}`
  const { userId, productId, policyId } = getIdentity(record, read)
  const owner = { data: userId === null ? null : { type: 'users', id: userId } }
  return {
    id: getLicenseId(record),
    type: 'licenses',
    attributes: {
      name: asText(read('keygen_name')),
      key,
      expiry: toOptionalTime(license.expiresAtMs),
      status: deriveStatus(view),
      uses: 0,
      suspended: license.suspendedAtMs !== null,
      scheme: asText(read('keygen_scheme')),
      encrypted: false,
      strict: plan.requireFingerprint,
      floating: isFloating(record),
      protected: !plan.selfDeactivation,
      version: null,
      maxMachines: maxDevices,
      maxProcesses: null,
      maxUsers: null,
      maxCores: null,
      maxUses: null,
      requireHeartbeat: false,
      requireCheckIn: false,
      lastValidated: toOptionalTime(usage.lastValidatedAtMs),
      lastCheckIn: null,
      nextCheckIn: null,
      lastCheckOut: null,
      metadata: presentMetadata(record, read),
      created: toTime(license.createdAtMs),
      updated: toTime(license.updatedAtMs),
    },
    relationships: {
      account: { data: { type: 'accounts', id: getAccountId(view) } },
      environment: { data: null },
      product: { data: { type: 'products', id: productId } },
      policy: { data: { type: 'policies', id: policyId } },
      group: { data: null },
      owner,
      // Its name before version 1.6.
      user: owner,
      machines: {
        links: { related: `${path}/machines` },
        meta: { cores: 0, count: license.devicesUsed },
      },
      entitlements: { links: { related: `${path}/entitlements` } },
    },
    links: { self: path },
  }
}

function getBasePath({ account }: Pick<LicenseView, 'account'>): string {
  return account === null ? '/v1' : `/v1/accounts/${account}`
}

function deriveStatus({ record: { license }, nowMs }: LicenseView): string {
  const { suspendedAtMs, expiresAtMs, endsAtMs } = license
  if (suspendedAtMs !== null) return 'SUSPENDED'
  if (endsAtMs !== null && nowMs >= endsAtMs) return 'EXPIRED'
  return expiresAtMs !== null && nowMs >= expiresAtMs - EXPIRING_MS ? 'EXPIRING' : 'ACTIVE'
}

/** Shown only if the vendor wants it, because the metadata of Licet is for vendors. */
function presentMetadata({ license }: LicenseRecord, read: ReadValue) {
  if (read('keygen_show_metadata') !== true) return {}
  return Object.fromEntries(
    Object.entries(license.metadata).filter(([name]) => !OWN_NAMES.test(name)),
  )
}

/** The part of a request for a machine that Licet does not store. */
export type MachineDetails = Pick<MachineDraft, 'name' | 'hostname' | 'platform' | 'ip' | 'cores'>

/**
 * Presents a device as Keygen presents a machine, see https://keygen.sh/docs/api/machines/#machines-object.
 * `details` are those of the request that created it, and `heartbeat` is what it has just done.
 */
export function presentMachine(
  view: LicenseView,
  activation: Activation,
  { details, heartbeat }: { details?: MachineDetails; heartbeat?: 'ping' | 'reset' } = {},
) {
  const id = activation.externalId ?? activation.id
  const lastHeartbeatMs = findLastHeartbeat(activation, heartbeat, view.nowMs)
  const nextHeartbeatMs =
    lastHeartbeatMs === null ? null : lastHeartbeatMs + HEARTBEAT_SECONDS * SECOND_MS
  const { productId, userId } = getIdentity(view.record, view.read)
  return {
    id,
    type: 'machines',
    attributes: {
      fingerprint: activation.value,
      cores: details?.cores ?? null,
      ip: details?.ip ?? null,
      hostname: details?.hostname ?? null,
      platform: details?.platform ?? null,
      name: details ? details.name : activation.name,
      requireHeartbeat: lastHeartbeatMs !== null,
      heartbeatStatus: lastHeartbeatMs === null ? 'NOT_STARTED' : 'ALIVE',
      heartbeatDuration: HEARTBEAT_SECONDS,
      maxProcesses: null,
      lastCheckOut: null,
      lastHeartbeat: toOptionalTime(lastHeartbeatMs),
      nextHeartbeat: toOptionalTime(nextHeartbeatMs),
      metadata: {},
      created: toTime(activation.createdAtMs),
      updated: toTime(Math.max(activation.createdAtMs, activation.lastSeenAtMs)),
    },
    relationships: {
      account: { data: { type: 'accounts', id: getAccountId(view) } },
      environment: { data: null },
      product: { data: { type: 'products', id: productId } },
      group: { data: null },
      license: { data: { type: 'licenses', id: getLicenseId(view.record) } },
      owner: { data: userId === null ? null : { type: 'users', id: userId } },
    },
    links: { self: `${getBasePath(view)}/machines/${id}` },
  }
}

/** Licet knows when a device was last seen, but not why. */
function findLastHeartbeat(
  activation: Activation,
  heartbeat: 'ping' | 'reset' | undefined,
  nowMs: number,
): number | null {
  if (heartbeat === 'ping') return nowMs
  return heartbeat === 'reset' || !hasHeartbeat(activation) ? null : activation.lastSeenAtMs
}

/** Presents the features that a license includes as entitlements. */
export function presentEntitlements(view: LicenseView) {
  const { license, plan } = view.record
  const { features } = resolveEntitlements(license, plan)
  const created = toTime(license.createdAtMs)
  return Object.keys(features)
    .filter((name) => !name.startsWith('keygen_') && includesFeature(features, name))
    .map((name) => ({
      id: name,
      type: 'entitlements',
      attributes: { name, code: name, metadata: {}, created, updated: created },
      relationships: { account: { data: { type: 'accounts', id: getAccountId(view) } } },
    }))
}

/** Presents the result of a validation, with what the request has asked to repeat. */
export function presentResult(
  { valid, detail, code }: KeygenResult,
  { nonce, scope }: Validation,
  nowMs: number,
) {
  return {
    ts: toTime(nowMs),
    valid,
    detail,
    code,
    // Its name before version 1.2.
    constant: code,
    ...(nonce !== undefined && { nonce }),
    ...(scope !== undefined && { scope }),
  }
}
