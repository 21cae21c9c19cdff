import type { ImportedKey, ImportedLimits, ImportedState } from '~/domain/imported-licenses.ts'
import { hasField, readCount, readList, readText, readTime, requireText } from '../fields.ts'
import { type ColumnMap, refuseRecord, type Source, type SourceRecord } from '../source.ts'

/** The columns of the plain format. `--column FIELD=HEADER` gives one of them another header. */
export const csvFields = [
  'id',
  'key',
  'key_hash',
  'plan',
  'email',
  'name',
  'expires_at',
  'created_at',
  'status',
  'reason',
  'max_domains',
  'max_devices',
  'max_seats',
  'domains',
  'devices',
] as const
export type CsvField = (typeof csvFields)[number]

/** `--column metadata.order=Order` puts a column into the metadata. */
export const METADATA_PREFIX = 'metadata.'

/**
 * The plain format: one row per license, in CSV or JSON. Columns that it does not know are left out. An
 * empty `expires_at` means perpetual; without that column, the duration of the plan starts now.
 */
export const csv: Source = {
  name: 'csv',
  title: 'a list in CSV or JSON',
  lists: ['data', 'licenses'],
  listColumns: (columns) => {
    const header = (field: CsvField) => columns.get(field) ?? field
    return [
      { field: 'id', headers: [header('id')] },
      { field: 'key', headers: [header('key'), header('key_hash')] },
    ]
  },
  translate: (record, columns) => {
    const header = (field: CsvField) => columns.get(field) ?? field
    const list = (field: 'domains' | 'devices') => readList(record, header(field))
    const createdAtMs = readTime(record, header('created_at')) ?? undefined
    return {
      kind: 'license',
      license: {
        id: requireText(record, header('id')),
        key: readKey(record, header('key'), header('key_hash')),
        plan: readText(record, header('plan')),
        customerEmail: readText(record, header('email')),
        customerName: readText(record, header('name')),
        expiresAtMs: readExpiry(record, header('expires_at')),
        state: readState(record, header('status'), header('reason')),
        limits: readLimits(record, header),
        activations: [
          ...list('domains').map((value) => ({ kind: 'domain', value, createdAtMs }) as const),
          ...list('devices').map((value) => ({ kind: 'device', value, createdAtMs }) as const),
        ],
        purchasedAtMs: createdAtMs,
        metadata: readMetadata(record, columns),
      },
    }
  },
}

function readKey(record: SourceRecord, keyHeader: string, hashHeader: string): ImportedKey {
  const text = readText(record, keyHeader)
  if (text !== null) return { kind: 'text', text }
  const hash = readText(record, hashHeader)
  if (hash === null) throw refuseRecord(`It has no ${keyHeader}.`)
  return { kind: 'hash', hash }
}

function readExpiry(record: SourceRecord, header: string): number | null | undefined {
  if (!hasField(record, header)) return undefined
  const isNever = /^(?:never|lifetime|perpetual|none|null)$/i.test(readText(record, header) ?? '')
  return isNever ? null : readTime(record, header)
}

const active = /^(?:active|enabled|valid|inactive|expired|sold|delivered|true|1)$/i
const suspended = /^(?:suspended|disabled|paused|blocked|on.?hold|false|0)$/i
const revoked = /^(?:revoked|refunded|cancell?ed|banned|terminated)$/i

/** An expired license is active here, because its expiration says the rest. */
function readState(record: SourceRecord, header: string, reasonHeader: string): ImportedState {
  const text = readText(record, header) ?? 'active'
  if (active.test(text)) return { status: 'active' }
  if (suspended.test(text)) return { status: 'suspended', reason: readText(record, reasonHeader) }
  if (revoked.test(text)) return { status: 'revoked' }
  throw refuseRecord(
    `${header} is unknown: ${text.slice(0, 40)}. Use active, suspended or revoked.`,
  )
}

function readLimits(record: SourceRecord, header: (field: CsvField) => string): ImportedLimits {
  const limit = (field: 'max_domains' | 'max_devices' | 'max_seats') => {
    const text = readText(record, header(field))
    if (text === null) return undefined
    return /^(?:unlimited|none|null|∞)$/i.test(text) ? null : readCount(record, header(field))
  }
  const [maxDomains, maxDevices, maxSeats] = [
    limit('max_domains'),
    limit('max_devices'),
    limit('max_seats'),
  ]
  return {
    ...(maxDomains !== undefined && { maxDomains }),
    ...(maxDevices !== undefined && { maxDevices }),
    ...(maxSeats !== undefined && { maxSeats }),
  }
}

function readMetadata(record: SourceRecord, columns: ColumnMap): Record<string, string> {
  const metadata: Record<string, string> = {}
  for (const [field, header] of columns) {
    if (!field.startsWith(METADATA_PREFIX)) continue
    const text = readText(record, header)
    if (text !== null) metadata[field.slice(METADATA_PREFIX.length)] = text
  }
  return metadata
}
