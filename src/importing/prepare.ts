import { Fault } from '~/domain/faults.ts'
import type { ImportedActivation, ImportedLicense } from '~/domain/imported-licenses.ts'
import type { ImportOrder } from '~/domain/imports.ts'
import {
  formatPendingKey,
  type KeyHashing,
  parseKeyHash,
  sealPendingKey,
} from '~/domain/key-hashes.ts'
import { type KeyVault, requireKey, sealKey } from '~/domain/license-keys.ts'
import type { LicenseKey } from '~/domain/licenses.ts'
import {
  cleanName,
  countCharacters,
  cutText,
  describeInvisible,
  findInvisible,
  isBlank,
  removeUnstorable,
} from '~/domain/text.ts'
import {
  Email,
  ENTRY_NAME_MAX,
  FINGERPRINT_MAX,
  METADATA_ENTRIES_MAX,
  METADATA_TEXT_MAX,
  parseEmail,
} from '~/wire/fields.ts'
import { findTextFlaw } from '~/wire/text.ts'
import { refuseRecord, type Translation } from './source.ts'

const REFERENCE_MAX = 255
/** As in `requireKey`, whose sentence does not say why. */
const KEY_MIN = 16
const NAME_MAX = 200
const REASON_MAX = 500
const ACTIVATIONS_MAX = 10_000

export interface Preparing {
  readonly vault: KeyVault
  /** The first part of each reference. */
  readonly prefix: string
  readonly findPlan: (names: readonly string[]) => string | null
  /** How the keys were hashed that are not in the file; null if it was not stated. */
  readonly hashing: KeyHashing | null
}

/** A record that can be imported, and sentences about what is left out. */
export interface Prepared {
  readonly id: string
  readonly order: ImportOrder
  readonly notes: readonly string[]
}

/** Checks and normalizes a record. Throws a Fault `validation_failed` if it cannot be imported. */
export function prepareRecord(
  translation: Exclude<Translation, { readonly kind: 'other' }>,
  preparing: Preparing,
): Prepared {
  const notes: string[] = []
  if (translation.kind === 'activations') {
    const { licenseId: id, activations } = translation
    const externalRef = buildReference(preparing, id)
    const order = {
      kind: 'activations',
      externalRef,
      activations: clean(activations, notes),
    } as const
    return { id, order, notes }
  }
  const { license } = translation
  const { keyHash, sealKey } = prepareKey(license, preparing)
  const order = {
    kind: 'license',
    externalRef: buildReference(preparing, license.id),
    planSlug: preparing.findPlan(listPlans(license)),
    keyHash,
    sealKey,
    license: {
      ...license,
      customerEmail: cleanEmail(license.customerEmail, notes),
      customerName: cleanName(license.customerName, NAME_MAX),
      state: cleanState(license.state),
      activations: clean(license.activations, notes),
      metadata: cleanMetadata(license.metadata, notes),
    },
  } as const
  return { id: license.id, order, notes }
}

const listPlans = ({ plan, otherPlans = [] }: ImportedLicense) =>
  plan === null ? otherPlans : [plan, ...otherPlans]

/** Whether a Fault is about one record, and not about the whole import. */
export function isRecordFault(error: unknown): error is Fault {
  return error instanceof Fault && error.kind === 'validation_failed'
}

function buildReference({ prefix }: Preparing, id: string): string {
  const reference = `${prefix}:${id}`
  const hidden = findInvisible(reference, 'code')
  if (hidden !== null) throw refuseRecord(`Its ID: ${describeInvisible(hidden)}`)
  if (countCharacters(reference) <= REFERENCE_MAX) return reference
  throw refuseRecord(`Its ID is longer than ${REFERENCE_MAX} characters.`)
}

function prepareKey({ key }: ImportedLicense, { vault, hashing }: Preparing) {
  if (key.kind === 'text') {
    const length = countCharacters(key.text.trim())
    if (length < KEY_MIN) {
      const detail = `The length of its key is ${length}. A key needs ${KEY_MIN} characters, because a shorter one can be guessed.`
      throw refuseRecord(detail)
    }
    const parsed = requireKey(key.text)
    return {
      keyHash: vault.hashKey(parsed.canonical),
      sealKey: once(() => sealKey(vault, parsed)),
    }
  }
  if (hashing === null) {
    throw refuseRecord('It has only a hash of its key. State how it was made, with --hash.')
  }
  const hash = parseKeyHash(key.hash, hashing.algorithm)
  if (hash === null) {
    throw refuseRecord(`The hash of its key is no ${hashing.algorithm} in hexadecimal or base64.`)
  }
  const pending = formatPendingKey(hashing, hash)
  return { keyHash: vault.hashKey(pending), sealKey: once(() => sealPendingKey(vault, pending)) }
}

/** A batch may be decided twice, but its keys are encrypted once. */
function once(seal: () => LicenseKey): () => LicenseKey {
  let sealed: LicenseKey | null = null
  return () => {
    sealed ??= seal()
    return sealed
  }
}

function cleanEmail(text: string | null, notes: string[]): string | null {
  if (text === null) return null
  if (findTextFlaw(Email, text) === null) return parseEmail(text)
  notes.push('Its email address is invalid, so it is left out.')
  return null
}

function cleanState(state: ImportedLicense['state']): ImportedLicense['state'] {
  if (state.status !== 'suspended' || state.reason === null) return state
  return { ...state, reason: cutText(removeUnstorable(state.reason), REASON_MAX) || null }
}

function clean(given: readonly ImportedActivation[], notes: string[]): ImportedActivation[] {
  if (given.length > ACTIVATIONS_MAX) {
    throw refuseRecord(`It has more than ${ACTIVATIONS_MAX} activations.`)
  }
  return given.flatMap((activation) => {
    const { kind, value, name = null, externalId = null } = activation
    const isUsable = !isBlank(value) && removeUnstorable(value) === value
    if (kind === 'device' && (!isUsable || countCharacters(value) > FINGERPRINT_MAX)) {
      notes.push('The identifier of one of its devices is unusable, so the device is left out.')
      return []
    }
    const isId = externalId !== null && externalId.length <= REFERENCE_MAX && !isBlank(externalId)
    return { ...activation, name: cleanName(name, NAME_MAX), externalId: isId ? externalId : null }
  })
}

function cleanMetadata(given: ImportedLicense['metadata'], notes: string[]) {
  const entries = Object.entries(given).filter(
    ([name]) => countCharacters(name) <= ENTRY_NAME_MAX && findInvisible(name, 'line') === null,
  )
  const kept = entries.slice(0, METADATA_ENTRIES_MAX).map(([name, value]) => {
    const text = typeof value === 'string' ? removeUnstorable(value) : value
    return [name, typeof text === 'string' ? cutText(text, METADATA_TEXT_MAX) : text] as const
  })
  const metadata = Object.fromEntries(kept)
  const isWhole =
    kept.length === Object.keys(given).length &&
    kept.every(([name, value]) => value === given[name])
  if (!isWhole) notes.push('Its metadata is too long, so a part of it is left out.')
  return metadata
}
