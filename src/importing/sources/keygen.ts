import { toStoredKey } from '~/domain/compat/keygen-keys.ts'
import type { ImportedActivation, ImportedState } from '~/domain/imported-licenses.ts'
import { ENTRY_NAME_MAX, METADATA_TEXT_MAX } from '~/wire/fields.ts'
import { hasField, readCount, readField, readText, readTime, requireText } from '../fields.ts'
import {
  active,
  oneOf,
  refuseRecord,
  type Source,
  type SourceRecord,
  suspended,
  type Translation,
} from '../source.ts'

/** The metadata of a license has 50 entries at most, of which some are the identifiers. */
const METADATA_MAX = 40

type Scalar = string | number | boolean | null

/**
 * Licenses and machines, in the format of the Keygen API (https://keygen.sh/docs/api/licenses/ and
 * https://keygen.sh/docs/api/machines/). A license may have its `owner`, `policy` and `machines` in it.
 */
export const keygen: Source = {
  name: 'keygen',
  title: 'Keygen',
  lists: ['data', 'included'],
  listColumns: () => [oneOf('type')],
  translate: (record) => {
    // The document of a single object.
    const resource = readRecord(record, 'data') ?? record
    switch (readText(resource, 'type')) {
      case 'licenses':
        return translateLicense(resource)
      case 'machines':
        return translateMachines(resource)
      case null:
        throw refuseRecord('It has no type. Use JSON of the Keygen API.')
      default:
        return { kind: 'other' }
    }
  },
}

function translateLicense(record: SourceRecord): Translation {
  const createdAtMs = readTime(record, 'attributes.created') ?? undefined
  const owner = readRecord(record, 'owner')
  return {
    kind: 'license',
    license: {
      id: requireText(record, 'id'),
      key: { kind: 'text', text: readKey(record) },
      plan: readText(record, 'relationships.policy.data.id'),
      customerEmail: owner && readText(owner, 'attributes.email'),
      customerName: owner && readName(owner),
      expiresAtMs: readExpiry(record),
      state: readState(record),
      limits: readLimits(record),
      activations: readRecords(record, 'machines').map(translateMachine),
      purchasedAtMs: createdAtMs,
      metadata: readMetadata(record),
    },
  }
}

function readKey(record: SourceRecord): string {
  const key = readText(record, 'attributes.key')
  if (key !== null) return toStoredKey(key)
  throw refuseRecord('It has no key: Keygen never shows keys of the scheme LEGACY_ENCRYPT again.')
}

function translateMachines(record: SourceRecord): Translation {
  return {
    kind: 'activations',
    licenseId: requireText(record, 'relationships.license.data.id'),
    activations: [translateMachine(record)],
  }
}

function translateMachine(record: SourceRecord): ImportedActivation {
  return {
    kind: 'device',
    value: requireText(record, 'attributes.fingerprint'),
    name: readText(record, 'attributes.name', 'attributes.hostname'),
    externalId: requireText(record, 'id'),
    createdAtMs: readTime(record, 'attributes.created') ?? undefined,
    lastSeenAtMs: readTime(record, 'attributes.lastHeartbeat', 'attributes.updated') ?? undefined,
  }
}

function readName(owner: SourceRecord): string | null {
  const names = ['firstName', 'lastName'].map((name) => readText(owner, `attributes.${name}`))
  const parts = names.filter((name) => name !== null)
  return readText(owner, 'attributes.fullName') ?? (parts.join(' ') || null)
}

/** Without an end, a license is perpetual, unless its policy starts its duration with its first use. */
function readExpiry(record: SourceRecord): number | null | undefined {
  const expiresAtMs = readTime(record, 'attributes.expiry')
  if (expiresAtMs !== null) return expiresAtMs
  const basis = readText(record, 'policy.attributes.expirationBasis') ?? 'FROM_CREATION'
  const isPending =
    basis !== 'FROM_CREATION' && readCount(record, 'policy.attributes.duration') !== null
  return isPending ? undefined : null
}

function readState(record: SourceRecord): ImportedState {
  const isBanned = readText(record, 'attributes.status') === 'BANNED'
  if (isBanned) return suspended('The customer was banned at Keygen.')
  const isSuspended = readText(record, 'attributes.suspended') === 'true'
  return isSuspended ? suspended('Suspended at Keygen.') : active
}

/** Keygen shows the limit that applies to a license, which may be that of its policy. */
function readLimits(record: SourceRecord): { readonly maxDevices?: number | null } {
  const field = 'attributes.maxMachines'
  return hasField(record, field) ? { maxDevices: readCount(record, field) } : {}
}

/** The identifiers that apps send or compare come first, then what the vendor has stored. */
function readMetadata(record: SourceRecord): Record<string, Scalar> {
  const metadata: Record<string, Scalar> = {}
  const own = readRecord(record, 'attributes.metadata') ?? {}
  for (const [name, value] of Object.entries(own).slice(0, METADATA_MAX)) {
    const text = typeof value === 'object' && value !== null ? JSON.stringify(value) : value
    if (name !== '' && name.length <= ENTRY_NAME_MAX && isScalar(text)) metadata[name] = text
  }
  if (Object.keys(metadata).length > 0) metadata.keygen_show_metadata = true
  const identifiers = {
    keygen_license_id: 'id',
    keygen_account_id: 'relationships.account.data.id',
    keygen_product_id: 'relationships.product.data.id',
    keygen_policy_id: 'relationships.policy.data.id',
    keygen_user_id: 'relationships.owner.data.id',
    keygen_name: 'attributes.name',
    keygen_scheme: 'attributes.scheme',
  }
  for (const [name, field] of Object.entries(identifiers)) {
    // Before version 1.6 of the API, the owner was called user.
    const other = name === 'keygen_user_id' ? 'relationships.user.data.id' : field
    const text = readText(record, field, other)
    if (text !== null) metadata[name] = text
  }
  return metadata
}

function isScalar(value: unknown): value is Scalar {
  if (typeof value === 'string') return value.length <= METADATA_TEXT_MAX
  return value === null || typeof value === 'boolean' || Number.isFinite(value)
}

function readRecords(record: SourceRecord, name: string): readonly SourceRecord[] {
  const value = readField(record, name)
  return Array.isArray(value) ? value.filter(isRecord) : []
}

function readRecord(record: SourceRecord, name: string): SourceRecord | null {
  const value = readField(record, name)
  return isRecord(value) ? value : null
}

const isRecord = (value: unknown): value is SourceRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
