import { formatNumber, formatTime } from '../../shared/format.tsx'
import { toWords } from '../../shared/words.ts'

const fields: Readonly<Record<string, string>> = {
  max_domains: 'Domain limit',
  max_devices: 'Device limit',
  max_seats: 'Seat limit',
  customer_email: 'Email address',
  customer_name: 'Customer name',
  external_ref: 'Reference',
  expires_at: 'Expiration',
  activated_at: 'First validation',
  starts_on: 'Start',
  pending_days: 'Days from the first validation',
  suspended_at: 'Suspended',
  suspension_reason: 'Reason',
  suspension_cause: 'Cause',
  revoked_at: 'Revoked',
  key: 'Key',
  domains_count: 'Domains in use',
  devices: 'Devices in use',
}

/** Names a field of a license, or of another object in the history. */
export function nameField(name: string): string {
  return fields[name] ?? toWords(name)
}

const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/

/** Formats the value of a field for people. Objects are JSON. */
export function formatValue(name: string, value: unknown): string {
  if (value === null || value === undefined) return isLimit(name) ? 'No limit' : 'None'
  if (typeof value === 'boolean') return value ? 'Yes' : 'No'
  if (typeof value === 'number') return formatNumber(value)
  if (typeof value === 'string') return TIMESTAMP.test(value) ? formatTime(value) : value
  if (Array.isArray(value) && value.every((each) => typeof each === 'string'))
    return value.length === 0 ? 'None' : value.join(', ')
  return JSON.stringify(value)
}

const isLimit = (name: string) => /^max_(?:domains|devices|seats)$/.test(name)

/** Formats how much of a limit is in use, such as `2 of 5`. */
export function formatUse(used: number, limit: number | null): string {
  return limit === null
    ? `${formatNumber(used)}, no limit`
    : `${formatNumber(used)} of ${formatNumber(limit)}`
}

/** The end of a masked or full key, by which people tell licenses apart. */
export const lastFourOf = (key: string): string => key.slice(-4)
