import type { ImportedLicense, ImportedState } from '~/domain/imported-licenses.ts'
import {
  hasField,
  keepKnown,
  readCount,
  readFlag,
  readText,
  readTime,
  requireText,
  toId,
} from '../fields.ts'
import {
  active,
  oneOf,
  refuseRecord,
  type Source,
  type SourceRecord,
  suspended,
  type Translation,
} from '../source.ts'

const idFields = [
  'store_id',
  'customer_id',
  'order_id',
  'order_item_id',
  'product_id',
  'variant_id',
] as const

const nameFields = ['product_name', 'variant_name'] as const

/**
 * License keys and their instances, in the format of the Lemon Squeezy API
 * (https://docs.lemonsqueezy.com/api/license-keys/the-license-key-object and
 * https://docs.lemonsqueezy.com/api/license-key-instances/the-license-key-instance-object), or in CSV
 * with the same names. A key may have the variant of its order item, and the names of both.
 */
export const lemonsqueezy: Source = {
  name: 'lemonsqueezy',
  title: 'Lemon Squeezy',
  lists: ['data', 'included'],
  listColumns: () => [oneOf('key', 'identifier', 'attributes.key', 'attributes.identifier')],
  translate: (record) => {
    const type = readText(record, 'type')
    const isInstance = read(record, 'license_key_id') !== null
    if (type === 'license-key-instances' || (type === null && isInstance)) {
      return translateInstance(record)
    }
    return type === null || type === 'license-keys' ? translateKey(record) : { kind: 'other' }
  },
}

function translateKey(record: SourceRecord): Translation {
  if (read(record, 'test_mode') === 'true') throw refuseRecord('It is a key of the test mode.')
  const id = requireText(record, 'id')
  const createdAtMs = readTime(record, ...both('created_at')) ?? undefined
  return {
    kind: 'license',
    license: {
      id,
      key: { kind: 'text', text: requireText(record, ...both('key')) },
      ...readPlans(record),
      customerEmail: read(record, 'user_email'),
      customerName: read(record, 'user_name'),
      expiresAtMs: readExpiry(record),
      state: readState(record),
      limits: readLimits(record),
      activations: [],
      purchasedAtMs: createdAtMs,
      metadata: readMetadata(record, id),
    },
  }
}

/** A map may name the variant or its whole product, each by its name or its ID. */
function readPlans(record: SourceRecord): Pick<ImportedLicense, 'plan' | 'otherPlans'> {
  const [product, variant] = [read(record, 'product_name'), read(record, 'variant_name')]
  const [productId, variantId] = [read(record, 'product_id'), read(record, 'variant_id')]
  const [plan = null, ...otherPlans] = [
    product !== null && variant !== null ? `${product} (${variant})` : null,
    productId !== null && variantId !== null ? `${productId}/${variantId}` : null,
    product,
    productId,
  ].filter((name) => name !== null)
  return { plan, otherPlans }
}

/** An instance is a device whose fingerprint is the ID that the installed app has stored. */
function translateInstance(record: SourceRecord): Translation {
  const identifier = requireText(record, ...both('identifier'))
  const createdAtMs = readTime(record, ...both('created_at')) ?? undefined
  return {
    kind: 'activations',
    licenseId: requireText(record, ...both('license_key_id')),
    activations: [
      {
        kind: 'device',
        value: identifier,
        name: read(record, 'name'),
        externalId: identifier,
        createdAtMs,
      },
    ],
  }
}

/** A key of a subscription has no date when it expires, so the time of its last change is used. */
function readExpiry(record: SourceRecord): number | null {
  const expiresAtMs = readTime(record, ...both('expires_at'))
  if (expiresAtMs !== null || read(record, 'status') !== 'expired') return expiresAtMs
  return readTime(record, ...both('updated_at'), ...both('created_at')) ?? 0
}

/** No limit means unlimited. */
function readLimits(record: SourceRecord): { readonly maxDevices?: number | null } {
  const fields = both('activation_limit')
  return hasField(record, ...fields) ? { maxDevices: readCount(record, ...fields) } : {}
}

function readState(record: SourceRecord): ImportedState {
  const isDisabled = readFlag(record, ...both('disabled')) || read(record, 'status') === 'disabled'
  return isDisabled ? suspended('Disabled at Lemon Squeezy.') : active
}

/** The IDs that apps compare, as numbers, and the names that they show. */
function readMetadata(record: SourceRecord, id: string): Record<string, string | number> {
  const ids = idFields.map((field) => {
    const text = read(record, field)
    return [`lemonsqueezy_${field}`, text === null ? null : toId(text)] as const
  })
  const names = nameFields.map((field) => [`lemonsqueezy_${field}`, read(record, field)] as const)
  return keepKnown({
    lemonsqueezy_license_key_id: toId(id),
    ...Object.fromEntries(ids),
    ...Object.fromEntries(names),
  })
}

/** The names of a field in JSON:API and in CSV. */
const both = (field: string): [string, string] => [`attributes.${field}`, field]

const read = (record: SourceRecord, field: string) => readText(record, ...both(field))
